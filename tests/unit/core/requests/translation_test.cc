// A vendor's own line sent to another vendor becomes the body that the same request has there.
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "support/cmocka.h"
#include "support/translation_room.h"

namespace {

using br::test::Translation;

struct Target {
  const char* provider;
  const char* model;
  const char* line;  // what it gets
};

void expect_lines(const std::string& source, const std::vector<Target>& targets) {
  for (const Target& target : targets)
    assert_string_equal(Translation(target.provider, target.model).must(source).c_str(),
                        (std::string(target.line) + "\n").c_str());
}

constexpr const char* kClaude = "claude-sonnet-4-5";
constexpr const char* kGemini = "gemini-2.5-flash";
constexpr const char* kMistral = "mistral-small-latest";
constexpr const char* kBedrock = "anthropic.claude-sonnet-4-5-20250929-v1:0";

void openai_chat_becomes_the_chat_of_each_vendor(void**) {
  expect_lines(
      R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","stream":false,"n":1,)"
      R"("messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"What?"},)"
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],"max_completion_tokens":64,)"
      R"("temperature":0.5,"stop":"END","user":null}})",
      {{"anthropic", kClaude,
        R"({"custom_id":"a","params":{"model":"claude-sonnet-4-5","max_tokens":64,"system":"Be brief.","messages":[{"role":"user","content":)"
        R"([{"type":"text","text":"What?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}],)"
        R"("temperature":0.5,"stop_sequences":["END"]}})"},
       {"google", kGemini,
        R"({"key":"a","request":{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":)"
        R"([{"text":"What?"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}],"generationConfig":)"
        R"({"maxOutputTokens":64,"temperature":0.5,"stopSequences":["END"]}}})"},
       {"bedrock", kBedrock,
        R"({"recordId":"R0000000001","modelInput":{"anthropic_version":"bedrock-2023-05-31","max_tokens":64,"system":"Be brief.","messages":)"
        R"([{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image","source":{"type":"base64",)"
        R"("media_type":"image/png","data":"AAAA"}}]}],"temperature":0.5,"stop_sequences":["END"]}})"}});
}

void anthropic_messages_become_the_chat_of_each_vendor(void**) {
  const char* line =
      R"({"custom_id":"a","params":{"model":"claude-sonnet-4-5","max_tokens":64,"system":"Be brief.","messages":[)"
      R"({"role":"user","content":"Weather?"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_01A","name":)"
      R"("get","input":{"city":"Lima"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_01A",)"
      R"("content":"19 C"}]}],"tools":[{"name":"get","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}],)"
      R"("tool_choice":{"type":"any"},"top_p":0.9}})";
  expect_lines(
      line,
      {{"openai", "gpt-4o",
        R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[)"
        R"({"role":"system","content":"Be brief."},{"role":"user","content":"Weather?"},{"role":"assistant","content":null,"tool_calls":)"
        R"([{"id":"toolu_01A","type":"function","function":{"name":"get","arguments":"{\"city\":\"Lima\"}"}}]},{"role":"tool",)"
        R"("tool_call_id":"toolu_01A","content":"19 C"}],"max_completion_tokens":64,"top_p":0.9,"tools":[{"type":"function",)"
        R"("function":{"name":"get","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],)"
        R"("tool_choice":"required"}})"},
       {"google", kGemini,
        R"({"key":"a","request":{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":)"
        R"([{"text":"Weather?"}]},{"role":"model","parts":[{"functionCall":{"id":"toolu_01A","name":"get","args":)"
        R"({"city":"Lima"}}}]},{"role":"user","parts":[{"functionResponse":{"id":"toolu_01A","name":"get","response":)"
        R"({"result":"19 C"}}}]}],"generationConfig":{"maxOutputTokens":64,"topP":0.9},"tools":[{"functionDeclarations":)"
        R"([{"name":"get","parameters":{"type":"OBJECT","properties":{"city":{"type":"STRING"}}}}]}],"toolConfig":)"
        R"({"functionCallingConfig":{"mode":"ANY"}}}})"}});
  const std::string mistral = Translation("mistral", kMistral).must(line);
  assert_non_null(strstr(mistral.c_str(), R"("tool_choice":"required")"));
  assert_null(strstr(mistral.c_str(), "toolu_01A"));  // Mistral takes nine letters and digits
}

