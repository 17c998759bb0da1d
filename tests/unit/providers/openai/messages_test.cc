// A conversation with calls of tools, their results and thoughts: messages on chat completions, items on responses.
#include "providers/openai/messages.h"

#include <string>

#include "support/openai_room.h"

namespace {

using br::test::on_responses;
using br::test::OpenAiRoom;

const std::string kCall =
    R"({"role":"assistant","content":"so","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]})";
const std::string kResult = R"({"role":"tool","tool_call_id":"c1","content":"42"})";

std::string messages_of(const std::string& messages) { return R"("messages":[)" + messages + "]"; }

std::string written(const std::string& more, const br::OpenAiLines& form = {}, bool drop = false) {
  OpenAiRoom room(more, form);
  room.options.drop_unsupported = drop;
  if (!br::OpenAiMessages(room.line()).write()) return room.issue.field + ": " + room.issue.message;
  return room.out;
}

void plain_messages_keep_role_text_and_order(void**) {
  const std::string plain = R"({"role":"user","content":"a"},{"role":"assistant","content":"b"})";
  assert_string_equal(written(messages_of(plain)).c_str(), plain.c_str());
  assert_string_equal(written(on_responses(messages_of(plain))).c_str(), plain.c_str());
}

void parts_are_named_for_the_endpoint_and_the_role(void**) {
  const std::string said = messages_of(
      R"({"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]})");
  assert_string_equal(
      written(said).c_str(),
      R"({"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]})");
  assert_string_equal(
      written(on_responses(said)).c_str(),
      R"({"role":"user","content":[{"type":"input_text","text":"a"}]},{"role":"assistant","content":[{"type":"output_text","text":"b"}]})");
}

void call_and_result_are_messages_on_chat(void**) {
  assert_string_equal(written(messages_of(kCall + "," + kResult)).c_str(), (kCall + "," + kResult).c_str());
}

void call_and_result_are_items_on_responses(void**) {
  assert_string_equal(written(on_responses(messages_of(kCall + "," + kResult))).c_str(),
                      R"({"role":"assistant","content":"so"},)"
                      R"({"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},)"
                      R"({"type":"function_call_output","call_id":"c1","output":"42"})");
}

// Results have to stand right behind the calls that they answer.
void result_beside_what_is_said_comes_first(void**) {
  const std::string both = messages_of(
      kCall + R"(,{"role":"user","content":[{"type":"text","text":"and"},{"type":"tool_result","tool_use_id":"c1","content":"42"}]})");
  assert_string_equal(written(both).c_str(), (kCall + "," + kResult + R"(,{"role":"user","content":"and"})").c_str());
}

void message_that_only_calls_says_nothing(void**) {
  const std::string call =
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]})";
  assert_string_equal(written(messages_of(call + "," + kResult)).c_str(), (call + "," + kResult).c_str());
}

void name_of_a_speaker_is_kept_on_chat_and_refused_on_responses(void**) {
  const std::string named = messages_of(R"({"role":"user","name":"bob","content":"a"})");
  assert_string_equal(written(named).c_str(), R"({"role":"user","name":"bob","content":"a"})");
  assert_true(written(on_responses(named)).starts_with("name: "));
}

void mark_of_what_to_cache_is_refused_or_left_out(void**) {
  const std::string marked =
      messages_of(R"({"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]})");
  assert_true(written(marked).starts_with("cache_control: "));
  assert_string_equal(written(marked, {}, true).c_str(), R"({"role":"user","content":[{"type":"text","text":"a"}]})");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(plain_messages_keep_role_text_and_order),
      cmocka_unit_test(parts_are_named_for_the_endpoint_and_the_role),
      cmocka_unit_test(call_and_result_are_messages_on_chat),
      cmocka_unit_test(call_and_result_are_items_on_responses),
      cmocka_unit_test(result_beside_what_is_said_comes_first),
      cmocka_unit_test(message_that_only_calls_says_nothing),
      cmocka_unit_test(name_of_a_speaker_is_kept_on_chat_and_refused_on_responses),
      cmocka_unit_test(mark_of_what_to_cache_is_refused_or_left_out),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
