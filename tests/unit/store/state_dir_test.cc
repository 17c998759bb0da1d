// A directory may hold the state when nobody else can change it, and it is the one that was opened as long as it,
// its lock and its database are.
#include "store/state_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include "support/cmocka.h"
#include "support/scratch.h"
#include "sys/file_system.h"

namespace {

struct Room {
  Room() : path(scratch.file("st")), directory(br::posix_files(), path) {
    assert_int_equal(mkdir(path.c_str(), 0700), 0);
    scratch.write("st/lock", "");
    scratch.write("st/state.db", "x");
  }
  void refused_naming(const std::string& what) const {
    auto trusted = directory.check_trust();
    assert_false(trusted.ok());
    assert_true(trusted.error().code == br::Code::store);
    assert_true(trusted.error().message.find(what) != std::string::npos);
    assert_false(trusted.error().hint.empty());
  }
  const Scratch scratch;
  const std::string path;
  br::StateDirectory directory;
};

void directory_that_others_can_write_is_refused_with_the_cure(void**) {
  Room room;
  assert_true(room.directory.check_trust().ok());
  for (const mode_t mode : {0777, 0770, 0720, 0702, 01777}) {
    assert_int_equal(chmod(room.path.c_str(), mode), 0);
    room.refused_naming("can write");
    assert_true(room.directory.check_trust().error().hint.find(room.path + "/") != std::string::npos);
  }
  for (const mode_t mode : {0700, 0755, 0750}) {
    assert_int_equal(chmod(room.path.c_str(), mode), 0);
    assert_true(room.directory.check_trust().ok());
  }
}

void directory_that_is_not_there_is_fine(void**) {
  const Room room;
  assert_true(br::StateDirectory(br::posix_files(), room.path + "/none").check_trust().ok());
}

void link_inside_is_refused_by_name(void**) {
  for (const char* name : {"spool", "generated", "state.db", "lock", "state.db-wal", "state.db-shm"}) {
    const Room room;
    br::posix_files()->remove_file(room.path + "/" + name);
    assert_int_equal(symlink(room.scratch.path().c_str(), (room.path + "/" + name).c_str()), 0);
    room.refused_naming(name);
  }
  for (const char* parent : {"spool", "generated"}) {
    const Room room;
    assert_int_equal(mkdir((room.path + "/" + parent).c_str(), 0700), 0);
    assert_int_equal(symlink("/tmp", (room.path + "/" + parent + "/job_a").c_str()), 0);
    room.refused_naming("job_a");
  }
}

void directory_of_another_user_is_refused(void**) {
  if (geteuid() != 0) skip();
  const Room room;
  assert_int_equal(chown(room.path.c_str(), 12345, 12345), 0);
  assert_true(room.directory.check_trust().ok());  // root may
  assert_int_equal(chmod(room.scratch.path().c_str(), 0755), 0);
  assert_int_equal(seteuid(12346), 0);
  auto trusted = room.directory.check_trust();
  assert_int_equal(seteuid(0), 0);
  assert_false(trusted.ok());
  assert_true(trusted.error().message.find("12345") != std::string::npos);
}

void directory_taken_away_is_noticed(void**) {
  const auto noticed = [](const std::function<void(const Room&)>& take_away) {
    Room room;
    room.directory.remember();
    assert_true(room.directory.check_unchanged().ok());
    take_away(room);
    auto same = room.directory.check_unchanged();
    assert_false(same.ok());
    assert_true(same.error().code == br::Code::store);
  };
  noticed([](const Room& room) { br::posix_files()->remove_tree(room.path); });
  noticed([](const Room& room) { rename(room.path.c_str(), room.scratch.file("elsewhere").c_str()); });
  noticed([](const Room& room) { br::posix_files()->remove_file(room.path + "/state.db"); });
  noticed([](const Room& room) { br::posix_files()->remove_file(room.path + "/lock"); });
  noticed([](const Room& room) {
    rename((room.path + "/state.db").c_str(), (room.path + "/old").c_str());
    room.scratch.write("st/state.db", "x");
  });
  noticed([](const Room& room) {
    rename(room.path.c_str(), room.scratch.file("elsewhere").c_str());
    mkdir(room.path.c_str(), 0700);
    for (const char* name : {"lock", "state.db"})
      assert_int_equal(link((room.scratch.file("elsewhere/") + name).c_str(), (room.path + "/" + name).c_str()), 0);
  });
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(directory_that_others_can_write_is_refused_with_the_cure),
      cmocka_unit_test(directory_that_is_not_there_is_fine),
      cmocka_unit_test(link_inside_is_refused_by_name),
      cmocka_unit_test(directory_of_another_user_is_refused),
      cmocka_unit_test(directory_taken_away_is_noticed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
