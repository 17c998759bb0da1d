// Names and what stands between them, whatever bytes lie behind the text.
#include "codec/json_cursor.h"

#include <cstring>
#include <string>

#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

// The names of an object whose values are skipped, each with a semicolon; then the mistake, if there is one.
std::string names_of(const std::string& text, const std::string& behind = "") {
  std::string padded = text + behind;
  padded.resize(padded.size() + br::kJsonPadding, '"');
  br::JsonCursor cursor(padded.data(), text.size());
  std::string names;
  std::string_view name, value;
  if (!cursor.enter_object()) return "no object";
  // In brackets, because cmocka has a macro of that name.
  while (cursor.next_key(&name) && (cursor.skip)(&value)) names += std::string(name) + ";";
  if (cursor.finish()) return names;
  return names + cursor.error() + " at " + std::to_string(cursor.offset());
}

void names_with_any_blanks_are_read(void**) {
  assert_string_equal(names_of(R"({"a":1,"b": 2, "c" : 3 ,"d":4})").c_str(), R"("a";"b";"c";"d";)");
  assert_string_equal(names_of("{ \t\"a\"\n:\r1 ,\n  \"b\":2 }").c_str(), R"("a";"b";)");
  assert_string_equal(names_of(R"({"":1,"a name of more than sixteen bytes":2,"\u0041\"":3})").c_str(),
                      R"("";"a name of more than sixteen bytes";"\u0041\"";)");
  assert_string_equal(names_of("{}").c_str(), "");
}

void commas_out_of_place_are_mistakes(void**) {
  assert_string_equal(names_of(R"({,"a":1})").c_str(), "a field name in double quotes is expected at 1");
  assert_string_equal(names_of(R"({"a":1 "b":2})").c_str(), R"("a";a comma is missing at 7)");
  assert_string_equal(names_of(R"({"a":1,,"b":2})").c_str(), R"("a";a field name in double quotes is expected at 7)");
  assert_string_equal(names_of(R"({"a":1,})").c_str(), R"("a";a field name in double quotes is expected at 7)");
}

void name_without_its_colon_is_a_mistake(void**) {
  assert_string_equal(names_of(R"({"a" 1})").c_str(), "a colon is missing after the field name at 5");
  assert_string_equal(names_of(R"({"a","b":1})").c_str(), "a colon is missing after the field name at 4");
}

void what_lies_behind_the_text_is_not_taken(void**) {
  const std::string whole = R"({"a": 1, "b": {"c": 2}})";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string found = names_of(whole.substr(0, size), whole.substr(size));
    assert_non_null(std::strstr(found.c_str(), " at "));
    assert_true(std::stoul(found.substr(found.rfind(' '))) <= size);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(names_with_any_blanks_are_read),
      cmocka_unit_test(commas_out_of_place_are_mistakes),
      cmocka_unit_test(name_without_its_colon_is_a_mistake),
      cmocka_unit_test(what_lies_behind_the_text_is_not_taken),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
