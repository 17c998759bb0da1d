// What OpenAI's reasoning models do not take.
#include "emulator/openai/reasoning.h"

#include <string>

#include "support/cmocka.h"

namespace {

using namespace br::emulator;

BodyProblem problem(const char* model, const char* more, const char* endpoint = "/v1/chat/completions",
                    Reasoners whose = Reasoners::kOpenAi) {
  json::Document body;
  assert_true(json::parse(R"({"model":")" + std::string(model) + "\"" + more + "}", body));
  return reasoning_model_problem(whose, endpoint, body);
}

void limit_of_old_is_refused(void**) {
  for (const char* model : {"o1", "o3-mini-2025-01-31", "o4-mini", "gpt-5", "gpt-5.6-luna"}) {
    const BodyProblem found = problem(model, R"(,"max_tokens":9)");
    assert_string_equal(found.param.c_str(), "max_tokens");
    assert_string_equal(found.code.c_str(), "unsupported_parameter");
    assert_string_equal(problem(model, R"(,"max_completion_tokens":9)").message.c_str(), "");
  }
}

void sampling_other_than_the_default_is_refused(void**) {
  for (const char* more :
       {R"(,"temperature":0.5)", R"(,"top_p":0.9)", R"(,"presence_penalty":1)", R"(,"frequency_penalty":1)"})
    assert_string_equal(problem("o3", more).code.c_str(), "unsupported_value");
  assert_string_equal(problem("o3", R"(,"logprobs":true)").code.c_str(), "unsupported_parameter");
  assert_string_equal(problem("o3", R"(,"temperature":0.5)", "/v1/responses").param.c_str(), "temperature");
  assert_string_equal(
      problem("o3", R"(,"temperature":1,"top_p":1.0,"presence_penalty":0,"logprobs":false)").message.c_str(), "");
  assert_string_equal(problem("gpt-5.2", R"(,"temperature":0.5)").message.c_str(), "");  // with effort none it is taken
}

void stop_is_refused_by_o3_and_o4_only(void**) {
  assert_string_equal(problem("o4-mini", R"(,"stop":["x"])").param.c_str(), "stop");
  assert_string_equal(problem("o4-mini", R"(,"stop":null)").message.c_str(), "");
  assert_string_equal(problem("o1", R"(,"stop":["x"])").message.c_str(), "");
}

void grok_that_reasons_takes_neither_stop_nor_penalties(void**) {
  const auto grok = [](const char* model, const char* more) {
    return problem(model, more, "/v1/chat/completions", Reasoners::kXai).param;
  };
  assert_string_equal(grok("grok-4.20-0309-reasoning", R"(,"stop":["x"])").c_str(), "stop");
  assert_string_equal(grok("grok-4-0709", R"(,"presence_penalty":1)").c_str(), "presence_penalty");
  assert_string_equal(grok("grok-4.20-0309-reasoning", R"(,"temperature":0.5,"max_tokens":9)").c_str(), "");
  assert_string_equal(grok("grok-4.20-0309-non-reasoning", R"(,"stop":["x"])").c_str(), "");
}

void other_models_take_all(void**) {
  for (const char* model : {"gpt-4o", "gpt-4.1-nano", "gpt-5-chat-latest", "o3000", "a-model-of-tomorrow"})
    assert_string_equal(problem(model, R"(,"temperature":0.5,"max_tokens":9,"top_p":0.1)").message.c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(limit_of_old_is_refused),
      cmocka_unit_test(sampling_other_than_the_default_is_refused),
      cmocka_unit_test(stop_is_refused_by_o3_and_o4_only),
      cmocka_unit_test(grok_that_reasons_takes_neither_stop_nor_penalties),
      cmocka_unit_test(other_models_take_all),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
