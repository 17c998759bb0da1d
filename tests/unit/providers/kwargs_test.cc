// provider_kwargs beside fields of ours: one field is sent once, objects are merged, and what the vendor has elsewhere is
// refused with the place.
#include <span>

#include "support/cmocka.h"
#include "support/encode_line.h"

namespace {

struct Row {
  const char *provider, *model, *more;
  const char* want;           // what the line, or the refusal, holds
  const char* never = "\x01";  // and what it does not
};

void check(std::span<const Row> rows) {
  for (const Row& row : rows) {
    const std::string have = br::test::encode(row.provider, row.model, row.more);
    if (have.find(row.want) == std::string::npos || have.find(row.never) != std::string::npos)
      fail_msg("%s %s %s\n  want %s\n  have %s", row.provider, row.model, row.more, row.want, have.c_str());
  }
}

#define TOOL R"("tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}])"
#define SCHEMA R"("response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{},"additionalProperties":false}}})"

void one_field_under_two_names_is_sent_once(void**) {
  const Row rows[] = {
      {"openai", "gpt-4.1", R"("generation_config":{"max_tokens":9},"provider_kwargs":{"max_tokens":5})", R"("max_tokens":5)",
       "max_completion_tokens"},
      {"groq", "m", R"("generation_config":{"max_tokens":9},"provider_kwargs":{"max_tokens":5})", R"("max_tokens":5)",
       "max_completion_tokens"},
      {"mistral", "m", R"("generation_config":{"max_tokens":9},"provider_kwargs":{"max_completion_tokens":5})",
       R"("max_completion_tokens":5)", R"("max_tokens")"},
      {"mistral", "m", R"("seed":1,"provider_kwargs":{"seed":2})", R"("seed":2)", "random_seed"},
      {"openai", "m", R"("seed":1,"provider_kwargs":{"random_seed":2})", R"("random_seed":2)", R"("seed":1)"},
      {"openai", "m", R"("generation_config":{"stop_sequences":["a"]},"provider_kwargs":{"stop_sequences":["b"]})",
       R"("stop_sequences":["b"])", R"("stop":)"},
      {"openai", "m", TOOL R"(,"provider_kwargs":{"functions":[]})", R"("functions":[])", R"("tools":)"},
      {"openai", "m", TOOL R"(,"tool_choice":"none","provider_kwargs":{"function_call":"auto"})", R"("function_call":"auto")",
       R"("tool_choice":)"},
      {"mistral", "magistral-medium-latest", R"("reasoning":"high","provider_kwargs":{"reasoning_effort":"high"})",
       R"("reasoning_effort":"high")", "prompt_mode"},
      {"together", "deepseek-ai/DeepSeek-V3.1", R"("reasoning":"high","provider_kwargs":{"reasoning_effort":"high"})",
       R"("reasoning_effort":"high")", R"("reasoning":)"},
      {"vllm", "m", SCHEMA R"(,"provider_kwargs":{"guided_json":{}})", R"("guided_json":{})", "response_format"},
      {"anthropic", "claude-sonnet-4-5", SCHEMA R"(,"provider_kwargs":{"output_format":{"type":"json_schema","schema":{}}})",
       R"("output_format":)", "output_config"},
      {"google", "m", SCHEMA R"(,"provider_kwargs":{"generation_config":{"response_json_schema":{}}})",
       R"("response_json_schema":{})", "responseSchema"},
      {"google", "gemini-2.5-flash", R"("reasoning":"low","provider_kwargs":{"generationConfig":{"thinking_config":{"thinking_level":"LOW"}}})",
       R"("thinking_level":"LOW")", "thinkingBudget"},
      {"google", "m", R"("generation_config":{"top_k":3},"provider_kwargs":{"generationConfig":{"top\u005fk":4}})", "4}", "3"},
      {"bedrock", "amazon.nova-lite-v1:0", R"("generation_config":{"max_tokens":9},"provider_kwargs":{"inferenceConfig":{"max_new_tokens":5}})",
       R"("inferenceConfig":{"max_new_tokens":5})", "maxTokens"},
  };
  check(rows);
}

void objects_of_the_vendor_are_merged(void**) {
  const Row rows[] = {
      {"google", "m", R"("generation_config":{"max_tokens":9,"temperature":0.5},"provider_kwargs":{"generation_config":{"max_output_tokens":5}})",
       R"("generationConfig":{"maxOutputTokens":5,"temperature":0.5})"},
      {"vertex", "m", R"("generation_config":{"temperature":0.5},"provider_kwargs":{"generationConfig":{"seed":5}})",
       R"("generationConfig":{"temperature":0.5,"seed":5})"},
      {"google", "gemini-2.5-flash", R"("reasoning":"low","provider_kwargs":{"generationConfig":{"thinkingConfig":{"includeThoughts":true}}})",
       R"("thinkingConfig":{"thinkingBudget":1024,"includeThoughts":true})"},
      {"google", "m", SCHEMA R"(,"provider_kwargs":{"generationConfig":{"responseSchema":{"type":"STRING"}}})",
       R"("responseSchema":{"type":"STRING"})", "OBJECT"},
      {"google", "m", TOOL R"(,"tool_choice":"required","provider_kwargs":{"tool_config":{"retrievalConfig":{}}})",
       R"("toolConfig":{"functionCallingConfig":{"mode":"ANY"},"retrievalConfig":{}})"},
      {"openai", "m", R"("endpoint":"responses",)" SCHEMA R"(,"provider_kwargs":{"text":{"verbosity":"low"}})",
       R"(,"verbosity":"low"})"},
      {"openai", "m", R"("endpoint":"responses","reasoning":"low","provider_kwargs":{"reasoning":{"summary":"auto"}})",
       R"("reasoning":{"effort":"low","summary":"auto"})"},
      {"anthropic", "claude-sonnet-4-6", SCHEMA R"(,"provider_kwargs":{"output_config":{"effort":"low"}})",
       R"("additionalProperties":false}},"effort":"low"})"},
      {"bedrock", "amazon.nova-lite-v1:0", TOOL R"(,"tool_choice":"required","provider_kwargs":{"toolConfig":{"toolChoice":{"auto":{}}}})",
       R"(,"toolChoice":{"auto":{}}})", "any"},
      {"bedrock", "amazon.nova-lite-v1:0", R"("generation_config":{"temperature":0.5},"provider_kwargs":{"inferenceConfig":{"topK":5}})",
       R"("inferenceConfig":{"temperature":0.5,"topK":5})"},
      {"bedrock", "amazon.nova-2-lite-v1:0", R"("reasoning":"low","provider_kwargs":{"inferenceConfig":{"topK":5}})",
       R"("inferenceConfig":{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"},"topK":5})"},
      {"bedrock", "amazon.nova-2-lite-v1:0",
       R"("reasoning":"low","provider_kwargs":{"inferenceConfig":{"reasoningConfig":{"type":"disabled"}}})",
       R"("reasoningConfig":{"type":"disabled"})", "maxReasoningEffort"},
  };
  check(rows);
}

