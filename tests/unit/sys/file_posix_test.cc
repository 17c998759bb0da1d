// Locks: an attempt that is refused changes nothing, and a file system without locks is told from a lock that is held.
#include "sys/file_system.h"

#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

int no_locks = 0;  // the errno that flock() gives; 0: it works

}  // namespace

extern "C" int flock(int fd, int operation) {
  if (no_locks == 0) return static_cast<int>(syscall(SYS_flock, fd, operation));
  errno = no_locks;
  return -1;
}

namespace {

void lock_refused_leaves_the_holders_id(void**) {
  const Scratch scratch;
  const std::string path = scratch.file("lock");
  {
    const auto held = br::posix_files()->lock(path);
    assert_true(held.ok());
    const std::string id = read_text(path);
    assert_true(id == std::to_string(getpid()) + "\n");
    for (int i = 0; i < 3; ++i) {
      auto refused = br::posix_files()->lock(path);
      assert_false(refused.ok());
      assert_true(refused.error().code == br::Code::locked);
      assert_true(read_text(path) == id);
    }
  }
  assert_true(read_text(path).empty());
}

void lock_whose_holder_was_killed_says_so_once(void**) {
  const Scratch scratch;
  const std::string path = scratch.file("lock");
  const pid_t child = fork();
  if (child == 0) {
    const auto held = br::posix_files()->lock(path);
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  {
    const auto next = br::posix_files()->lock(path);
    assert_true(next.ok());
    assert_true(next->holder_died());
  }
  const auto after = br::posix_files()->lock(path);
  assert_true(after.ok());
  assert_false(after->holder_died());
}

void lock_where_there_are_none_names_the_reason(void**) {
  const Scratch scratch;
  for (const int number : {ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL, EIO}) {
    no_locks = number;
    auto refused = br::posix_files()->lock(scratch.file("lock"));
    no_locks = 0;
    assert_false(refused.ok());
    assert_true(refused.error().code == br::Code::store);
    assert_true(refused.error().message.find("in use") == std::string::npos);
    assert_true(refused.error().message.find(strerror(number)) != std::string::npos);
  }
}

void lock_of_a_removed_file_is_not_held(void**) {
  const Scratch scratch;
  const std::string path = scratch.file("lock");
  auto first = br::posix_files()->lock(path);
  br::posix_files()->remove_file(path);
  const auto second = br::posix_files()->lock(path);
  assert_true(second.ok());
  assert_true(br::posix_files()->exists(path));
}

void file_of_the_state_never_follows_a_link(void**) {
  const Scratch scratch;
  scratch.write("target", "secret");
  assert_int_equal(symlink(scratch.file("target").c_str(), scratch.file("link").c_str()), 0);
  assert_int_equal(symlink(scratch.path().c_str(), scratch.file("dir").c_str()), 0);
  assert_false(br::posix_files()->open_own(scratch.file("link")).ok());
  assert_false(br::posix_files()->open_append(scratch.file("link")).ok());
  assert_false(br::posix_files()->make_own_directory(scratch.file("dir")).ok());
  assert_true(br::posix_files()->make_own_directory(scratch.file("new")).ok());
  assert_true(br::posix_files()->make_own_directory(scratch.file("new")).ok());
  assert_true(br::posix_files()->list_links(scratch.path()) == std::vector<std::string>({"dir", "link"}));
}

void checksum_does_not_depend_on_the_pieces(void**) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(i * 7));
  const std::string whole = br::checksum_of(bytes);
  for (std::size_t piece = 1; piece < 40; ++piece) {
    br::Checksum sum;
    for (std::size_t at = 0; at < bytes.size(); at += piece) sum.add(std::string_view(bytes).substr(at, piece));
    assert_true(sum.text() == whole);
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    assert_true(br::checksum_of(bytes) != whole);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
  }
  assert_true(br::checksum_of(bytes + '\0') != whole);
  // It stands in state directories: the same in every version.
  assert_true(br::checksum_of("batchrouter") == br::checksum_of("batchrouter"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(lock_refused_leaves_the_holders_id),
      cmocka_unit_test(lock_whose_holder_was_killed_says_so_once),
      cmocka_unit_test(lock_where_there_are_none_names_the_reason),
      cmocka_unit_test(lock_of_a_removed_file_is_not_held),
      cmocka_unit_test(file_of_the_state_never_follows_a_link),
      cmocka_unit_test(checksum_does_not_depend_on_the_pieces),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
