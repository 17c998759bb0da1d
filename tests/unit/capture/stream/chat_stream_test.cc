// Chat completions as chunks: what OpenAI sends for the same answer, and where its followers differ.
#include "capture/stream/stream.h"
#include "unit/capture/stream/events.h"

namespace {

using br::StreamForm;
using br::test::assert_events;
using br::test::holds;

const std::string kHead = R"(data: {"id":"c","object":"chat.completion.chunk","created":17,"model":"m","choices":[)";

std::string answer(const std::string& choices, const std::string& more = "") {
  return R"({"id":"c","object":"chat.completion","created":17,"model":"m","choices":[)" + choices + "]" + more + "}";
}

std::string streamed(const std::string& json, const br::StreamWishes& wishes = {}) {
  return br::stream_events(StreamForm::openai_chat, json, wishes);
}

std::string delta(const std::string& json, const std::string& finish = "null", int index = 0) {
  return R"({"index":)" + std::to_string(index) + R"(,"delta":)" + json + R"(,"finish_reason":)" + finish + "}";
}

std::string chunk(const std::string& choice, const std::string& more = "") { return kHead + choice + "]" + more + "}"; }

void text_comes_after_the_role_and_before_the_end(void**) {
  assert_events(streamed(answer(R"({"index":0,"message":{"role":"assistant","content":"Hi."},"finish_reason":"stop"})",
                                R"(,"usage":{"total_tokens":3})")),
                {chunk(delta(R"({"role":"assistant","content":""})")), chunk(delta(R"({"content":"Hi."})")),
                 chunk(delta("{}", "\"stop\"")), "data: [DONE]"});
}

void usage_asked_for_is_a_chunk_without_choices(void**) {
  assert_events(
      streamed(answer(R"({"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"})",
                      R"(,"usage":{"total_tokens":3.0})"),
               {.include_usage = true}),
      {chunk(delta(R"({"role":"assistant","content":""})"), R"(,"usage":null)"),
       chunk(delta(R"({"content":"x"})"), R"(,"usage":null)"), chunk(delta("{}", "\"stop\""), R"(,"usage":null)"),
       chunk("", R"(,"usage":{"total_tokens":3.0})"), "data: [DONE]"});
}

void usage_of_vendors_that_always_send_it_is_beside_the_last_finish_reason(void**) {
  const auto two = [](const char* index) {
    return std::string(R"({"index":)") + index + R"(,"message":{"role":"assistant"},"finish_reason":"stop"})";
  };
  const br::StreamWishes wishes{.include_usage = true, .usage_with_finish = true};
  assert_events(
      streamed(answer(two("0") + "," + two("1"), R"(,"usage":{"t":1},"x_groq":{"id":"q"})"), wishes),
      {R"(data: {"id":"c","object":"chat.completion.chunk","created":17,"model":"m","x_groq":{"id":"q"},)"
       R"("choices":[)" +
           delta(R"({"role":"assistant"})") + "]}",
       chunk(delta("{}", "\"stop\"")), chunk(delta(R"({"role":"assistant"})", "null", 1)),
       chunk(delta("{}", "\"stop\"", 1), R"(,"usage":{"t":1},"x_groq":{"id":"q","usage":{"t":1}})"), "data: [DONE]"});
}

const char* const kCalls =
    R"({"index":0,"message":{"role":"assistant","content":null,"tool_calls":[)"
    R"({"id":"a","type":"function","function":{"name":"f","arguments":"{\"n\":12345678901234567890}"}},)"
    R"({"id":"b","type":"function","function":{"name":"g","arguments":""},"extra":1e2}]},"finish_reason":"tool_calls"})";

void tool_calls_begin_with_id_and_name_and_go_on_with_arguments(void**) {
  assert_events(
      streamed(answer(kCalls)),
      {chunk(delta(R"({"role":"assistant","content":null})")),
       chunk(
           delta(R"({"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]})")),
       chunk(delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"n\":12345678901234567890}"}}]})")),
       chunk(delta(R"({"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""},)"
                   R"("extra":1e2}]})")),
       chunk(delta("{}", "\"tool_calls\"")), "data: [DONE]"});
}

