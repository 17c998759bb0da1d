// The word and the budget of `reasoning`, and what is refused beside them, for the models of every vendor.
#include <span>

#include "support/cmocka.h"
#include "support/encode_line.h"

namespace {

using br::test::encode;

struct Row {
  const char *provider, *model, *more, *want;  // what the line, or the refusal, holds
};

void check(std::span<const Row> rows) {
  for (const Row& row : rows) {
    const std::string have = encode(row.provider, row.model, row.more);
    if (have.find(row.want) == std::string::npos)
      fail_msg("%s %s %s\n  want %s\n  have %s", row.provider, row.model, row.more, row.want, have.c_str());
  }
}

void words_are_said_as_each_claude_takes_them(void**) {
  const Row rows[] = {
      {"anthropic", "claude-sonnet-4-6", R"("reasoning":"high")", R"("effort":"high"},"thinking":{"type":"adaptive"})"},
      {"anthropic", "claude-opus-4-7", R"("reasoning":"xhigh")", R"("effort":"xhigh"},"thinking":{"type":"adaptive"})"},
      {"anthropic", "claude-opus-4-6", R"("reasoning":"xhigh")", R"("effort":"high")"},
      {"anthropic", "claude-opus-9", R"("reasoning":"minimal")", R"("effort":"low"},"thinking":{"type":"adaptive"})"},
      {"anthropic", "claude-haiku-4-5", R"("reasoning":"low")",
       R"("max_tokens":2048,"messages":[{"role":"user","content":"x"}],"thinking":{"type":"enabled","budget_tokens":1024})"},
      {"anthropic", "claude-opus-4-5", R"("reasoning":"medium")", R"("thinking":{"type":"enabled","budget_tokens":8192})"},
      {"anthropic", "claude-haiku-4-5", R"("reasoning":"high","generation_config":{"max_tokens":4000})",
       R"("budget_tokens":2000})"},
      {"anthropic", "claude-haiku-4-5", R"("reasoning":"high","generation_config":{"max_tokens":1024})", "reasoning: "},
      {"anthropic", "claude-3-haiku-20240307", R"("reasoning":"low")", "reasoning: Anthropic has no thinking"},
      {"anthropic", "claude-3-haiku-20240307", R"("reasoning":"none")", R"("messages":[{"role":"user","content":"x"}]}})"},
      {"anthropic", "claude-sonnet-4-5", R"("reasoning":"none")", R"("thinking":{"type":"disabled"})"},
      {"anthropic", "claude-sonnet-5-5", R"("reasoning":"none")", R"("thinking":{"type":"between_tools"})"},
      {"anthropic", "claude-opus-5-5", R"("reasoning":"none")", "cannot turn thinking off"},
      {"bedrock", "us.anthropic.claude-opus-4-6-v1", R"("reasoning":"low")", R"("thinking":{"type":"adaptive"})"},
      {"bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", R"("reasoning":"low")", R"("type":"enabled","budget_tokens":1024)"},
  };
  check(rows);
}

void budgets_go_to_models_that_take_them(void**) {
  const Row rows[] = {
      {"anthropic", "claude-sonnet-4-5", R"("reasoning":{"budget_tokens":2048})", R"("type":"enabled","budget_tokens":2048)"},
      {"anthropic", "claude-opus-4-7", R"("reasoning":{"budget_tokens":2048})", "reasoning.budget_tokens: Anthropic takes no budget"},
      {"anthropic", "claude-opus-4-7", R"("provider_kwargs":{"thinking":{"type":"enabled","budget_tokens":2048}})",
       "provider_kwargs.thinking: Anthropic takes no thinking of type enabled"},
      {"anthropic", "claude-opus-9", R"("reasoning":{"budget_tokens":2048})", R"("budget_tokens":2048)"},
      {"google", "gemini-2.5-pro", R"("reasoning":{"budget_tokens":0})", "takes 128 to 32768 tokens"},
      {"google", "gemini-2.5-flash", R"("reasoning":{"budget_tokens":0})", R"("thinkingBudget":0)"},
      {"google", "gemini-2.5-pro", R"("reasoning":{"budget_tokens":-1})", R"("thinkingBudget":-1)"},
  };
  check(rows);
}

void conflicts_name_both_fields(void**) {
  const Row rows[] = {
      {"anthropic", "claude-sonnet-4-5", R"("reasoning":{"budget_tokens":2048},"generation_config":{"max_tokens":4000,"temperature":0.3})",
       "generation_config.temperature: Anthropic takes no temperature but 1 beside thinking (reasoning)"},
      {"anthropic", "claude-sonnet-4-5",
       R"("provider_kwargs":{"thinking":{"type":"enabled","budget_tokens":2048}},"generation_config":{"max_tokens":4000,"temperature":0.3})",
       "generation_config.temperature: Anthropic takes no temperature but 1 beside thinking (provider_kwargs.thinking)"},
      {"anthropic", "claude-sonnet-4-6", R"("reasoning":"low","provider_kwargs":{"top_k":5})",
       "provider_kwargs.top_k: Anthropic takes no top_k beside thinking (reasoning)"},
      {"anthropic", "claude-sonnet-4-6", R"("reasoning":"low","generation_config":{"top_p":0.5})", "from 0.95 to 1 beside thinking"},
      {"anthropic", "claude-sonnet-4-6", R"("reasoning":"low","tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":"required")",
       "tool_choice: Anthropic forces no tool beside thinking (reasoning)"},
      {"anthropic", "claude-opus-4-7", R"("generation_config":{"temperature":0})", "generation_config.temperature: "},
      {"anthropic", "claude-opus-4-7", R"("generation_config":{"temperature":1})", R"("temperature":1)"},
      {"anthropic", "claude-haiku-4-5", R"("provider_kwargs":{"output_config":{"effort":"low"}})",
       "provider_kwargs.output_config.effort: Anthropic has no effort with this model"},
      {"anthropic", "claude-opus-4-6", R"("messages":[{"role":"user","content":"x"},{"role":"assistant","content":"{"}])",
       "takes no last message of the assistant's"},
      {"anthropic", "claude-haiku-4-5", R"("messages":[{"role":"user","content":"x"},{"role":"assistant","content":"{ "}])",
       "messages[1].content: Anthropic takes no last text of the assistant's that ends in a blank"},
      {"anthropic", "claude-haiku-4-5", R"("messages":[{"role":"user","content":" \n\t"}])", "messages[0].content: "},
      {"anthropic", "claude-haiku-4-5", R"("system_prompt":"  ")", "system_prompt: "},
      {"anthropic", "claude-haiku-4-5", R"("generation_config":{"stop_sequences":["END","\n"]})",
       "generation_config.stop_sequences: Anthropic takes no stop sequence that is blank"},
      {"anthropic", "claude-haiku-4-5", R"("tools":[{"name":"get weather","input_schema":{"type":"object"}}])",
       "tools[0]: "},
      {"openai", "gpt-4o", R"("tools":[{"type":"function","function":{"name":"get.weather"}}])", "tools[0]: OpenAI takes names"},
      {"openai", "o3", R"("generation_config":{"temperature":0.2})", "generation_config.temperature: OpenAI"},
      {"openai", "gpt-5.1", R"("reasoning":"low","generation_config":{"temperature":0.2})", "while this model reasons (reasoning)"},
      {"openai", "gpt-5.1", R"("generation_config":{"temperature":0.2})", R"("temperature":0.2)"},
  };
  check(rows);
}

void words_are_said_as_the_other_vendors_take_them(void**) {
  const Row rows[] = {
      {"openai", "gpt-5", R"("reasoning":"minimal")", R"("reasoning_effort":"minimal")"},
      {"openai", "gpt-5.1-2025-11-13", R"("reasoning":"minimal")", R"("reasoning_effort":"low")"},
      {"openai", "gpt-5", R"("reasoning":"none")", "takes the efforts minimal, low, medium and high"},
      {"openai", "gpt-4o-2024-08-06", R"("reasoning":"high")", "reasoning: OpenAI has no reasoning with this model"},
      {"openai", "gpt-9", R"("reasoning":"max")", R"("reasoning_effort":"max")"},
      {"openai", "gpt-5", R"("endpoint":"responses","reasoning":{"effort":"xhigh","summary":"auto"})",
       R"("reasoning":{"effort":"high","summary":"auto"})"},
      {"openai", "gpt-5", R"("provider_kwargs":{"reasoning_effort":"none"})", "provider_kwargs.reasoning_effort: "},
      {"google", "gemini-2.5-flash", R"("reasoning":"max")", R"("thinkingBudget":24576)"},
      {"google", "gemini-3-pro-preview", R"("reasoning":"medium")", R"("thinkingLevel":"LOW")"},
      {"google", "gemini-2.0-flash", R"("reasoning":"low")", "has no thinking with this model"},
      {"vertex", "gemini-3.1-pro-preview", R"("reasoning":"medium")", R"("thinkingLevel":"MEDIUM")"},
      {"groq", "qwen/qwen3-32b", R"("reasoning":"high")", R"("reasoning_effort":"default")"},
      {"groq", "openai/gpt-oss-120b", R"("reasoning":"max")", R"("reasoning_effort":"high")"},
      {"xai", "grok-4-0709", R"("reasoning":"low")", "takes no effort with this model, which always reasons"},
      {"xai", "grok-4.3", R"("reasoning":"none")", R"("reasoning_effort":"none")"},
      {"mistral", "magistral-medium-latest", R"("reasoning":"high")", R"("prompt_mode":"reasoning")"},
      {"together", "deepseek-ai/DeepSeek-V3.1", R"("reasoning":"none")", R"("reasoning":{"enabled":false})"},
      {"bedrock", "amazon.nova-2-lite-v1:0", R"("reasoning":"low")",
       R"("inferenceConfig":{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}})"},
  };
  check(rows);
}

void what_conflicts_is_left_out_where_the_caller_wants_it(void**) {
  const std::string line = encode("anthropic", "claude-sonnet-4-6", R"("reasoning":"low","generation_config":{"temperature":0,"top_k":3})", true);
  assert_true(line.find("temperature") == std::string::npos && line.find("top_k") == std::string::npos);
  assert_true(line.find(R"({"type":"adaptive"})") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(words_are_said_as_each_claude_takes_them),
      cmocka_unit_test(budgets_go_to_models_that_take_them),
      cmocka_unit_test(conflicts_name_both_fields),
      cmocka_unit_test(words_are_said_as_the_other_vendors_take_them),
      cmocka_unit_test(what_conflicts_is_left_out_where_the_caller_wants_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
