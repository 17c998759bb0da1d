// The choices of an answer that has several.
#include "providers/shared/choice_list.h"

#include <string>

#include "support/cmocka.h"

namespace {

void no_choice_is_no_array(void**) {
  br::ChoiceList list;
  assert_true(list.empty());
  assert_int_equal(list.token().size(), 0);
}

void each_choice_says_what_it_has(void**) {
  br::ChoiceList list;
  br::Row first, second;
  first.text_json = "\"a\"";
  first.finish_reason_json = "\"stop\"";
  second.tool_calls_json = "[{}]";
  second.reasoning_text_json = "\"r\"";
  second.refusal_json = "\"no\"";
  list.add(first);
  list.add(second);
  assert_string_equal(std::string(list.token()).c_str(),
                      R"([{"text":"a","finish_reason":"stop"},)"
                      R"({"text":null,"finish_reason":null,"tool_calls":[{}],"reasoning":"r","refusal":"no"}])");
  list.clear();
  assert_true(list.empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(no_choice_is_no_array),
      cmocka_unit_test(each_choice_says_what_it_has),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
