// Anthropic's messages as events.
#include "capture/stream/stream.h"
#include "unit/capture/stream/events.h"

namespace {

using br::test::assert_events;

std::string streamed(const std::string& content, const std::string& more = R"(,"stop_reason":"end_turn")") {
  return br::stream_events(br::StreamForm::anthropic_messages,
                           R"({"id":"m","type":"message","role":"assistant","model":"c","content":[)" + content + "]" +
                               more + R"(,"usage":{"input_tokens":3,"output_tokens":7,"service_tier":"batch"}})",
                           {});
}

std::string event(const std::string& name, const std::string& fields) {
  return "event: " + name + "\ndata: {\"type\":\"" + name + "\"" + fields + "}";
}
std::string start(int index, const std::string& block) {
  return event("content_block_start", ",\"index\":" + std::to_string(index) + ",\"content_block\":" + block);
}
std::string delta(int index, const std::string& json) {
  return event("content_block_delta", ",\"index\":" + std::to_string(index) + ",\"delta\":" + json);
}
std::string stop(int index) { return event("content_block_stop", ",\"index\":" + std::to_string(index)); }

const std::string kStart =
    event("message_start", R"(,"message":{"id":"m","type":"message","role":"assistant","model":"c","content":[],)"
                           R"("stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1,)"
                           R"("service_tier":"batch"}})");
const std::string kEnd =
    event("message_delta", R"(,"delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":3,"output_tokens":7,)"
                           R"("service_tier":"batch"})");
const std::string kStop = event("message_stop", "");

void text_and_citations_are_deltas(void**) {
  assert_events(streamed(R"({"type":"text","text":"H\u00e9 \ud83d\ude00 é\n","citations":[{"n":1.0},{"n":2}]})"),
                {kStart, start(0, R"({"type":"text","text":"","citations":[]})"),
                 delta(0, R"({"type":"text_delta","text":"H\u00e9 \ud83d\ude00 é\n"})"),
                 delta(0, R"({"type":"citations_delta","citation":{"n":1.0}})"),
                 delta(0, R"({"type":"citations_delta","citation":{"n":2}})"), stop(0), kEnd, kStop});
}

void text_without_citations_keeps_its_null(void**) {
  assert_events(streamed(R"({"citations":null,"type":"text","text":"x","new":true})"),
                {kStart, start(0, R"({"citations":null,"type":"text","text":"","new":true})"),
                 delta(0, R"({"type":"text_delta","text":"x"})"), stop(0), kEnd, kStop});
}

void thinking_ends_with_its_signature_and_redacted_thinking_is_whole(void**) {
  assert_events(
      streamed(R"({"type":"thinking","thinking":"so","signature":"c2ln=="},)"
               R"({"type":"redacted_thinking","data":"x"},{"type":"thinking","thinking":"","signature":"s"})"),
      {kStart, start(0, R"({"type":"thinking","thinking":"","signature":""})"),
       delta(0, R"({"type":"thinking_delta","thinking":"so"})"),
       delta(0, R"({"type":"signature_delta","signature":"c2ln=="})"), stop(0),
       start(1, R"({"type":"redacted_thinking","data":"x"})"), stop(1),
       start(2, R"({"type":"thinking","thinking":"","signature":""})"),
       delta(2, R"({"type":"signature_delta","signature":"s"})"), stop(2), kEnd, kStop});
}

void inputs_of_tools_are_pieces_of_json_text(void**) {
  assert_events(
      streamed(R"({"type":"tool_use","id":"t","name":"n","input":{"q":"a\"b\u00e9","n":12345678901234567890},"caller":)"
               R"({"type":"direct"}},{"type":"server_tool_use","id":"s","name":"web_search","input":{}})"),
      {kStart, start(0, R"({"type":"tool_use","id":"t","name":"n","input":{},"caller":{"type":"direct"}})"),
       delta(0, R"({"type":"input_json_delta","partial_json":"{\"q\":\"a\\\"b\\u00e9\",\"n\":12345678901234567890}"})"),
       stop(0), start(1, R"({"type":"server_tool_use","id":"s","name":"web_search","input":{}})"),
       delta(1, R"({"type":"input_json_delta","partial_json":"{}"})"), stop(1), kEnd, kStop});
}

void results_of_server_tools_and_unknown_blocks_are_whole_in_the_start(void**) {
  const std::string result = R"({"type":"web_search_tool_result","tool_use_id":"s","content":[{"url":"u"}]})";
  const std::string unknown = R"({"type":"hologram","text":"not a delta","x":1.0})";
  assert_events(streamed(result + "," + unknown),
                {kStart, start(0, result), stop(0), start(1, unknown), stop(1), kEnd, kStop});
}

void what_is_known_at_the_end_is_told_at_the_end(void**) {
  const std::string stream = streamed("", R"(,"stop_reason":"stop_sequence","stop_sequence":"\n\nEND","stop_details":)"
                                          R"({"a":1},"container":{"id":"k"},"context_management":{"e":[]})");
  const auto events = br::test::split_events(stream);
  assert_int_equal(events.size(), 3);
  assert_true(br::test::holds(events[0], R"("stop_reason":null,"stop_sequence":null,"stop_details":null)"));
  assert_true(br::test::holds(
      events[1], R"("delta":{"stop_reason":"stop_sequence","stop_sequence":"\n\nEND","stop_details":{"a":1},)"
                 R"("container":{"id":"k"}},"usage":{)"));
  assert_true(br::test::holds(events[1], R"(},"context_management":{"e":[]}})"));
}

void an_answer_that_is_no_message_is_an_error(void**) {
  assert_events(br::stream_events(br::StreamForm::anthropic_messages,
                                  R"({"type":"error","error":{"type":"api_error","message":"x"}})", {}),
                {"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"x\"}}"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(text_and_citations_are_deltas),
      cmocka_unit_test(text_without_citations_keeps_its_null),
      cmocka_unit_test(thinking_ends_with_its_signature_and_redacted_thinking_is_whole),
      cmocka_unit_test(inputs_of_tools_are_pieces_of_json_text),
      cmocka_unit_test(results_of_server_tools_and_unknown_blocks_are_whole_in_the_start),
      cmocka_unit_test(what_is_known_at_the_end_is_told_at_the_end),
      cmocka_unit_test(an_answer_that_is_no_message_is_an_error),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
