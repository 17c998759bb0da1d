// The Responses API's typed events.
#include "capture/stream/stream.h"
#include "unit/capture/stream/events.h"

namespace {

using br::test::assert_events;
using br::test::holds;

std::string answer(const std::string& output, const std::string& more = R"("status":"completed")") {
  return R"({"id":"r","object":"response","output":[)" + output + "]," + more + "}";
}

std::string streamed(const std::string& json) { return br::stream_events(br::StreamForm::openai_responses, json, {}); }

// Events with their numbers, from 0.
class Expected {
 public:
  Expected& event(const std::string& name, const std::string& fields) {
    events_.push_back("event: response." + name + "\ndata: {\"type\":\"response." + name +
                      "\",\"sequence_number\":" + std::to_string(events_.size()) + "," + fields + "}");
    return *this;
  }
  // The two that all streams begin with.
  Expected& begun() {
    const std::string as_it_began = R"("response":{"id":"r","object":"response","output":[],"status":"in_progress"})";
    return event("created", as_it_began).event("in_progress", as_it_began);
  }
  Expected& added(int index, const std::string& item) {
    return event("output_item.added", at(index) + ",\"item\":" + item);
  }
  Expected& done(int index, const std::string& item) {
    return event("output_item.done", at(index) + ",\"item\":" + item);
  }
  Expected& in(const std::string& name, const std::string& id, int index, const std::string& fields) {
    return event(name, "\"item_id\":\"" + id + "\"," + at(index) + (fields.empty() ? "" : "," + fields));
  }
  const std::vector<std::string>& events() const { return events_; }

 private:
  static std::string at(int index) { return "\"output_index\":" + std::to_string(index); }
  std::vector<std::string> events_;
};

void text_goes_through_item_part_and_deltas(void**) {
  const std::string part =
      R"({"type":"output_text","text":"H\u00e9 é","annotations":[{"n":1.0}],"logprobs":[{"t":1}]})";
  const std::string item =
      R"({"id":"m","type":"message","status":"completed","role":"assistant","content":[)" + part + "]}";
  Expected expected;
  expected.begun()
      .added(0, R"({"id":"m","type":"message","status":"in_progress","role":"assistant","content":[]})")
      .in("content_part.added", "m", 0,
          R"("content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]})")
      .in("output_text.delta", "m", 0, R"("content_index":0,"delta":"H\u00e9 é","logprobs":[{"t":1}])")
      .in("output_text.annotation.added", "m", 0, R"("content_index":0,"annotation_index":0,"annotation":{"n":1.0})")
      .in("output_text.done", "m", 0, R"("content_index":0,"text":"H\u00e9 é","logprobs":[{"t":1}])")
      .in("content_part.done", "m", 0, R"("content_index":0,"part":)" + part)
      .done(0, item)
      .event("completed", "\"response\":" + answer(item));
  assert_events(streamed(answer(item)), expected.events());
}

void a_refusal_and_an_unknown_part_follow_each_other(void**) {
  const std::string item =
      R"({"id":"m","type":"message","content":[{"type":"refusal","refusal":"no"},{"type":"new","text":"t"}]})";
  Expected expected;
  expected.begun()
      .added(0, R"({"id":"m","type":"message","content":[]})")
      .in("content_part.added", "m", 0, R"("content_index":0,"part":{"type":"refusal","refusal":""})")
      .in("refusal.delta", "m", 0, R"("content_index":0,"delta":"no")")
      .in("refusal.done", "m", 0, R"("content_index":0,"refusal":"no")")
      .in("content_part.done", "m", 0, R"("content_index":0,"part":{"type":"refusal","refusal":"no"})")
      .in("content_part.added", "m", 0, R"("content_index":1,"part":{"type":"new","text":"t"})")
      .in("content_part.done", "m", 0, R"("content_index":1,"part":{"type":"new","text":"t"})")
      .done(0, item)
      .event("completed", "\"response\":" + answer(item));
  assert_events(streamed(answer(item)), expected.events());
}

void reasoning_has_its_summary_and_its_text(void**) {
  const std::string item = R"({"id":"rs","type":"reasoning","summary":[{"type":"summary_text","text":"s"}],)"
                           R"("content":[{"type":"reasoning_text","text":"t"}],"encrypted_content":"e"})";
  Expected expected;
  expected.begun()
      .added(0, R"({"id":"rs","type":"reasoning","summary":[],"content":[],"encrypted_content":"e"})")
      .in("reasoning_summary_part.added", "rs", 0, R"("summary_index":0,"part":{"type":"summary_text","text":""})")
      .in("reasoning_summary_text.delta", "rs", 0, R"("summary_index":0,"delta":"s")")
      .in("reasoning_summary_text.done", "rs", 0, R"("summary_index":0,"text":"s")")
      .in("reasoning_summary_part.done", "rs", 0, R"("summary_index":0,"part":{"type":"summary_text","text":"s"})")
      .in("content_part.added", "rs", 0, R"("content_index":0,"part":{"type":"reasoning_text","text":""})")
      .in("reasoning_text.delta", "rs", 0, R"("content_index":0,"delta":"t")")
      .in("reasoning_text.done", "rs", 0, R"("content_index":0,"text":"t")")
      .in("content_part.done", "rs", 0, R"("content_index":0,"part":{"type":"reasoning_text","text":"t"})")
      .done(0, item)
      .event("completed", "\"response\":" + answer(item));
  assert_events(streamed(answer(item)), expected.events());
}

