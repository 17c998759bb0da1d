// RequestEncoder: what turning one unified request into a vendor's line is for every vendor: refusing by name and place,
// leaving out with a warning where the caller wants it so, joining system prompts, data URIs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "providers/dialect.h"
#include "providers/shared/body_writer.h"
#include "providers/shared/schema_rewriter.h"
#include "providers/shared/wire.h"

namespace br {

class RequestEncoder {
 public:
  RequestEncoder(std::string_view vendor, const Request& request, const EncodeOptions& options, std::string* out,
                 Issue* issue, std::vector<std::string>* warnings)
      : vendor_(vendor), r_(request), options_(options), out_(out), issue_(issue), warnings_(warnings) {}

 protected:
  // Sets the issue and returns false. message: what, why, fix.
  bool refuse(std::uint32_t column, std::string_view field, const std::string& message);
  // A field the vendor cannot take: refused (false), or left out with a warning (true) where the caller wants it so.
  // why continues the vendor's name: "has no top_k".
  bool unsupported(std::uint32_t column, std::string_view field, const std::string& why, const std::string& fix);
  // Embeddings read the input alone: every other field is one the vendor cannot take.
  bool check_only_input();
  // The 1-based column of a slice of the request's line; 1 for any other text.
  std::uint32_t column_of(std::string_view slice) const;
  // A vendor's stream would fail the whole batch: refuses provider_kwargs.stream = true and body.stream = true.
  bool check_stream(std::string_view value, std::string_view field);
  // Writes the raw body of the request, after that check: byte for byte, but for a model that it lacks.
  bool raw_body(BodyModel model = BodyModel::elsewhere);
  bool check_body_model(BodyModel where);
  // The end of a message's object, before it the fields of its provider_kwargs.
  void end_message(const Message& message) {
    if (!message.kwargs_json.empty()) message_kwargs(message);
    out_->push_back('}');
  }
  void message_kwargs(const Message& message);
  // *out: the schema at that path of the request as the vendor takes it; empty where none is to be sent. Where
  // may_leave_out, one that the vendor cannot be told at all is left out with a warning if the caller wants it so.
  bool rewritten_schema(const SchemaRules& rules, std::string_view schema, const std::string& at, bool may_leave_out,
                        std::string* out);
  // The faults that rewriting has found, as refusals or warnings.
  bool report(const RewrittenSchema& rewritten, std::string_view schema, bool may_leave_out);
  // The parts of a message as a JSON array. write(part) appends one, or nothing where it is left out; false: refused.
  template <class Fn>
  bool part_array(const Message& message, Fn&& write);
  // All system prompts as one JSON string, joined by newlines.
  void system_text();
  // "data:<media type>;base64,<data>" as a JSON string.
  void data_uri(const Part& part, std::string_view default_type);
  // The media type without quotes, or the default.
  static std::string_view media_type(const Part& part, std::string_view default_type);
  // How many strings the array holds.
  static int count_strings(std::string_view array);

  std::string_view vendor_;
  const Request& r_;
  const EncodeOptions& options_;
  std::string* out_;
  Issue* issue_;
  std::vector<std::string>* warnings_;
};

template <class Fn>
bool RequestEncoder::part_array(const Message& message, Fn&& write) {
  out_->push_back('[');
  bool first = true;
  for (std::uint32_t k = 0; k < message.part_count; ++k) {
    const std::size_t before = out_->size();
    if (!first) out_->push_back(',');
    const std::size_t begun = out_->size();
    if (!write(r_.parts[message.first_part + k])) return false;
    if (out_->size() == begun) out_->resize(before);
    else first = false;
  }
  out_->push_back(']');
  return true;
}

}  // namespace br