void tool_calls_that_the_vendor_never_cuts_are_whole(void**) {
  const std::string stream = streamed(answer(kCalls), {.whole_tool_calls = true});
  assert_int_equal(br::test::split_events(stream).size(), 5);
  assert_true(holds(stream, R"({"index":0,"id":"a","type":"function","function":{"name":"f",)"
                            R"("arguments":"{\"n\":12345678901234567890}"}})"));
}

void arguments_that_are_an_object_and_calls_of_other_kinds_are_whole(void**) {
  const std::string stream = streamed(
      answer(R"({"message":{"tool_calls":[{"index":7,"function":{"name":"f","arguments":{"a":1}}},)"
             R"({"id":"k","type":"custom","custom":{"name":"sql","input":"x"}}]},"finish_reason":"tool_calls"})"));
  assert_events(stream, {chunk(delta(R"({"role":"assistant"})")),
                         chunk(delta(R"({"tool_calls":[{"index":0,"function":{"name":"f","arguments":{"a":1}}}]})")),
                         chunk(delta(R"({"tool_calls":[{"index":1,"id":"k","type":"custom",)"
                                     R"("custom":{"name":"sql","input":"x"}}]})")),
                         chunk(delta("{}", "\"tool_calls\"")), "data: [DONE]"});
}

void reasoning_comes_before_the_text_and_unknown_fields_with_the_role(void**) {
  assert_events(
      streamed(answer(R"({"index":0,"message":{"content":"x","reasoning_content":"r1","reasoning":"r2","role":)"
                      R"("assistant","annotations":[1.50]},"finish_reason":"stop","seed":18446744073709551615})")),
      {chunk(delta(R"({"content":"","role":"assistant","annotations":[1.50]})")),
       chunk(delta(R"({"reasoning_content":"r1"})")), chunk(delta(R"({"reasoning":"r2"})")),
       chunk(delta(R"({"content":"x"})")),
       chunk(R"({"index":0,"delta":{},"finish_reason":"stop","seed":18446744073709551615})"), "data: [DONE]"});
}

void logprobs_come_once_with_the_text_and_a_refusal_is_a_delta(void**) {
  const std::string lp = R"({"content":[{"token":"x","logprob":-0.10}],"refusal":null})";
  assert_events(
      streamed(answer(R"({"index":0,"message":{"role":"assistant","content":"x","refusal":"no"},"logprobs":)" + lp +
                      R"(,"finish_reason":"stop"})")),
      {chunk(R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,)"
             R"("finish_reason":null})"),
       chunk(R"({"index":0,"delta":{"content":"x"},"logprobs":)" + lp + R"(,"finish_reason":null})"),
       chunk(R"({"index":0,"delta":{"refusal":"no"},"logprobs":null,"finish_reason":null})"),
       chunk(R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"})"), "data: [DONE]"});
}

void text_without_a_delta_leaves_its_logprobs_to_the_end(void**) {
  const std::string stream =
      streamed(answer(R"({"index":0,"message":{"content":""},"logprobs":{"content":[]},"finish_reason":"stop"})"));
  assert_int_equal(br::test::split_events(stream).size(), 3);
  assert_true(holds(stream, R"("delta":{},"logprobs":{"content":[]},"finish_reason":"stop")"));
}

void escapes_and_characters_are_the_bytes_of_the_answer(void**) {
  const std::string text = R"("\u00e9 é \ud83d\ude00 \/ \\ \" \n 東京 )" + std::string("\xe2\x80\xa8\"");
  const std::string stream = streamed(answer(R"({"index":0,"message":{"content":)" + text + "}}"));
  assert_true(holds(stream, R"("delta":{"content":)" + text + "}"));
}

