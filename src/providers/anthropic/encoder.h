// AnthropicEncoder: one request on its way to a line of a message batch. Private to encode.cc, content.cc and
// tools.cc.
#pragma once

#include "providers/anthropic/lines.h"
#include "providers/shared/request_encoder.h"
#include "providers/shared/unified_fields.h"

namespace br {

class AnthropicEncoder : public RequestEncoder {
 public:
  AnthropicEncoder(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                   std::vector<std::string>* warnings)
      : RequestEncoder("Anthropic", request, options, out, issue, warnings) {}

  bool line();
  bool body(const AnthropicBody& form);

 private:
  bool generation(BodyWriter* w);
  bool output_config(BodyWriter* w);
  bool effort(const Reasoning& reasoning, std::string_view* effort);
  bool check_budget(const BodyWriter& w);
  void thinking(BodyWriter* w);

  // content.cc
  void system_prompt(BodyWriter* w);
  bool messages();
  bool content(const Message& message);
  bool part(const Part& part);
  bool file_part(const Part& part, std::string_view type);

  // tools.cc
  bool tools(BodyWriter* w);
  bool tool(const Tool& tool, std::size_t index);
  bool input_schema(const Tool& tool, const std::string& at);
  bool tool_choice(BodyWriter* w);

  std::int64_t budget_ = 0;  // of thinking, which counts to max_tokens; 0: none
  bool has_budget_ = false;  // reasoning.budget_tokens is good
};

}  // namespace br
