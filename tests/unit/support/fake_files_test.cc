// The disk in memory loses what a real one may lose, and nothing else.
#include "support/fake_files.h"

#include <cerrno>

#include "support/cmocka.h"

namespace {

using br::test::FakeDisk;
using br::test::FakeFiles;
using br::test::FileCall;

void write_synced(FakeFiles* files, const std::string& path, const std::string& text) {
  auto file = files->create(path);
  assert_true(file.ok());
  assert_true(file->append(text).ok());
  assert_true(file->sync().ok());
}

void bytes_that_were_not_synced_are_lost_in_a_crash(void**) {
  FakeDisk disk;
  FakeFiles files(&disk);
  write_synced(&files, "/a", "one");
  assert_true(files.sync_directory("/").ok());
  auto file = files.open_append("/a");
  assert_true(file.ok());
  assert_true(file->append("two").ok());
  assert_string_equal(files.text("/a").c_str(), "onetwo");
  disk.crash();
  assert_string_equal(FakeFiles(&disk).text("/a").c_str(), "one");
}

void bytes_that_were_not_synced_outlive_a_killed_process(void**) {
  FakeDisk disk;
  FakeFiles files(&disk);
  assert_true(files.create("/a")->append("one").ok());
  disk.kill();
  assert_string_equal(FakeFiles(&disk).text("/a").c_str(), "one");
}

void name_whose_directory_was_not_synced_is_lost_in_a_crash(void**) {
  FakeDisk disk;
  FakeFiles files(&disk);
  write_synced(&files, "/a", "one");
  disk.crash();
  assert_false(FakeFiles(&disk).exists("/a"));
}

void rename_is_durable_once_its_directory_is_synced(void**) {
  FakeDisk disk;
  FakeFiles files(&disk);
  write_synced(&files, "/old", "x");
  assert_true(files.sync_directory("/").ok());
  assert_true(files.rename("/old", "/new").ok());
  assert_false(files.exists("/old"));
  disk.crash();
  FakeFiles second(&disk);
  assert_true(second.exists("/old"));
  assert_false(second.exists("/new"));
  assert_true(second.rename("/old", "/new").ok());
  assert_true(second.sync_directory("/").ok());
  disk.crash();
  assert_string_equal(FakeFiles(&disk).text("/new").c_str(), "x");
}

void old_process_changes_nothing_after_a_crash(void**) {
  FakeDisk disk;
  FakeFiles files(&disk);
  write_synced(&files, "/a", "one");
  assert_true(files.sync_directory("/").ok());
  auto file = files.open_append("/a");
  assert_true(file.ok());
  disk.crash();
  assert_false(file->append("two").ok());
  assert_false(files.create("/b").ok());
  files.remove_file("/a");
  assert_string_equal(FakeFiles(&disk).text("/a").c_str(), "one");
}

void full_disk_takes_a_part_of_a_write(void**) {
  FakeDisk disk;
  FakeFiles files(&disk);
  auto file = files.create("/state/p0");
  assert_false(file.ok());  // there is no such directory
  assert_true(files.make_directories("/state").ok());
  file = files.create("/state/p0");
  disk.inject({FileCall::append, "p0", ENOSPC, 1});
  assert_true(file->append("1234").ok());
  const auto full = file->append("5678");
  assert_false(full.ok());
  assert_int_equal(full.error().code, br::Code::io);
  assert_true(full.error().hint.find("free some space") != std::string::npos);
  assert_string_equal(files.text("/state/p0").c_str(), "123456");
  assert_true(file->append("x").ok());
}

void call_of_that_number_fails_and_no_other(void**) {
  FakeDisk disk;
  FakeFiles files(&disk);
  write_synced(&files, "/a", "one");
  const std::uint64_t calls = disk.calls();
  assert_int_equal(calls, 3);
  for (std::uint64_t nth = 1; nth <= calls; ++nth) {
    FakeDisk fresh;
    FakeFiles again(&fresh);
    fresh.fail_at(nth, EIO);
    auto file = again.create("/a");
    const bool failed = !file || !file->append("one") || !file->sync();
    assert_true(failed);
  }
}

void lock_is_held_once_and_tells_that_its_holder_died(void**) {
  FakeDisk disk;
  FakeFiles files(&disk);
  auto held = files.lock("/lock");
  assert_true(held.ok());
  assert_false(held->holder_died());
  assert_int_equal(files.lock("/lock").error().code, br::Code::locked);
  *held = br::FileLock();
  held = files.lock("/lock");
  assert_true(held.ok());
  assert_false(held->holder_died());
  disk.kill();
  const auto next = FakeFiles(&disk).lock("/lock");
  assert_true(next.ok());
  assert_true(next->holder_died());
  *held = br::FileLock();  // that of the dead process frees nothing
  assert_int_equal(FakeFiles(&disk).lock("/lock").error().code, br::Code::locked);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_that_were_not_synced_are_lost_in_a_crash),
      cmocka_unit_test(bytes_that_were_not_synced_outlive_a_killed_process),
      cmocka_unit_test(name_whose_directory_was_not_synced_is_lost_in_a_crash),
      cmocka_unit_test(rename_is_durable_once_its_directory_is_synced),
      cmocka_unit_test(old_process_changes_nothing_after_a_crash),
      cmocka_unit_test(full_disk_takes_a_part_of_a_write),
      cmocka_unit_test(call_of_that_number_fails_and_no_other),
      cmocka_unit_test(lock_is_held_once_and_tells_that_its_holder_died),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