void field_at_another_place_is_refused_with_its_place(void**) {
  const Row rows[] = {
      {"google", "m", R"("provider_kwargs":{"thinking_config":{}})",
       "provider_kwargs.thinking_config: Google takes it as provider_kwargs.generationConfig.thinkingConfig"},
      {"vertex", "m", R"("provider_kwargs":{"t\u0065mperature":1})", "provider_kwargs.generationConfig.temperature"},
      {"google", "m", R"("provider_kwargs":{"generationConfig":{"safety_settings":[]}})", "takes it as provider_kwargs.safetySettings"},
      {"google", "m", R"("provider_kwargs":{"generationConfig":{"thinkingBudget":0}})",
       "as provider_kwargs.generationConfig.thinkingConfig.thinkingBudget"},
      {"google", "m", R"("provider_kwargs":{"functionCallingConfig":{}})", "as provider_kwargs.toolConfig.functionCallingConfig"},
      {"google", "m", R"("body":{"contents":[],"response_schema":{}})", "body.response_schema: Google takes it as body.generationConfig.responseSchema"},
      {"vertex", "m", R"("body":{"contents":[],"generationConfig":{"tools":[]}})", "as body.tools"},
      {"google", "m", R"("body":{"generationConfig":{},"contents":[],"generation_config":{}})", "as body.generationConfig"},
      {"google", "m", R"("provider_kwargs":{"brandNew":1,"generationConfig":{"newer":2}})", R"("brandNew":1)"},
      {"google", "m", R"("body":{"contents":[],"brand_new":1,"generationConfig":{"seed":1}})", R"("brand_new":1)"},
      {"google", "m", R"("endpoint":"embeddings","input":"x","provider_kwargs":{"model":"n"})", "provider_kwargs.model: "},
      {"openai", "m", R"("endpoint":"responses","provider_kwargs":{"max_tokens":1})", "as provider_kwargs.max_output_tokens"},
      {"azure", "m", R"("endpoint":"responses","provider_kwargs":{"response_format":{}})", "as provider_kwargs.text.format"},
      {"openai", "m", R"("endpoint":"responses","provider_kwargs":{"reasoning_effort":"low"})", "as provider_kwargs.reasoning.effort"},
      {"bedrock", "amazon.nova-lite-v1:0", R"("provider_kwargs":{"max_tokens":1})", "as provider_kwargs.inferenceConfig.maxTokens"},
      {"anthropic", "claude-haiku-4-5", R"("provider_kwargs":{"max_completion_tokens":5})", "as provider_kwargs.max_tokens"},
      {"anthropic", "claude-haiku-4-5", R"("provider_kwargs":{"stop":["a"]})", "as provider_kwargs.stop_sequences"},
      {"openai", "m", R"("provider_kwargs":{"model":5})", "no name of a model"},
      {"openai", "m", R"("provider_kwargs":{"model":"n"})", R"("model":"n")", R"("m")"},
  };
  check(rows);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_field_under_two_names_is_sent_once),
      cmocka_unit_test(objects_of_the_vendor_are_merged),
      cmocka_unit_test(field_at_another_place_is_refused_with_its_place),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
