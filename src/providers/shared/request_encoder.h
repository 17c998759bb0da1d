// RequestEncoder: what turning one unified request into a vendor's line is for every vendor: refusing by name and place,
// leaving out with a warning where the caller wants it so, joining system prompts, data URIs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_cursor.h"
#include "providers/dialect.h"
#include "providers/schema/schema_rewriter.h"
#include "providers/shared/body_writer.h"
#include "providers/shared/broken_rule.h"
#include "providers/shared/models.h"
#include "providers/shared/tool_maker.h"
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
  // Refuses what provider_kwargs give at a place where the vendor does not have it, with the place where it does.
  bool check_places(const BodyWriter& w, std::span<const MovedField> moved);
  // The refusal of one: `at` is where it stands, `place` where it belongs.
  bool refuse_place(std::string_view value, const std::string& at, const std::string& place);
  // Writes the raw body of the request, after that check: byte for byte, but for a model that it lacks.
  bool raw_body(BodyModel model = BodyModel::elsewhere) {
    return raw_body(model, [](std::string_view, std::string_view) { return true; });
  }
  // check(key, value) of each of its fields, the key as a token; false: refused.
  template <class Fn>
  bool raw_body(BodyModel model, Fn&& check);
  bool check_body_model(BodyModel where);
  void write_body(bool add_model);
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
  bool part_array(const Message& message, Fn&& write) {
    return part_array(message.first_part, message.part_count, write);
  }
  // So many parts from the first on; those that are the content of a tool's result are its own affair.
  template <class Fn>
  bool part_array(std::size_t first_part, std::size_t count, Fn&& write);
  template <class Fn>
  bool each_part(std::size_t first_part, std::size_t count, Fn&& use);
  // Where the content of a tool's result stands, in r_.parts.
  std::size_t inner_of(const Part& result) const { return static_cast<std::size_t>(&result - r_.parts.data()) + 1; }
  // The texts of a tool's result as one JSON string; what is no text is unsupported.
  bool result_text(const Part& result, std::string* text);
  // What the messages from i on share a turn with: results of tools that follow each other, and what is said with them.
  // The index behind it.
  std::size_t turn_end(std::size_t i, bool with_user) const;
  // The vendor has no marks of what to cache.
  bool check_no_cache(const std::string& instead);
  bool check_no_names();
  // A vendor's own tool, such as its web search, that is not one of these makers': refused by name.
  bool check_tool_maker(std::string_view tool, std::initializer_list<ToolMaker> known, std::size_t index);
  // The vendor has no detail of images; "auto" is what it does anyway.
  bool check_detail(const Part& part) {
    return part.detail_json.empty() || part.detail_json == "\"auto\"" ||
           unsupported(part.column, "detail", "has no detail of images", "remove it");
  }
  // All system prompts as one JSON string, joined by newlines.
  void system_text();
  // "data:<media type>;base64,<data>" as a JSON string.
  void data_uri(const Part& part, std::string_view default_type);
  // The media type without quotes, or the default.
  static std::string_view media_type(const Part& part, std::string_view default_type);
  // What the model takes where requests are written in the words of `provider`. See ModelTable::find.
  const ModelFacts& facts_of_model(std::string_view provider) const;
  // Tells the caller what is sent in place of what was asked for.
  void note(std::string text) {
    if (warnings_ != nullptr) warnings_->push_back(std::move(text));
  }
  // Whether a rule lets the request through, in which case true is returned: nothing was broken, or what broke it is left
  // out (see unsupported), which drop() does.
  template <class Drop>
  bool obey(const std::optional<BrokenRule>& broken, Drop&& drop);
  // How many strings the array holds.
  static int count_strings(std::string_view array);

  std::string_view vendor_;
  const Request& r_;
  const EncodeOptions& options_;
  std::string* out_;
  Issue* issue_;
  std::vector<std::string>* warnings_;
};

template <class Drop>
bool RequestEncoder::obey(const std::optional<BrokenRule>& broken, Drop&& drop) {
  if (!broken) return true;
  const std::string message = broken->field + ": " + std::string(vendor_) + " " + broken->why;
  if (!broken->may_be_left_out) return refuse(broken->column, broken->field, message + "; " + broken->fix);
  if (!unsupported(broken->column, broken->field, broken->why, broken->fix)) return false;
  drop();
  return true;
}

template <class Fn>
bool RequestEncoder::raw_body(BodyModel model, Fn&& check) {
  if (!check_body_model(model)) return false;
  JsonCursor cursor(r_.body_json.data(), r_.body_json.size());
  cursor.enter_object();
  std::string_view key, value;
  bool named = false;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (same_key(key, "stream") && !check_stream(value, "body.stream")) return false;
    if (!check(key, value)) return false;
    named = named || same_key(key, "model");
  }
  write_body(model == BodyModel::in_body && !named && !r_.model_json.empty());
  return true;
}

template <class Fn>
bool RequestEncoder::each_part(std::size_t first_part, std::size_t count, Fn&& use) {
  for (std::size_t k = first_part; k < first_part + count; k += 1 + r_.parts[k].inner_count) {
    if (!use(r_.parts[k])) return false;
  }
  return true;
}

template <class Fn>
bool RequestEncoder::part_array(std::size_t first_part, std::size_t count, Fn&& write) {
  out_->push_back('[');
  bool first = true;
  const bool good = each_part(first_part, count, [&](const Part& part) {
    const std::size_t before = out_->size();
    if (!first) out_->push_back(',');
    const std::size_t begun = out_->size();
    if (!write(part)) return false;
    if (out_->size() == begun) out_->resize(before);
    else first = false;
    return true;
  });
  out_->push_back(']');
  return good;
}

}  // namespace br
