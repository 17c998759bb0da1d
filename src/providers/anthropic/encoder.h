// AnthropicEncoder: one request on its way to a line of a message batch. Private to encode.cc, content.cc and
// tools.cc.
#pragma once

#include "providers/anthropic/lines.h"
#include "providers/anthropic/thinking.h"
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
  bool plan(const BodyWriter& w);
  bool check_conflicts(const BodyWriter& w, const ModelFacts& model);
  void leave_out(ClaudeField field, ClaudeFields* fields);
  void write_thinking(BodyWriter* w);

  // content.cc
  void system_prompt(BodyWriter* w);
  bool messages();
  bool content(const Message& message);
  bool part(const Part& part);
  bool results(std::size_t begin, std::size_t end);
  bool tool_use(const Part& part);
  bool tool_result(const Part& part);
  bool file_part(const Part& part, std::string_view type);
  // Ends a block's object, before that the mark of what to cache.
  void end_block(std::string_view cache_json);

  // tools.cc
  bool tools(BodyWriter* w);
  bool tool(const Tool& tool, std::size_t index);
  bool input_schema(const Tool& tool, const std::string& at);
  bool tool_choice(BodyWriter* w);

  ThinkingPlan plan_;  // its budget counts to max_tokens, whoever gave it
  const Generation* generation_ = nullptr;  // the request's, or what is left of it
  Generation own_generation_;
  bool no_tool_choice_ = false;
};

}  // namespace br
