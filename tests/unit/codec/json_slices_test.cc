// Members and elements as slices, and the path of what stands at a byte.
#include "codec/json_slices.h"

#include <string>

#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

struct Padded {
  explicit Padded(const char* json) : text(json), size(text.size()) { text.append(br::kJsonPadding, ' '); }
  std::string_view view() const { return std::string_view(text).substr(0, size); }
  std::string text;
  std::size_t size;
};

void members_are_named_without_escapes_and_null_is_absent(void**) {
  const Padded json(R"({"a\u0062":[1, 2],"c":null})");
  const auto members = br::json_members(json.view());
  assert_int_equal(members.size(), 1);
  assert_string_equal(members[0].name.c_str(), "ab");
  assert_true(members[0].value == "[1, 2]");
  assert_true(br::json_elements(members[0].value)[1] == "2");
  assert_true(br::json_member(json.view(), "c").empty());
  assert_true(br::json_members(members[0].value).empty());
}

void path_names_the_innermost_value_that_holds_the_byte(void**) {
  const Padded json(R"({"body":{"messages":[{"role":"user"},{"role":"x"}]}})");
  assert_string_equal(br::json_path(json.view(), json.text.find("\"x\"")).c_str(), "body.messages[1].role");
  assert_string_equal(br::json_path(json.view(), json.text.find("{\"role\":\"x")).c_str(), "body.messages[1]");
  assert_string_equal(br::json_path(json.view(), 0).c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(members_are_named_without_escapes_and_null_is_absent),
      cmocka_unit_test(path_names_the_innermost_value_that_holds_the_byte),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
