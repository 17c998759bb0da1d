// OpenAiEncoder: one request on its way to an OpenAI line. Private to openai_encode.cc, openai_content.cc and
// openai_tools.cc.
#pragma once

#include <optional>

#include "codec/json_cursor.h"
#include "providers/openai/lines.h"
#include "providers/shared/request_encoder.h"

namespace br {

class OpenAiEncoder : public RequestEncoder {
 public:
  OpenAiEncoder(const OpenAiLines& form, const Request& request, const EncodeOptions& options, std::string* out,
                Issue* issue, std::vector<std::string>* warnings)
      : RequestEncoder(form.vendor, request, options, out, issue, warnings), d_(form) {}

  bool line();

 private:
  bool body();
  bool check_endpoint();
  std::string_view line_url() const;
  bool no_such_endpoint(const std::string& name, const std::string& instead);
  bool chat(BodyWriter* w);
  bool responses(BodyWriter* w);
  bool only_input(BodyWriter* w);  // embeddings and moderations
  bool generation(BodyWriter* w, std::string_view max_tokens_field);
  bool temperature(BodyWriter* w);
  bool stops(BodyWriter* w);
  const Generation& left() const { return left_ ? *left_ : r_.generation; }

  // reasoning.cc
  bool reasoning(BodyWriter* w);
  bool responses_reasoning(BodyWriter* w);
  bool fit_word(std::string_view token, std::string* json);
  bool chat_effort(std::string_view token, BodyWriter* w);
  bool read_asked_effort(const BodyWriter& w, std::optional<Effort>* effort, std::string* path);
  bool obey_model(const BodyWriter& w);
  bool check_tool_names();

  // openai_content.cc
  bool messages(bool responses);
  bool part(const Part& part, bool responses, Role role);

  // openai_history.cc
  bool has_more(const Message& message) const;
  bool history(const Message& message);
  bool results(const Message& message, bool* any);
  bool spoken(const Message& message, bool responses);
  void tool_calls(const Message& message);
  bool items(const Message& message);
  bool item(const Part& part, bool* written);
  bool output(const Part& part);
  bool image(const Part& part, bool responses);
  bool document(const Part& part, bool responses);
  bool openai_file(const Part& part, bool responses);
  bool mistral_document(const Part& part);
  bool xai_file(const Part& part);
  bool audio(const Part& part, bool responses);
  bool audio_text(const Part& part);

  // schemas.cc: tools and the form of the answer with their schemas as the vendor takes them.
  bool schemas();
  bool tool_schemas();
  bool answer_schema();
  const SchemaRules* rules_of(std::string_view object, const SchemaRules* all) const;

  // openai_tools.cc
  void chat_tools();
  void flat_tools();
  bool check_tools();
  void serial_calls(BodyWriter* w);
  bool anthropic_choice(bool flat);
  void chat_tool_choice();
  void flat_tool_choice();
  // response_format is one the vendor has, or left out (has_format_), or refused.
  bool check_format();
  void chat_format();
  void flat_format();

  const OpenAiLines& d_;
  std::optional<Generation> left_;  // what is left of generation_config where the caller lets fields go
  bool has_format_ = false;
  std::string_view tools_ = r_.tools_json, format_ = r_.response_format_json;  // as the request has them, or
  std::string tools_text_, format_text_;
};

}  // namespace br