void gemini_contents_become_the_chat_of_each_vendor(void**) {
  const char* line =
      R"({"key":"a","request":{"system_instruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":)"
      R"([{"text":"Weather?"}]},{"role":"model","parts":[{"functionCall":{"name":"get","args":{"city":"Lima"}}}]},)"
      R"({"role":"user","parts":[{"functionResponse":{"name":"get","response":{"result":"19 C"}}}]}],"tools":)"
      R"([{"functionDeclarations":[{"name":"get","parameters":{"type":"OBJECT","properties":{"city":{"type":"STRING"}}}}]}],)"
      R"("generationConfig":{"maxOutputTokens":64,"topP":0.9,"responseMimeType":"application/json","responseSchema":)"
      R"({"type":"OBJECT","properties":{"t":{"type":"INTEGER","nullable":true}},"required":["t"]}}}})";
  expect_lines(
      line,
      {{"openai", "gpt-4o",
        R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[)"
        R"({"role":"system","content":"Be brief."},{"role":"user","content":"Weather?"},{"role":"assistant","content":null,"tool_calls":)"
        R"([{"id":"call_1","type":"function","function":{"name":"get","arguments":"{\"city\":\"Lima\"}"}}]},{"role":"tool",)"
        R"("tool_call_id":"call_1","content":"19 C"}],"max_completion_tokens":64,"top_p":0.9,"tools":[{"type":"function",)"
        R"("function":{"name":"get","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],)"
        R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object","properties":)"
        R"({"t":{"type":["integer","null"]}},"required":["t"]}}}}})"},
       {"anthropic", kClaude,
        R"({"custom_id":"a","params":{"model":"claude-sonnet-4-5","max_tokens":64,"system":"Be brief.","messages":[{"role":"user","content":)"
        R"("Weather?"},{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"get","input":{"city":"Lima"}}]},)"
        R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"19 C"}]}],)"
        R"("top_p":0.9,"tools":[{"name":"get","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}],)"
        R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"t":{"type":["integer",)"
        R"("null"]}},"required":["t"],"additionalProperties":false}}}}})"}});
}

void openai_responses_become_a_chat(void**) {
  const char* line =
      R"({"custom_id":"a","method":"POST","url":"/v1/responses","body":{"model":"gpt-4o","instructions":"Be brief.","input":[)"
      R"({"role":"user","content":[{"type":"input_text","text":"Weather?"}]},{"type":"function_call","call_id":"c1","name":)"
      R"("get","arguments":"{\"city\":\"Lima\"}"},{"type":"function_call","call_id":"c2","name":"get","arguments":"{}"},)"
      R"({"type":"function_call_output","call_id":"c1","output":"19 C"},{"type":"function_call_output","call_id":"c2",)"
      R"("output":"?"}],"max_output_tokens":64,"text":{"format":{"type":"text"}},"store":false}})";
  expect_lines(
      line,
      {{"anthropic", kClaude,
        R"({"custom_id":"a","params":{"model":"claude-sonnet-4-5","max_tokens":64,"system":"Be brief.","messages":[{"role":"user","content":)"
        R"([{"type":"text","text":"Weather?"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"get",)"
        R"("input":{"city":"Lima"}},{"type":"tool_use","id":"c2","name":"get","input":{}}]},{"role":"user","content":)"
        R"([{"type":"tool_result","tool_use_id":"c1","content":"19 C"},{"type":"tool_result","tool_use_id":"c2","content":)"
        R"("?"}]}]}})"}});
  // Of OpenAI's family, those that have no responses get a chat too.
  assert_non_null(strstr(Translation("mistral", kMistral).must(line).c_str(),
                         R"("messages":[{"role":"system","content":"Be brief."})"));
}

void embeddings_go_to_vendors_that_have_them(void**) {
  expect_lines(
      R"({"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"text-embedding-3-small","input":"x","dimensions":256}})",
      {{"google", "gemini-embedding-001",
        R"({"key":"a","request":{"content":{"parts":[{"text":"x"}]},"outputDimensionality":256}})"}});
  expect_lines(
      R"({"key":"a","request":{"content":{"parts":[{"text":"x"}]},"output_dimensionality":256}})",
      {{"openai", "text-embedding-3-small",
        R"({"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"text-embedding-3-small","input":"x","dimensions":256}})"},
       {"mistral", "codestral-embed",
        R"({"custom_id":"a","body":{"model":"codestral-embed","input":"x","output_dimension":256}})"}});
  const std::string text =
      Translation("anthropic", kClaude)
          .refusal(R"({"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"x"}})");
  assert_non_null(strstr(text.c_str(), "embeddings is not one of Anthropic's"));
}

