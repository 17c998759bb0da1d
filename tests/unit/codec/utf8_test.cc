// UTF-8 is told from what is none, at any place of a block, and what is wrong is repaired without touching the rest.
#include "codec/utf8.h"

#include <string>

#include "support/cmocka.h"

namespace {

using br::is_utf8;
using br::repair_json_text;
using br::repair_utf8;
using br::utf8_prefix;

const char* const kGood[] = {"a",
                             "\x7f",
                             "\xc2\x80",
                             "\xdf\xbf",
                             "\xe0\xa0\x80",
                             "\xed\x9f\xbf",
                             "\xee\x80\x80",
                             "\xef\xbf\xbf",
                             "\xf0\x90\x80\x80",
                             "\xf4\x8f\xbf\xbf"};
// Lone bytes, overlong forms, surrogates, too large, cut off.
const char* const kBad[] = {
    "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x80\x80",     "\xe0\x9f\xbf",
    "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
    "\xff",         "\xc2",         "\xe1\x80",         "\xf1\x80\x80",     "\xc2\xc2\x80",     "\xe1\x80\x80\x80"};

// Blocks are of sixteen bytes: every sequence stands across every border of one.
void sequence_is_judged_at_every_place(void**) {
  for (std::size_t before = 0; before <= 33; ++before) {
    for (const std::size_t behind : {0, 1, 20}) {
      const std::string head(before, 'x'), tail(behind, 'y');
      for (const char* good : kGood) assert_true(is_utf8(head + good + tail));
      for (const char* bad : kBad) {
        if (is_utf8(head + bad + tail)) fail_msg("%s after %zu", bad, before);
      }
    }
  }
  assert_true(is_utf8(""));
  assert_true(is_utf8(std::string(40, '\0')));
}

void every_pair_of_bytes_is_judged_as_the_definition_says(void**) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const bool ascii = first < 0x80 && second < 0x80;
      const bool two = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
      assert_true(is_utf8(text) == (ascii || two));
      assert_true(is_utf8(text) == (utf8_prefix(text) == 2));
    }
  }
}

void good_beginning_is_measured(void**) {
  assert_int_equal(utf8_prefix("ab\xc3\xa4\xff z"), 4);
  assert_int_equal(utf8_prefix("ab\xe2\x82"), 2);
  assert_int_equal(utf8_prefix(""), 0);
}

void wrong_bytes_are_replaced_and_nothing_else(void**) {
  for (const char* good : kGood) assert_string_equal(repair_utf8(good).c_str(), good);
  for (const char* bad : kBad) assert_true(is_utf8(repair_utf8(bad)));
  assert_string_equal(repair_utf8("a\xff\xc3\xa4z").c_str(), "a\xef\xbf\xbd\xc3\xa4z");
}

void lone_surrogate_escapes_become_the_replacement(void**) {
  assert_string_equal(repair_json_text(R"("\ud83d\ude00")").c_str(), R"("\ud83d\ude00")");
  assert_string_equal(repair_json_text(R"("\ud83d x")").c_str(), R"("\ufffd x")");
  assert_string_equal(repair_json_text(R"("\ude00\ud83d")").c_str(), R"("\ufffd\ufffd")");
  assert_string_equal(repair_json_text(R"("\ud83d\u0041")").c_str(), R"("\ufffd\u0041")");
  // A backslash that is escaped itself begins no escape.
  assert_string_equal(repair_json_text(R"("\\ud83d")").c_str(), R"("\\ud83d")");
  assert_string_equal(repair_json_text("\"\\ud8").c_str(), "\"\\ud8");
  assert_string_equal(repair_json_text("\"\\").c_str(), "\"\\");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(sequence_is_judged_at_every_place),
      cmocka_unit_test(every_pair_of_bytes_is_judged_as_the_definition_says),
      cmocka_unit_test(good_beginning_is_measured),
      cmocka_unit_test(wrong_bytes_are_replaced_and_nothing_else),
      cmocka_unit_test(lone_surrogate_escapes_become_the_replacement),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
