// What every file system does alike: the operating system's and the one that tests use in its place.
#include "sys/file_system.h"

#include <functional>

#include "support/cmocka.h"
#include "support/fake_files.h"
#include "support/scratch.h"

namespace {

void on_both(const std::function<void(br::FileSystem* files, const std::string& root)>& check) {
  const Scratch scratch;
  check(br::posix_files(), scratch.path());
  br::test::FakeDisk disk;
  br::test::FakeFiles files(&disk);
  assert_true(files.make_directories("/root").ok());
  check(&files, "/root");
}

void write(br::FileSystem* files, const std::string& path, const std::string& text) {
  auto file = files->create(path);
  assert_true(file.ok());
  assert_true(file->append(text).ok());
}

std::string read(br::FileSystem* files, const std::string& path) {
  auto text = files->read_whole_file(path, 1000);
  return text ? *text : "cannot read";
}

void directories_are_made_with_their_parents_and_removed_whole(void**) {
  on_both([](br::FileSystem* files, const std::string& root) {
    assert_true(files->make_directories(root + "/a/b/c").ok());
    assert_true(files->make_directories(root + "/a/b/c").ok());
    write(files, root + "/a/b/f", "x");
    assert_false(files->make_directories(root + "/a/b/f").ok());
    assert_int_equal(files->make_own_directory(root + "/a/b/f").error().code, br::Code::store);
    assert_true(files->make_own_directory(root + "/a/b").ok());
    assert_true(files->list_directory(root + "/a/b") == std::vector<std::string>({"c", "f"}));
    assert_false(files->remove_empty_directory(root + "/a"));
    files->remove_tree(root + "/a");
    assert_false(files->exists(root + "/a"));
    files->remove_tree(root + "/a");
  });
}

void file_is_written_where_it_was_opened_for(void**) {
  on_both([](br::FileSystem* files, const std::string& root) {
    const std::string path = root + "/f";
    assert_int_equal(files->file_size(path), -1);
    write(files, path, "abcdef");
    auto update = files->open_update(path);
    assert_true(update->seek(2).ok());
    assert_true(update->append("XY").ok());
    assert_string_equal(read(files, path).c_str(), "abXYef");
    assert_true(files->open_append(path)->append("!").ok());
    assert_true(update->truncate(3).ok());
    assert_int_equal(files->file_size(path), 3);
    char byte = 0;
    assert_int_equal(*update->read_at(&byte, 1, 2), 1);
    assert_int_equal(byte, 'X');
    assert_int_equal(*update->read_at(&byte, 1, 3), 0);
    assert_int_equal(*files->create(path)->size(), 0);
  });
}

void missing_file_or_directory_is_an_error_with_its_path(void**) {
  on_both([](br::FileSystem* files, const std::string& root) {
    for (const br::OpenMode mode : {br::OpenMode::read, br::OpenMode::own}) {
      auto missing = files->open_file(root + "/none", mode);
      assert_int_equal(missing.error().code, br::Code::io);
      assert_true(missing.error().message.find(root + "/none") != std::string::npos);
    }
    assert_false(files->create(root + "/none/f").ok());
    assert_false(files->open_read(root).ok());
    assert_false(files->rename(root + "/none", root + "/f").ok());
    assert_false(files->sync_directory(root + "/none").ok());
    assert_true(files->list_directory(root + "/none").empty());
  });
}

void second_name_is_the_same_file_until_it_is_replaced(void**) {
  on_both([](br::FileSystem* files, const std::string& root) {
    const std::string one = root + "/one", two = root + "/two";
    write(files, one, "1");
    write(files, two, "2");
    assert_true(files->link_or_copy(one, two).ok());
    assert_string_equal(read(files, two).c_str(), "1");
    const auto identity = [&](const std::string& path) { return files->inspect(path, br::Links::look_at).identity; };
    assert_true(identity(one) == identity(two));
    write(files, root + "/three", "3");
    assert_true(files->rename(root + "/three", one).ok());
    assert_string_equal(read(files, one).c_str(), "3");
    assert_string_equal(read(files, two).c_str(), "1");
    assert_false(identity(one) == identity(two));
  });
}

void closed_file_refuses_instead_of_harming(void**) {
  on_both([](br::FileSystem* files, const std::string& root) {
    auto file = files->create(root + "/f");
    file->close();
    assert_false(file->is_open());
    assert_false(file->append("x").ok());
    assert_false(file->size().ok());
    assert_false(file->sync().ok());
    char byte = 0;
    assert_false(file->read_at(&byte, 1, 0).ok());
  });
}

void file_larger_than_what_may_be_read_is_an_error(void**) {
  on_both([](br::FileSystem* files, const std::string& root) {
    write(files, root + "/f", std::string(1001, 'x'));
    assert_false(files->read_whole_file(root + "/f", 1000).ok());
    assert_true(files->read_whole_file(root + "/f", 1001).ok());
  });
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(directories_are_made_with_their_parents_and_removed_whole),
      cmocka_unit_test(file_is_written_where_it_was_opened_for),
      cmocka_unit_test(missing_file_or_directory_is_an_error_with_its_path),
      cmocka_unit_test(second_name_is_the_same_file_until_it_is_replaced),
      cmocka_unit_test(closed_file_refuses_instead_of_harming),
      cmocka_unit_test(file_larger_than_what_may_be_read_is_an_error),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
