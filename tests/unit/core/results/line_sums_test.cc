// The sums of lines that an earlier process wrote are read back as they were, up to the last whole one.
#include "core/results/line_sums.h"

#include <cerrno>
#include <string>
#include <vector>

#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::LineSums;

struct Room {
  std::vector<std::uint64_t> read() {
    auto sums = LineSums::read(&files, "/results");
    assert_true(sums.ok() && sums->has_value());
    return **sums;
  }
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
};

void sums_are_kept_in_the_order_of_the_lines(void**) {
  Room room;
  LineSums sums;
  assert_true(sums.open(&room.files, "/results").ok());
  sums.add("one");
  sums.add("two");
  assert_true(sums.flush().ok());
  sums.close();
  assert_true(sums.open(&room.files, "/results").ok());
  sums.add("one");
  assert_true(sums.flush().ok());
  assert_true(room.read() ==
              std::vector<std::uint64_t>({LineSums::sum_of("one"), LineSums::sum_of("two"), LineSums::sum_of("one")}));
}

void lines_that_differ_have_other_sums(void**) {
  assert_true(LineSums::sum_of("one") != LineSums::sum_of("onf"));
  assert_true(LineSums::sum_of("ab") != LineSums::sum_of("ba"));
  assert_true(LineSums::sum_of("") != LineSums::sum_of(std::string_view("\0", 1)));
}

void results_without_sums_are_told_from_no_results(void**) {
  Room room;
  const auto none = LineSums::read(&room.files, "/results");
  assert_true(none.ok() && !none->has_value());
  assert_true(LineSums::write(&room.files, "/results", {}).ok());
  assert_true(room.read().empty());
}

void sum_that_was_cut_off_is_none(void**) {
  Room room;
  assert_true(LineSums::write(&room.files, "/results", {1, ~std::uint64_t{0}, 3}).ok());
  auto file = room.files.open_update(LineSums::path_of("/results"));
  assert_true(file.ok() && file->truncate(23).ok());
  assert_true(room.read() == std::vector<std::uint64_t>({1, ~std::uint64_t{0}}));
}

void what_followed_the_kept_lines_is_dropped(void**) {
  Room room;
  assert_true(LineSums::write(&room.files, "/results", {1, 2, 3}).ok());
  assert_true(LineSums::write(&room.files, "/results", {1}).ok());
  assert_true(room.read() == std::vector<std::uint64_t>({1}));
}

// Killed at any step: the old ones or the new ones, and never none.
void sums_that_are_written_anew_are_there_at_every_step(void**) {
  for (std::uint64_t step = 1; step <= 4; ++step) {
    for (const bool power_fails : {false, true}) {
      Room room;
      assert_true(LineSums::write(&room.files, "/results", {1, 2, 3}).ok());
      assert_true(room.files.sync_directory("/").ok());
      room.disk.fail_at(room.disk.calls() + step, EIO);
      const bool written = LineSums::write(&room.files, "/results", {1, 2}).ok();
      room.disk.heal();
      if (power_fails) room.disk.crash();
      br::test::FakeFiles next(&room.disk);
      const auto sums = LineSums::read(&next, "/results");
      assert_true(sums.ok() && sums->has_value());
      assert_int_equal((*sums)->size(), written && !power_fails ? 2 : 3);
    }
  }
}

void sums_that_are_not_there_are_not_made_by_syncing(void**) {
  Room room;
  assert_true(LineSums::sync(&room.files, "/results").ok());
  const auto none = LineSums::read(&room.files, "/results");
  assert_true(none.ok() && !none->has_value());
}

void full_disk_is_told(void**) {
  Room room;
  LineSums sums;
  assert_true(sums.open(&room.files, "/results").ok());
  sums.add("one");
  room.disk.inject({br::test::FileCall::append, ".sums", 28});
  assert_false(sums.flush().ok());
  room.disk.inject({br::test::FileCall::read, ".sums", 5});
  assert_true(LineSums::write(&room.files, "/results", {1}).ok());
  assert_false(LineSums::read(&room.files, "/results").ok());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(sums_are_kept_in_the_order_of_the_lines),
      cmocka_unit_test(lines_that_differ_have_other_sums),
      cmocka_unit_test(results_without_sums_are_told_from_no_results),
      cmocka_unit_test(sum_that_was_cut_off_is_none),
      cmocka_unit_test(what_followed_the_kept_lines_is_dropped),
      cmocka_unit_test(sums_that_are_written_anew_are_there_at_every_step),
      cmocka_unit_test(sums_that_are_not_there_are_not_made_by_syncing),
      cmocka_unit_test(full_disk_is_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
