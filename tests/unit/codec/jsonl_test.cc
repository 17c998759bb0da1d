// Lines over a stream: whole, unfinished, too long.
#include "codec/jsonl.h"

#include <algorithm>
#include <cstring>

#include "support/cmocka.h"

namespace {

// A stream that gives at most `step` bytes at a time.
br::ReadFn stream(const std::string& text, std::size_t* at, std::size_t step) {
  return [&text, at, step](char* buffer, std::size_t capacity) -> br::Result<std::size_t> {
    const std::size_t n = std::min({capacity, step, text.size() - *at});
    std::memcpy(buffer, text.data() + *at, n);
    *at += n;
    return n;
  };
}

std::string rows(const std::string& text, std::size_t limit, std::size_t step) {
  std::size_t at = 0;
  br::LineReader lines(stream(text, &at, step), limit);
  lines.skip_long_lines();
  std::string seen;
  br::Line line;
  for (;;) {
    auto more = lines.next(&line);
    assert_true(more.ok());
    if (!*more) return seen;
    assert_memory_equal(text.data() + line.offset, line.data, std::min<std::size_t>(line.size, 4));
    seen += line.too_long ? "[" + std::string(line.data, 2) + "]" : std::string(line.data, line.size);
    seen += line.terminated ? ";" : "!";
  }
}

void long_line_anywhere_skipped_and_its_start_kept(void**) {
  for (const std::size_t length : {std::size_t{20}, std::size_t{200'000}, std::size_t{3'000'000}}) {
    const std::string big = "id" + std::string(length, 'x');
    for (const std::size_t step : {std::size_t{7}, std::size_t{65'536}, std::size_t{10'000'000}}) {
      if (step == 7 && length > 1000) continue;
      assert_string_equal(rows(big + "\na\nb\n", 10, step).c_str(), "[id];a;b;");
      assert_string_equal(rows("a\n" + big + "\nb\n", 10, step).c_str(), "a;[id];b;");
      assert_string_equal(rows("a\nb\n" + big + "\n", 10, step).c_str(), "a;b;[id];");
      assert_string_equal(rows("a\n" + big, 10, step).c_str(), "a;[id]!");
      assert_string_equal(rows(big, 10, step).c_str(), "[id]!");
      assert_string_equal(rows(big + "\n" + big + "\nb\n", 10, step).c_str(), "[id];[id];b;");
    }
  }
}

void end_of_a_long_line_kept(void**) {
  const std::string text = std::string(1'000'000, 'x') + "\"id\"\n";
  std::size_t at = 0;
  br::LineReader lines(stream(text, &at, 65'536), 1024);
  lines.skip_long_lines();
  br::Line line;
  assert_true(*lines.next(&line));
  assert_true(line.too_long);
  assert_true(line.size < 300'000);
  assert_memory_equal(line.data + line.size - 4, "\"id\"", 4);
}

void long_line_refused_whatever_the_size_of_the_buffer(void**) {
  for (const std::size_t length : {std::size_t{11}, std::size_t{100'000}, std::size_t{1'000'000}}) {
    const std::string text = "a\n" + std::string(length, 'x') + "\n";
    std::size_t at = 0;
    br::LineReader lines(stream(text, &at, 65'536), 10);
    br::Line line;
    assert_true(*lines.next(&line));
    const auto more = lines.next(&line);
    assert_false(more.ok());
    assert_int_equal(more.error().code, br::Code::input);
    assert_non_null(strstr(more.error().message.c_str(), "line 2"));
  }
}

void unfinished_long_line_is_kept_back_and_counted(void**) {
  std::string text = "a\n" + std::string(500'000, 'x');
  std::size_t at = 0;
  br::LineReader lines(stream(text, &at, 65'536), 1000);
  lines.skip_long_lines();
  lines.keep_partial(true);
  br::Line line;
  assert_true(*lines.next(&line));
  assert_false(*lines.next(&line));
  assert_int_equal(lines.pending_bytes(), 500'000);
  text += "\nb\n";
  assert_true(*lines.next(&line));
  assert_true(line.too_long);
  assert_int_equal(line.offset, 2);
  assert_true(*lines.next(&line));
  assert_int_equal(line.offset, 500'003);
  lines.release_buffer();
  text += "c\n";
  assert_true(*lines.next(&line));
  assert_memory_equal(line.data, "c", 1);
  assert_int_equal(line.offset, 500'005);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(long_line_anywhere_skipped_and_its_start_kept),
      cmocka_unit_test(end_of_a_long_line_kept),
      cmocka_unit_test(long_line_refused_whatever_the_size_of_the_buffer),
      cmocka_unit_test(unfinished_long_line_is_kept_back_and_counted),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
