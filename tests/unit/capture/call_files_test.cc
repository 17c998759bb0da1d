// Texts of captured calls on disk: what nobody was told of does not count.
#include "capture/call_files.h"

#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

struct Room {
  Room() { assert_true(files.make_directory("/state").ok() && calls.prepare().ok()); }
  std::string content() { return *files.read_own_file(calls.requests(1), 1000); }
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::CallFiles calls{&files, "/state"};
};

void text_behind_what_counts_is_replaced_by_the_next(void**) {
  Room room;
  assert_true(room.calls.append(room.calls.requests(1), 0, "one\n").ok());
  assert_true(room.calls.append(room.calls.requests(1), 4, "lost\n").ok());
  assert_true(room.calls.append(room.calls.requests(1), 4, "two\n").ok());
  assert_string_equal(room.content().c_str(), "one\ntwo\n");
}

void text_behind_what_counts_is_gone_before_it_is_submitted(void**) {
  Room room;
  assert_true(room.calls.append(room.calls.requests(1), 0, "one\nlost\n").ok());
  assert_true(room.calls.trim(room.calls.requests(1), 4).ok());
  assert_string_equal(room.content().c_str(), "one\n");
  assert_true(room.calls.trim(room.calls.requests(1), 4).ok());
  assert_true(room.calls.trim(room.calls.requests(2), 4).ok());
  assert_int_equal(room.calls.size(room.calls.requests(2)), 0);
}

void text_is_read_where_it_lies(void**) {
  Room room;
  assert_true(room.calls.append(room.calls.answers(1), 0, "abcdef").ok());
  assert_string_equal(room.calls.read(room.calls.answers(1), {1, 2, 3})->c_str(), "cde");
  assert_false(room.calls.read(room.calls.answers(1), {1, 4, 3}).ok());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(text_behind_what_counts_is_replaced_by_the_next),
      cmocka_unit_test(text_behind_what_counts_is_gone_before_it_is_submitted),
      cmocka_unit_test(text_is_read_where_it_lies),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