void calls_of_functions_have_deltas_of_their_arguments(void**) {
  const std::string call = R"({"type":"function_call","id":"f","call_id":"c","name":"n","arguments":"{\"a\":1.0}",)"
                           R"("status":"completed"})";
  const std::string custom = R"({"type":"custom_tool_call","id":"k","call_id":"c","name":"n","input":""})";
  Expected expected;
  expected.begun()
      .added(0, R"({"type":"function_call","id":"f","call_id":"c","name":"n","arguments":"","status":"in_progress"})")
      .in("function_call_arguments.delta", "f", 0, R"("delta":"{\"a\":1.0}")")
      .in("function_call_arguments.done", "f", 0, R"("name":"n","arguments":"{\"a\":1.0}")")
      .done(0, call)
      .added(1, custom)
      .in("custom_tool_call_input.done", "k", 1, R"("input":"")")
      .done(1, custom)
      .event("completed", "\"response\":" + answer(call + "," + custom));
  assert_events(streamed(answer(call + "," + custom)), expected.events());
}

void tools_of_the_vendor_tell_their_stages(void**) {
  const std::string stream = streamed(
      answer(R"({"type":"web_search_call","id":"w","status":"completed","action":{"q":"x"}},)"
             R"({"type":"code_interpreter_call","id":"i","status":"completed","code":"1+1","outputs":[{"logs":"2"}]},)"
             R"({"type":"mcp_call","id":"p","arguments":"{}","output":null,"error":{"e":1}})"));
  assert_string_equal(br::test::joined_names(stream).c_str(),
                      "response.created response.in_progress "
                      "response.output_item.added response.web_search_call.in_progress "
                      "response.web_search_call.searching response.web_search_call.completed response.output_item.done "
                      "response.output_item.added response.code_interpreter_call.in_progress "
                      "response.code_interpreter_call_code.delta response.code_interpreter_call_code.done "
                      "response.code_interpreter_call.interpreting response.code_interpreter_call.completed "
                      "response.output_item.done response.output_item.added response.mcp_call.in_progress "
                      "response.mcp_call_arguments.delta response.mcp_call_arguments.done response.mcp_call.failed "
                      "response.output_item.done response.completed");
  assert_true(holds(stream, R"("item":{"type":"code_interpreter_call","id":"i","status":"in_progress","code":"",)"
                            R"("outputs":null})"));
}

void an_unknown_item_is_added_and_done_whole(void**) {
  const std::string item = R"({"type":"new_call","status":"completed","n":1.50})";
  Expected expected;
  expected.begun().added(0, item).done(0, item).event("completed", "\"response\":" + answer(item));
  assert_events(streamed(answer(item)), expected.events());
}

void an_incomplete_answer_and_a_failed_one_end_as_such(void**) {
  const std::string incomplete =
      answer("", R"("status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},)"
                 R"("usage":{"t":1},"new":1e2)");
  const auto events = br::test::split_events(streamed(incomplete));
  assert_int_equal(events.size(), 3);
  assert_true(
      holds(events[0], R"("output":[],"status":"in_progress","incomplete_details":null,"usage":null,"new":1e2)"));
  assert_true(holds(events[2],
                    "event: response.incomplete\ndata: {\"type\":\"response.incomplete\","
                    "\"sequence_number\":2,\"response\":" +
                        incomplete + "}"));
  const std::string failed =
      R"({"id":"r","status":"failed","error":{"code":"server_error","message":"x"},"output":[]})";
  assert_string_equal(br::test::joined_names(streamed(failed)).c_str(),
                      "response.created response.in_progress response.failed");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(text_goes_through_item_part_and_deltas),
      cmocka_unit_test(a_refusal_and_an_unknown_part_follow_each_other),
      cmocka_unit_test(reasoning_has_its_summary_and_its_text),
      cmocka_unit_test(calls_of_functions_have_deltas_of_their_arguments),
      cmocka_unit_test(tools_of_the_vendor_tell_their_stages),
      cmocka_unit_test(an_unknown_item_is_added_and_done_whole),
      cmocka_unit_test(an_incomplete_answer_and_a_failed_one_end_as_such),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
