// The ids file: written whole, read whole; whatever damages it is found.
#include "core/results/id_file.h"

#include <cstring>

#include "core/results/id_ledger.h"
#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

const char* const kLines[] = {"\"a\" 1", "\"b \\\"q\\\" \\u00e9\" 2", "\"c\" 3 w3", "\"d\" 5"};

std::string whole_file(bool with_sum) {
  br::IdSum sum;
  std::string text;
  for (const char* line : kLines) {
    sum.add(line);
    text.append(line).push_back('\n');
  }
  return with_sum ? text + sum.last_line() + "\n" : text;
}

br::Result<void> read(const std::string& text, std::int64_t rows, int* seen = nullptr, const std::string& sum = "") {
  const Scratch scratch;
  return br::for_each_id({br::posix_files(), scratch.write("p0.ids.jsonl", text), rows, sum}, [&](const br::IdEntry&) {
    if (seen != nullptr) ++*seen;
  });
}

void whole_file_read_with_and_without_its_sum(void**) {
  for (const bool with_sum : {true, false}) {
    int seen = 0;
    assert_true(read(whole_file(with_sum), 4, &seen).ok());
    assert_int_equal(seen, 4);
  }
}

void refused(const std::string& text) {
  const auto result = read(text, 4);
  assert_false(result.ok());
  assert_int_equal(result.error().code, br::Code::store);
  assert_non_null(strstr(result.error().message.c_str(), "p0.ids.jsonl"));
  assert_true(!result.error().hint.empty());
}

void every_damage_is_refused_by_name(void**) {
  for (const bool with_sum : {true, false}) {
    const std::string whole = whole_file(with_sum);
    const std::size_t second = whole.find('\n') + 1, third = whole.find('\n', second) + 1;
    refused("");
    refused(whole.substr(0, whole.size() / 2));
    refused(whole.substr(0, second) + "\n" + whole.substr(second));
    refused(whole.substr(0, second) + whole.substr(third));
    refused(whole.substr(0, second) + "\n" + whole.substr(third));
    refused(whole.substr(0, second) + "zz\n" + whole.substr(third));
    refused(whole.substr(0, second) + "\"\n" + whole.substr(third));
    refused(whole.substr(0, second) + whole.substr(0, second) + whole.substr(third));
    refused(whole.substr(0, second - 1) + whole.substr(second));
    refused(whole.substr(0, third) + whole.substr(0, third));
    refused(whole + "\"e\" 6\n");
    refused(whole + whole);
  }
  // A byte of an id: only the sum knows.
  std::string changed = whole_file(true);
  changed[1] = 'x';
  refused(changed);
  refused(whole_file(true).substr(0, whole_file(true).size() - 2) + "\n");
}

void every_cut_and_every_changed_byte_of_a_summed_file_is_found(void**) {
  const std::string whole = whole_file(true);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x04);
    assert_false(read(changed, 4).ok());
  }
}

void id_that_stands_twice_ends_in_an_error_and_no_loop(void**) {
  const Scratch scratch;
  const auto ledger = br::IdLedger::load({br::posix_files(), scratch.write("p0.ids.jsonl", "\"a\" 1\n\"a\" 2\n"), 2, ""}, 7);
  assert_false(ledger.ok());
  assert_int_equal(ledger.error().code, br::Code::store);
}

void lines_that_are_none_are_not_read(void**) {
  std::string scratch;
  for (const char* line :
       {"", "\"", "\"\"", "\"a\"", "\"a\" ", "\"a\" x", "\"a\" 0", "\"a\" 1 ", "\"a\" 1x", "\"a\"  1", "\"a\" 1 w w",
        "\"a\\\" 1", "\"a\\u12\" 1", "a 1", "\"a\" 99999999999999999999999"})
    assert_false(br::read_id_line(line, &scratch).has_value());
  const auto entry = br::read_id_line("\"a\\\"b\" 12 w", &scratch);
  assert_true(entry.has_value());
  assert_string_equal(std::string(entry->custom_id).c_str(), "a\"b");
  assert_string_equal(std::string(entry->wire_id).c_str(), "w");
  assert_int_equal(entry->number, 12);
}

void file_of_other_requests_refused(void**) {
  br::IdSum sum;
  for (const char* line : kLines) sum.add(line);
  assert_true(read(whole_file(true), 4, nullptr, sum.last_line()).ok());
  assert_false(read(whole_file(false), 4, nullptr, sum.last_line()).ok());
  assert_int_equal(read(whole_file(true), 4, nullptr, "#4 0123").error().code, br::Code::store);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(whole_file_read_with_and_without_its_sum),
      cmocka_unit_test(every_damage_is_refused_by_name),
      cmocka_unit_test(every_cut_and_every_changed_byte_of_a_summed_file_is_found),
      cmocka_unit_test(id_that_stands_twice_ends_in_an_error_and_no_loop),
      cmocka_unit_test(file_of_other_requests_refused),
      cmocka_unit_test(lines_that_are_none_are_not_read),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
