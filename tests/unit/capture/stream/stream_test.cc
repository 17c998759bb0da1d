// Google's two forms, and what is no answer.
#include "capture/stream/stream.h"

#include "support/cmocka.h"

namespace {

using br::StreamForm;

void assert_streamed(StreamForm form, const char* answer, const char* expected) {
  assert_string_equal(br::stream_events(form, answer, {}).c_str(), expected);
}

void an_answer_of_google_is_one_chunk(void**) {
  const char* answer = R"({"candidates": [{"content":{"parts":[{"text":"H\u00e9 \n"},)"
                       "\n"
                       R"({"thoughtSignature":"s","functionCall":{"name":"f","args":{"n":1.0}}}]},)"
                       R"("finishReason":"STOP"}], "usageMetadata":{"totalTokenCount":3}})";
  const std::string compact =
      R"({"candidates":[{"content":{"parts":[{"text":"H\u00e9 \n"},)"
      R"({"thoughtSignature":"s","functionCall":{"name":"f","args":{"n":1.0}}}]},"finishReason":"STOP"}],)"
      R"("usageMetadata":{"totalTokenCount":3}})";
  assert_streamed(StreamForm::gemini_sse, answer, ("data: " + compact + "\r\n\r\n").c_str());
  assert_streamed(StreamForm::gemini_array, answer, ("[" + compact + "]").c_str());
}

void what_is_no_answer_becomes_an_error(void**) {
  assert_streamed(StreamForm::gemini_sse, R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})",
                  "data: {\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}\r\n\r\n");
  assert_streamed(StreamForm::openai_chat, R"({"error":{"message":"x","code":"y"}})",
                  "data: {\"error\":{\"message\":\"x\",\"code\":\"y\"}}\n\ndata: [DONE]\n\n");
  assert_streamed(StreamForm::openai_completions, "[1]",
                  "data: {\"error\":{\"message\":\"[1]\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n"
                  "data: [DONE]\n\n");
  assert_streamed(
      StreamForm::anthropic_messages, "<html>\n",
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"<html>\\n\"}}"
      "\n\n");
}

void assert_error(StreamForm form, int status, const char* body, const char* expected) {
  assert_string_equal(br::stream_error(form, status, body).c_str(), expected);
}

void an_error_of_openai_is_the_vendors_own(void**) {
  assert_error(StreamForm::openai_chat, 400, "{ \"error\": {\"message\":\"H\\u00e9\",\"type\":\"t\"}, \"id\":1.0}",
               "data: {\"error\":{\"message\":\"H\\u00e9\",\"type\":\"t\"},\"id\":1.0}\n\ndata: [DONE]\n\n");
  // Mistral's body is the error itself.
  assert_error(StreamForm::openai_chat, 422, R"({"object":"error","message":"m","code":3000})",
               "data: {\"error\":{\"object\":\"error\",\"message\":\"m\",\"code\":3000}}\n\ndata: [DONE]\n\n");
  assert_error(StreamForm::openai_completions, 429, "",
               "data: {\"error\":{\"message\":\"the vendor answered with status 429\",\"type\":\"rate_limit_error\","
               "\"param\":null,\"code\":null}}\n\ndata: [DONE]\n\n");
}

void an_error_of_responses_has_its_fields_twice(void**) {
  assert_error(
      StreamForm::openai_responses, 400, R"({"error":{"message":"m","type":"t","param":"input","code":"c"}})",
      "event: error\ndata: {\"type\":\"error\",\"sequence_number\":0,\"code\":\"c\",\"message\":\"m\","
      "\"param\":\"input\",\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":\"input\",\"code\":\"c\"}}\n\n");
  assert_error(StreamForm::openai_responses, 400, R"({"error":"only words"})",
               "event: error\ndata: {\"type\":\"error\",\"sequence_number\":0,\"code\":null,\"message\":\"only words\","
               "\"param\":null,\"error\":\"only words\"}\n\n");
}

void an_error_of_anthropic_has_the_type_of_its_status(void**) {
  assert_error(StreamForm::anthropic_messages, 529,
               R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"q"})",
               "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":"
               "\"Overloaded\"},\"request_id\":\"q\"}\n\n");
  assert_error(StreamForm::anthropic_messages, 413, "too large",
               "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"request_too_large\",\"message\":"
               "\"too large\"}}\n\n");
}

void an_error_of_google_has_code_and_status(void**) {
  assert_error(StreamForm::gemini_sse, 503, "down",
               "data: {\"error\":{\"code\":503,\"message\":\"down\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n");
  assert_error(StreamForm::gemini_array, 400, R"({"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}})",
               R"([{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}])");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_answer_of_google_is_one_chunk),
      cmocka_unit_test(what_is_no_answer_becomes_an_error),
      cmocka_unit_test(an_error_of_openai_is_the_vendors_own),
      cmocka_unit_test(an_error_of_responses_has_its_fields_twice),
      cmocka_unit_test(an_error_of_anthropic_has_the_type_of_its_status),
      cmocka_unit_test(an_error_of_google_has_code_and_status),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
