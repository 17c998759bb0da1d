#include "codec/base64.h"

#include <string>

#include "support/cmocka.h"

namespace {

using br::find_not_base64;
constexpr std::size_t kGood = std::string_view::npos;

void find_not_base64_standard_alphabet_is_good(void**) {
  assert_true(find_not_base64("iVBORw0KGgo=") == kGood);
  assert_true(find_not_base64("ab+\\/") == kGood);  // a slash as some JSON writers have it
  assert_true(find_not_base64(std::string(4000, 'A') + "aa==") == kGood);
}

void find_not_base64_wrong_byte_is_found_where_it_stands(void**) {
  assert_int_equal(find_not_base64("ab-_"), 2);
  assert_int_equal(find_not_base64("aGk=aGk="), 4);
  assert_int_equal(find_not_base64("a==="), 3);
  assert_int_equal(find_not_base64("aGk\\n"), 3);
  assert_int_equal(find_not_base64(std::string(200, 'A') + "." + std::string(99, 'A')), 200);
}

void find_not_base64_cut_short_is_its_end(void**) { assert_int_equal(find_not_base64("aGkAB"), 5); }

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(find_not_base64_standard_alphabet_is_good),
      cmocka_unit_test(find_not_base64_wrong_byte_is_found_where_it_stands),
      cmocka_unit_test(find_not_base64_cut_short_is_its_end),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
