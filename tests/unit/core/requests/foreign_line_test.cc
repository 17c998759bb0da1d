// A line of another vendor's that cannot be translated whole is refused, or what is left out is told: by the path and
// the column of the field in the line as it was given.
#include <cstring>
#include <string>

#include "support/cmocka.h"
#include "support/translation_room.h"

namespace {

using br::test::Translation;

// Where the field stands, its path, and who would not take it.
void field_without_a_counterpart_is_refused_by_its_path(void**) {
  struct Case {
    const char* provider;
    const char* line;
    const char* text;
  };
  static const Case kCases[] = {
      {"anthropic",
       R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"logit_bias":{"1":2},"model":"m","messages":[{"role":"user","content":"x"}]}})",
       "in:1:84: [a] body.logit_bias"},
      {"anthropic",
       R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}})",
       "body.stream: it asks for a stream"},
      {"anthropic",
       R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","temperature":3,"messages":[{"role":"user","content":"x"}]}})",
       "in:1:97: [a] body.temperature is 3"},
      {"anthropic",
       R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","seed":3,"messages":[{"role":"user","content":"x"}]}})",
       "in:1:90: [a] body.seed: Anthropic has no seed"},
      {"anthropic",
       R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":[{"type":"video","x":1}]}]}})",
       "body.messages[0].content[0]"},
      {"anthropic",
       R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f1"}}]}]}})",
       "body.messages[0].content[0]: it names a file that is kept at the vendor of the line (openai)"},
      {"anthropic",
       R"({"custom_id":"a","method":"POST","url":"/v1/images/generations","body":{"model":"m","prompt":"x"}})",
       "what goes to /v1/images/generations is not translated"},
      {"google",
       R"({"custom_id":"a","params":{"model":"m","max_tokens":1,"mcp_servers":[{}],"messages":[{"role":"user","content":"x"}]}})",
       "params.mcp_servers: it is a service of Anthropic's"},
      {"openai", R"({"key":"a","request":{"contents":[{"parts":[{"text":"x"},{"executableCode":{}}]}]}})",
       "request.contents[0].parts[1].executableCode: it is of Gemini's own making"},
      {"openai",
       R"({"key":"a","request":{"contents":[{"parts":[{"fileData":{"fileUri":"gs://b/f","mimeType":"image/png"}}]}]}})",
       "request.contents[0].parts[0].fileData.fileUri: it is a file in Google's storage"},
      {"openai", R"({"key":"a","request":{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"googleSearch":{"x":1}}]}})",
       "request.tools[0].googleSearch: it is a tool of Google's own"},
      {"openai", R"({"key":"a","request":{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"topK":4}}})",
       "request.generationConfig.topK: OpenAI has no top_k"},
      {"openai", R"({"recordId":"a","modelInput":{"inputText":"x"}})",
       "a body that is no Claude model's is not translated"},
  };
  for (const Case& c : kCases) {
    const std::string text = Translation(c.provider, "m").refusal(c.line);
    if (strstr(text.c_str(), c.text) == nullptr) fail_msg("want %s in: %s", c.text, text.c_str());
  }
}

void left_out_fields_are_warned_of_by_their_path(void**) {
  Translation room("anthropic", "claude-sonnet-4-5");
  assert_true(room.config.set("on_unsupported", "drop").ok());
  const char* line =
      R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","user":"u","seed":3,"messages":[{"role":"user","content":"x"}]}})";
  const auto warnings = room.warnings(line);
  assert_int_equal(warnings.size(), 2);
  assert_string_equal(warnings[0].c_str(),
                      "in:1: body.user: it is for OpenAI's own records, not for the model; it was left out");
  assert_non_null(strstr(warnings[1].c_str(), "in:1: body.seed: Anthropic has no seed"));
  assert_null(strstr(room.must(line).c_str(), "\"u\""));
  const std::string stream = room.refusal(
      R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}})");
  assert_non_null(strstr(stream.c_str(), "body.stream"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(field_without_a_counterpart_is_refused_by_its_path),
      cmocka_unit_test(left_out_fields_are_warned_of_by_their_path),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
