#include "emulator/openai/conversation.h"

#include <string>

#include "support/cmocka.h"

namespace {

using namespace br::emulator;

BodyProblem judged(const std::string& body, const char* endpoint = "/v1/chat/completions") {
  json::Document document;
  assert_true(json::parse(body, document));
  return body_problem(endpoint, document, {});
}

BodyProblem chat(const std::string& messages) { return judged(R"({"model":"m","messages":[)" + messages + "]}"); }

BodyProblem picture(const char* url) {
  return chat(R"({"role":"user","content":[{"type":"image_url","image_url":{"url":")" + std::string(url) + "\"}}]}");
}

constexpr char kAsk[] = R"({"role":"user","content":"q"},)";
constexpr char kCall[] =
    R"({"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},)";

std::string result(const char* id) {
  return R"({"role":"tool","content":"4","tool_call_id":")" + std::string(id) + "\"}";
}

void picture_that_is_no_base64_is_refused(void**) {
  for (const char* const good : {"https://a/b.png", "http://a/b.png", "data:image/png;base64,aGk="}) {
    assert_string_equal(picture(good).message.c_str(), "");
  }
  const char* const bad[][2] = {{"aGk=", "a value without the 'data:' prefix"},
                                {"photo.png", "a value without the 'data:' prefix"},
                                {"data:text/plain;base64,aGk=", "unsupported MIME type"},
                                {"data:image/png,aGk=", "not base64-encoded"},
                                {"data:image/png;base64,", "empty base64-encoded bytes"},
                                {"data:image/png;base64,data:image/png;base64,aGk=", "invalid base64"},
                                {"data:image/png;base64,a_-=", "invalid base64"}};
  for (const auto& each : bad) {
    const BodyProblem problem = picture(each[0]);
    assert_true(problem.message.find(each[1]) != std::string::npos);
    assert_string_equal(problem.param.c_str(), "messages[0].content[0].image_url.url");
  }
}

void result_without_its_call_is_refused(void**) {
  assert_string_equal(chat(std::string(kAsk) + kCall + result("c1")).message.c_str(), "");
  const BodyProblem alone = chat(kAsk + result("c1"));
  assert_string_equal(alone.message.c_str(),
                      "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                      "'tool_calls'.");
  assert_string_equal(alone.param.c_str(), "messages.[1].role");
  const BodyProblem other = chat(std::string(kAsk) + kCall + result("c2"));
  assert_string_equal(other.param.c_str(), "messages.[2].tool_call_id");
  const BodyProblem late = chat(std::string(kAsk) + kCall + result("c1") + "," + kAsk + result("c1"));
  assert_string_equal(late.param.c_str(), "messages.[4].role");
}

void call_without_its_result_is_refused(void**) {
  const std::string call(kCall);
  for (const std::string& messages : {kAsk + call + R"({"role":"user","content":"and?"})",
                                      kAsk + call.substr(0, call.size() - 1)}) {
    const BodyProblem problem = chat(messages);
    assert_true(problem.message.find("did not have response messages: c1") != std::string::npos);
    assert_string_equal(problem.param.c_str(), "messages.[1].role");
  }
}

BodyProblem effort(const char* model, const char* word) {
  return judged(R"({"messages":[{"role":"user","content":"q"}],"model":")" + std::string(model) +
                R"(","reasoning_effort":)" + word + "}");
}

void effort_that_the_model_does_not_know_is_refused(void**) {
  for (const char* const model : {"gpt-4o", "gpt-4o-mini-2024-07-18", "gpt-4.1", "gpt-3.5-turbo", "o1-mini"}) {
    const BodyProblem problem = effort(model, "\"low\"");
    assert_string_equal(problem.message.c_str(),
                        "Unsupported parameter: 'reasoning_effort' is not supported with this model.");
    assert_string_equal(problem.code.c_str(), "unsupported_parameter");
    assert_string_equal(problem.param.c_str(), "reasoning_effort");
  }
  const BodyProblem word = effort("o3-mini", "\"minimal\"");
  assert_string_equal(word.code.c_str(), "unsupported_value");
  assert_true(word.message.find("Supported values are: 'low', 'medium', and 'high'.") != std::string::npos);
  for (const char* const model : {"o3", "gpt-5", "gpt-5.6", "a-model-of-tomorrow"}) {
    assert_string_equal(effort(model, "\"low\"").message.c_str(), "");
  }
  assert_string_equal(effort("gpt-4o", "null").message.c_str(), "");
  const BodyProblem response =
      judged(R"({"model":"gpt-4o","input":"q","reasoning":{"effort":"low"}})", "/v1/responses");
  assert_string_equal(response.param.c_str(), "reasoning.effort");
}

void embeddings_of_more_than_2048_inputs_are_refused(void**) {
  const auto inputs = [](int count) {
    std::string list = "\"a\"";
    for (int i = 1; i < count; ++i) list += ",\"a\"";
    return judged(R"({"model":"m","input":[)" + list + "]}", "/v1/embeddings");
  };
  assert_string_equal(inputs(2048).message.c_str(), "");
  assert_string_equal(inputs(2049).code.c_str(), "array_above_max_length");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(picture_that_is_no_base64_is_refused),
      cmocka_unit_test(result_without_its_call_is_refused),
      cmocka_unit_test(call_without_its_result_is_refused),
      cmocka_unit_test(effort_that_the_model_does_not_know_is_refused),
      cmocka_unit_test(embeddings_of_more_than_2048_inputs_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
