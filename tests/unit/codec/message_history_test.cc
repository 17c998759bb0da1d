#include <string>

#include "codec/json_read.h"
#include "codec/request_reader.h"
#include "support/cmocka.h"

namespace {

struct Read {
  explicit Read(const std::string& messages)
      : line("{\"custom_id\":\"a\",\"model\":\"m\",\"messages\":" + messages + "}") {
    const std::size_t size = line.size();
    line.append(br::kJsonPadding, ' ');
    good = reader.read(line.data(), size, &request, &issue);
  }
  bool says(const char* text) const { return !good && issue.message.find(text) != std::string::npos; }

  std::string line;
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  bool good = false;
};

const std::string kAsk = R"({"role":"user","content":"q"})";
const std::string kCall = R"({"role":"assistant","tool_calls":[{"id":"c","type":"function","function":)"
                          R"({"name":"f","arguments":"{\"x\":1}"}}],"content":null})";
const std::string kAnswer = R"({"role":"tool","tool_call_id":"c","content":"r"})";

void read_call_and_result_become_parts_that_know_each_other(void**) {
  const Read read("[" + kAsk + "," + kCall + "," + kAnswer + "]");
  assert_true(read.good);
  assert_true(read.request.parts[1].kind == br::PartKind::tool_call);
  assert_true(read.request.parts[1].data_json == "{\"x\":1}");
  assert_true(read.request.messages[2].role == br::Role::tool);
  assert_true(read.request.parts[2].name_json == "\"f\"");
}

void read_result_or_call_alone_is_refused(void**) {
  assert_true(Read("[" + kAsk + "," + kAnswer + "]").says("no tool call of the assistant's message"));
  assert_true(Read("[" + kAsk + "," + kCall + "]").says("has no result"));
  assert_true(Read("[" + kAsk + "," + kCall + "," + kAsk + "]").says("has no result"));
}

void read_anthropic_blocks_are_the_same_conversation(void**) {
  const Read read("[" + kAsk +
                  R"(,{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},)"
                  R"({"type":"tool_use","id":"c","name":"f","input":{"x":1}}]},{"role":"user","content":)"
                  R"([{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"}]}]}])");
  assert_true(read.good);
  assert_true(read.request.parts[1].kind == br::PartKind::thinking);
  assert_true(read.request.messages[2].role == br::Role::tool);
  assert_int_equal(read.request.parts[3].inner_count, 1);
}

void read_leading_system_messages_follow_the_system_prompt(void**) {
  const Read read(R"([{"role":"developer","content":"two"},)" + kAsk + R"(],"system_prompt":"one")");
  assert_true(read.good);
  assert_int_equal(read.request.system.size(), 2);
  assert_true(read.request.system[0].text_json == "\"one\"");
  assert_int_equal(read.request.messages.size(), 1);
}

void read_thinking_blocks_stand_before_the_text(void**) {
  const Read read("[" + kAsk + R"(,{"role":"assistant","content":"A","thinking_blocks":[{"type":"thinking"}]},)" + kAsk +
                  "]");
  assert_true(read.good);
  assert_true(read.request.parts[1].kind == br::PartKind::thinking);
  assert_true(read.request.parts[2].text_json == "\"A\"");
}

void read_function_call_names_what_replaced_it(void**) {
  assert_true(Read("[" + kAsk + R"(,{"role":"assistant","content":null,"function_call":{"name":"f"}}])").says("tool_calls"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(read_call_and_result_become_parts_that_know_each_other),
      cmocka_unit_test(read_result_or_call_alone_is_refused),
      cmocka_unit_test(read_anthropic_blocks_are_the_same_conversation),
      cmocka_unit_test(read_leading_system_messages_follow_the_system_prompt),
      cmocka_unit_test(read_thinking_blocks_stand_before_the_text),
      cmocka_unit_test(read_function_call_names_what_replaced_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