void half_a_surrogate_pair_loses_no_answer(void**) {
  const std::string stream = streamed(answer(R"({"index":0,"message":{"content":"cut \ud83d"}})"));
  assert_true(holds(stream, R"("delta":{"content":"cut )"));
  assert_false(holds(stream, "error"));
}

void blanks_between_tokens_break_no_event(void**) {
  const std::string stream = streamed(
      "{\r\n \"note\": {\n\"a\" :\r[ 1 ] }, \"choices\": [ {\n\"index\": 0,\n \"message\": {\"content\": \"a  b\"},\r "
      "\"finish_reason\": \"stop\" } "
      "]\n}");
  assert_events(
      stream,
      {R"(data: {"object":"chat.completion.chunk","note":{"a":[1]},"choices":[)" +
           delta(R"({"role":"assistant","content":""})") + "]}",
       R"(data: {"object":"chat.completion.chunk","choices":[)" + delta(R"({"content":"a  b"})") + "]}",
       R"(data: {"object":"chat.completion.chunk","choices":[)" + delta("{}", "\"stop\"") + "]}", "data: [DONE]"});
}

void an_answer_without_choices_is_one_chunk(void**) {
  assert_events(streamed(answer("", R"(,"usage":{"t":1},"note":"n")"), {.include_usage = true}),
                {R"(data: {"id":"c","object":"chat.completion.chunk","created":17,"model":"m","note":"n","choices":[],)"
                 R"("usage":{"t":1}})",
                 "data: [DONE]"});
}

void text_completions_have_a_chunk_of_text_and_one_of_the_end(void**) {
  const std::string json =
      R"({"id":"t","object":"text_completion","model":"m","choices":[{"text":"a","index":0,"logprobs":{"tokens":["a"]},)"
      R"("finish_reason":"length"},{"text":"b","index":1,"logprobs":null,"finish_reason":"stop"}],"usage":{"t":2}})";
  const std::string head = R"(data: {"id":"t","object":"text_completion","model":"m","choices":[{"index":)";
  assert_events(
      br::stream_events(StreamForm::openai_completions, json, {.include_usage = true}),
      {head + R"(0,"text":"a","logprobs":{"tokens":["a"]},"finish_reason":null}],"usage":null})",
       head + R"(0,"text":"","logprobs":null,"finish_reason":"length"}],"usage":null})",
       head + R"(1,"text":"b","logprobs":null,"finish_reason":null}],"usage":null})",
       head + R"(1,"text":"","logprobs":null,"finish_reason":"stop"}],"usage":null})",
       R"(data: {"id":"t","object":"text_completion","model":"m","choices":[],"usage":{"t":2}})", "data: [DONE]"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(text_comes_after_the_role_and_before_the_end),
      cmocka_unit_test(usage_asked_for_is_a_chunk_without_choices),
      cmocka_unit_test(usage_of_vendors_that_always_send_it_is_beside_the_last_finish_reason),
      cmocka_unit_test(tool_calls_begin_with_id_and_name_and_go_on_with_arguments),
      cmocka_unit_test(tool_calls_that_the_vendor_never_cuts_are_whole),
      cmocka_unit_test(arguments_that_are_an_object_and_calls_of_other_kinds_are_whole),
      cmocka_unit_test(reasoning_comes_before_the_text_and_unknown_fields_with_the_role),
      cmocka_unit_test(logprobs_come_once_with_the_text_and_a_refusal_is_a_delta),
      cmocka_unit_test(text_without_a_delta_leaves_its_logprobs_to_the_end),
      cmocka_unit_test(escapes_and_characters_are_the_bytes_of_the_answer),
      cmocka_unit_test(half_a_surrogate_pair_loses_no_answer),
      cmocka_unit_test(blanks_between_tokens_break_no_event),
      cmocka_unit_test(an_answer_without_choices_is_one_chunk),
      cmocka_unit_test(text_completions_have_a_chunk_of_text_and_one_of_the_end),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
