#include "emulator/base/base64.h"

#include "support/cmocka.h"

namespace {

using namespace br::emulator;

void base64_whole_padded_groups_are_taken_alone(void**) {
  for (const char* const good : {"aGk=", "aA==", "abc+", "ab/9abcd"}) assert_true(is_base64(good));
  for (const char* const bad : {"", "a", "aGk", "a===", "====", "==", "ab=c", "ab-_", "aGk=\n", "data:image/png;base64,aGk="}) {
    assert_false(is_base64(bad));
  }
}

void protobuf_takes_both_alphabets_and_no_padding(void**) {
  for (const char* const good : {"aGk=", "aGk", "ab-_", "ab+/", ""}) assert_true(is_protobuf_base64(good));
  for (const char* const bad : {"a", "a b c d", "photo.png", "data:image/png;base64,aGk="}) {
    assert_false(is_protobuf_base64(bad));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(base64_whole_padded_groups_are_taken_alone),
      cmocka_unit_test(protobuf_takes_both_alphabets_and_no_padding),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
