// Schemas in Gemini's form become JSON Schema.
#include "codec/gemini_schema.h"

#include <string>

#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

std::string turned(std::string text, std::size_t faults = 0) {
  const std::size_t size = text.size();
  text.append(br::kJsonPadding, ' ');
  std::string out;
  std::vector<br::Untranslatable> found;
  br::append_json_schema(std::string_view(text).substr(0, size), &out, &found);
  assert_int_equal(found.size(), faults);
  return out;
}

void types_are_small_and_nullable_is_a_type(void**) {
  assert_string_equal(
      turned(
          R"({"type":"ARRAY","items":{"type":"STRING","nullable":true,"enum":["a"],"format":"enum"},"minItems":"2"})")
          .c_str(),
      R"({"type":"array","items":{"type":["string","null"],"enum":["a",null]},"minItems":2})");
  assert_string_equal(
      turned(R"({"any_of":[{"type":"NUMBER"},{"type":"OBJECT","properties":{"type":{"type":"STRING"}}}]})").c_str(),
      R"({"anyOf":[{"type":"number"},{"type":"object","properties":{"type":{"type":"string"}}}]})");
}

void order_of_properties_that_is_another_is_a_fault(void**) {
  assert_string_equal(turned(R"({"properties":{"a":{},"b":{}},"propertyOrdering":["a","b"]})").c_str(),
                      R"({"properties":{"a":{},"b":{}}})");
  turned(R"({"properties":{"a":{},"b":{}},"propertyOrdering":["b","a"]})", 1);
  turned(R"({"anyOf":[{"type":"STRING"}],"nullable":true})", 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(types_are_small_and_nullable_is_a_type),
      cmocka_unit_test(order_of_properties_that_is_another_is_a_fault),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