// What was unified before comes out as if it had gone to the second vendor at once.
void way_over_another_vendor_changes_nothing(void**) {
  static const char* const kLines[] = {
      R"({"custom_id":"a","messages":[{"role":"user","content":"Hi"}],"generation_config":{"max_tokens":64}})",
      R"({"custom_id":"a","system_prompt":"Be brief.","messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},)"
      R"({"role":"user","content":"Go on."}],"generation_config":{"max_tokens":64,"temperature":0.5,"top_p":0.9,"stop_sequences":["A","B"]}})",
      R"({"custom_id":"a","messages":[{"role":"user","content":[{"type":"text","text":"\u00e4\n"},{"type":"image","source_type":)"
      R"("base64","media_type":"image/png","data":"AAAA"}]}],"generation_config":{"max_tokens":64}})",
      R"({"custom_id":"a","messages":[{"role":"user","content":"W?"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1",)"
      R"("type":"function","function":{"name":"get","arguments":"{\"q\":1}"}}]},{"role":"tool","tool_call_id":"call_1","content":)"
      R"("19 C"}],"tools":[{"type":"function","function":{"name":"get","description":"d","parameters":{"type":"object",)"
      R"("properties":{"q":{"type":"integer"}},"required":["q"]}}}],"tool_choice":"auto","generation_config":{"max_tokens":64}})",
      R"({"custom_id":"a","messages":[{"role":"user","content":"W?"}],"tools":[{"type":"function","function":{"name":"get",)"
      R"("parameters":{"type":"object","properties":{"q":{"type":"integer"}}}}}],"tool_choice":{"type":"function","function":{"name":"get"}},)"
      R"("generation_config":{"max_tokens":64}})",
  };
  struct End {
    const char* provider;
    const char* model;
  };
  static constexpr End kFrom[] = {{"openai", "gpt-4o"}, {"anthropic", kClaude}, {"google", kGemini}};
  static constexpr End kTo[] = {
      {"openai", "gpt-4o"}, {"anthropic", kClaude}, {"google", kGemini}, {"mistral", kMistral}, {"bedrock", kBedrock}};
  for (const char* line : kLines) {
    for (const End& from : kFrom) {
      const std::string between = Translation(from.provider, from.model).must(line);
      for (const End& to : kTo) {
        // One of OpenAI's family gets what OpenAI gets, byte for byte.
        if (from.provider == kFrom[0].provider && std::string_view(to.provider) == "mistral") continue;
        assert_string_equal(Translation(to.provider, to.model).must(between).c_str(),
                            Translation(to.provider, to.model).must(line).c_str());
      }
    }
  }
}

void model_of_the_run_takes_the_place_of_the_other_vendors(void**) {
  const std::string params =
      R"("params":{"model":"claude-x","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}})";
  const std::string plain = R"({"custom_id":"a",)" + params, chosen = R"({"custom_id":"a","model":"gpt-4.1",)" + params;
  assert_non_null(strstr(Translation("openai", "").must(plain).c_str(), R"("model":"claude-x")"));
  assert_non_null(strstr(Translation("openai", "gpt-4o").must(plain).c_str(), R"("model":"gpt-4o")"));
  assert_non_null(strstr(Translation("openai", "gpt-4o").must(chosen).c_str(), R"("model":"gpt-4.1")"));
  assert_non_null(
      strstr(Translation("anthropic", "claude-y").must(plain).c_str(), R"("model":"claude-x")"));  // its own vendor
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(openai_chat_becomes_the_chat_of_each_vendor),
      cmocka_unit_test(anthropic_messages_become_the_chat_of_each_vendor),
      cmocka_unit_test(gemini_contents_become_the_chat_of_each_vendor),
      cmocka_unit_test(openai_responses_become_a_chat),
      cmocka_unit_test(embeddings_go_to_vendors_that_have_them),
      cmocka_unit_test(way_over_another_vendor_changes_nothing),
      cmocka_unit_test(model_of_the_run_takes_the_place_of_the_other_vendors),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
