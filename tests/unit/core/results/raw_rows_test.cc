// The vendor's own rows are found by the ids that they answer, in a file that grows or is downloaded anew.
#include "core/results/raw_rows.h"

#include <optional>
#include <string>

#include "support/cmocka.h"
#include "support/fake_files.h"
#include "support/part_room.h"

namespace {

using br::test::row_of;

struct Room {
  Room() { assert_true(files.make_directories("/state").ok()); }
  void write(const std::string& to, const std::string& text) {
    auto file = files.create(to);
    assert_true(file.ok() && file->append(text).ok());
  }
  // "a" under its own id, "b" under another one on the wire.
  void ask() {
    br::IdSum sum;
    std::string lines;
    for (const char* line : {"\"a\" 1", "\"b\" 2 wire-2"}) sum.add(line), lines.append(line).push_back('\n');
    write("/state/ids", lines + sum.last_line() + "\n");
    plan.ids = br::IdFile{&files, "/state/ids", 2, sum.last_line()};
  }
  void download(const std::string& rows) { write(plan.output_path, rows); }

  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::RawRowsPlan plan{.files = &files,
                       .output_path = "/state/output",
                       .ids = std::nullopt,
                       .max_line_bytes = 1 << 20,
                       .hash_seed = 3,
                       .use = br::use_provider("openai")};
};

std::string line_of(const std::string& id, const std::string& text = "yes") {
  std::string row = row_of(id, text);
  row.pop_back();
  return row;
}

void assert_row(br::RawRows* rows, const char* id, const std::string& want) {
  const auto row = rows->find(id);
  assert_true(row.ok());
  assert_string_equal(row->value_or("none").c_str(), want.c_str());
}

void row_is_found_by_the_callers_id_whatever_stood_on_the_wire(void**) {
  Room room;
  room.ask();
  room.download(row_of("wire-2") + row_of("nobodys") + row_of("a"));
  br::RawRows rows(room.plan);
  assert_row(&rows, "a", line_of("a"));
  assert_row(&rows, "b", line_of("wire-2"));
  assert_row(&rows, "wire-2", "none");
  assert_row(&rows, "nobodys", "none");
  assert_int_equal(rows.size(), 2);
}

void first_row_that_can_be_read_counts_and_a_damaged_one_when_there_is_no_other(void**) {
  Room room;
  room.ask();
  const std::string damaged = R"({"custom_id":"a","response":{"status_code":200,"body":)";
  room.download(damaged + "\n" + row_of("a", "first") + row_of("a", "second"));
  br::RawRows rows(room.plan);
  assert_row(&rows, "a", line_of("a", "first"));
  room.download(damaged + "\n");
  br::RawRows others(room.plan);
  assert_row(&others, "a", damaged);
}

void rows_that_come_later_are_found_when_they_are_there(void**) {
  Room room;
  room.ask();
  br::RawRows rows(room.plan);
  assert_row(&rows, "a", "none");
  const std::string second = row_of("wire-2");
  room.download(row_of("a") + second.substr(0, 20));
  assert_row(&rows, "a", line_of("a"));
  assert_row(&rows, "b", "none");
  room.download(row_of("a") + second);
  assert_row(&rows, "b", line_of("wire-2"));
}

void file_that_was_downloaded_anew_is_read_anew(void**) {
  Room room;
  room.ask();
  room.download(row_of("a") + row_of("wire-2"));
  br::RawRows rows(room.plan);
  assert_row(&rows, "b", line_of("wire-2"));
  room.download(row_of("wire-2", "another and longer") + row_of("a"));
  assert_row(&rows, "b", line_of("wire-2", "another and longer"));
  assert_row(&rows, "a", line_of("a"));
  room.download("");
  assert_row(&rows, "a", "none");
}

void batch_made_elsewhere_has_the_ids_of_its_rows(void**) {
  Room room;
  room.download(row_of("x"));
  br::RawRows rows(room.plan);
  assert_row(&rows, "x", line_of("x"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(row_is_found_by_the_callers_id_whatever_stood_on_the_wire),
      cmocka_unit_test(first_row_that_can_be_read_counts_and_a_damaged_one_when_there_is_no_other),
      cmocka_unit_test(rows_that_come_later_are_found_when_they_are_there),
      cmocka_unit_test(file_that_was_downloaded_anew_is_read_anew),
      cmocka_unit_test(batch_made_elsewhere_has_the_ids_of_its_rows),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
