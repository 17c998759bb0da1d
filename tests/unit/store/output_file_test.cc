// The output file of a download that breaks: what is here is not written twice, what is new is not lost.
#include "store/output_file.h"

#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

struct Output {
  Scratch scratch;
  br::OutputFile file = std::move(*br::OutputFile::open(br::posix_files(), scratch.file("p0.output.jsonl")));
  std::string text() const { return read_text(scratch.file("p0.output.jsonl")); }
};

void same_bytes_again_skipped(void**) {
  Output output;
  assert_true(output.file.begin_source(br::OutputFile::Source::next).ok());
  assert_true(output.file.append("one\ntw").ok());
  output.file.close();
  assert_true(output.file.begin_source(br::OutputFile::Source::again).ok());
  assert_true(output.file.append("one\n").ok());
  output.file.close();
  assert_true(output.file.append("two\n").ok());
  assert_true(output.file.end_source().ok());
  assert_string_equal(output.text().c_str(), "one\ntwo\n");
  assert_false(output.file.diverged());
}

void range_goes_on_behind_what_is_here(void**) {
  Output output;
  assert_true(output.file.begin_source(br::OutputFile::Source::next).ok());
  assert_true(output.file.append("first\n").ok());
  assert_true(output.file.end_source().ok());
  assert_true(output.file.begin_source(br::OutputFile::Source::next).ok());
  assert_true(output.file.append("one\ntw").ok());
  output.file.close();
  assert_int_equal(output.file.source_length(), 6);
  output.file.continue_source();
  assert_true(output.file.append("o\n").ok());
  assert_string_equal(output.text().c_str(), "first\none\ntwo\n");
}

void other_bytes_again_stand_behind_on_a_line_of_their_own(void**) {
  Output output;
  assert_true(output.file.begin_source(br::OutputFile::Source::next).ok());
  assert_true(output.file.append("one\ntwo").ok());
  output.file.close();
  assert_true(output.file.begin_source(br::OutputFile::Source::again).ok());
  assert_true(output.file.append("one\ntXo\n").ok());
  assert_string_equal(output.text().c_str(), "one\ntwo\ntXo\n");
  assert_true(output.file.diverged());
}

void break_before_the_first_byte_begins_anew(void**) {
  Output output;
  assert_true(output.file.begin_source(br::OutputFile::Source::next).ok());
  assert_true(output.file.begin_source(br::OutputFile::Source::again).ok());
  assert_true(output.file.append("one").ok());
  assert_true(output.file.end_source().ok());
  assert_string_equal(output.text().c_str(), "one\n");
}

// A sign-in page after half a row: the half row is nobody's.
void line_of_a_broken_download_that_did_not_come_again_is_named(void**) {
  Output output;
  assert_true(output.file.begin_source(br::OutputFile::Source::next).ok());
  assert_true(output.file.append("one\n{\"two").ok());
  output.file.close();
  assert_true(output.file.begin_source(br::OutputFile::Source::again).ok());
  assert_true(output.file.append("<html>").ok());
  assert_true(output.file.end_source().ok());
  assert_string_equal(output.text().c_str(), "one\n{\"two\n<html>\n");
  assert_true(output.file.cut_lines() == std::vector<std::uint64_t>({4}));
}

void line_of_a_broken_download_before_a_shorter_one_is_named(void**) {
  for (const char* again : {"", "on", "one\n"}) {
    Output output;
    assert_true(output.file.begin_source(br::OutputFile::Source::next).ok());
    assert_true(output.file.append("one\ntwo").ok());
    assert_true(output.file.begin_source(br::OutputFile::Source::again).ok());
    assert_true(output.file.append(again).ok());
    assert_true(output.file.end_source().ok());
    assert_true(output.file.cut_lines() == std::vector<std::uint64_t>({4}));
  }
}

void line_that_came_whole_after_a_break_is_a_line(void**) {
  Output output;
  assert_true(output.file.begin_source(br::OutputFile::Source::next).ok());
  assert_true(output.file.append("one\ntw").ok());
  assert_true(output.file.begin_source(br::OutputFile::Source::again).ok());
  assert_true(output.file.append("one\ntwo").ok());
  assert_true(output.file.end_source().ok());
  assert_true(output.file.cut_lines().empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(same_bytes_again_skipped),
      cmocka_unit_test(range_goes_on_behind_what_is_here),
      cmocka_unit_test(other_bytes_again_stand_behind_on_a_line_of_their_own),
      cmocka_unit_test(break_before_the_first_byte_begins_anew),
      cmocka_unit_test(line_of_a_broken_download_that_did_not_come_again_is_named),
      cmocka_unit_test(line_of_a_broken_download_before_a_shorter_one_is_named),
      cmocka_unit_test(line_that_came_whole_after_a_break_is_a_line),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
