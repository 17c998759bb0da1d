// A cursor reads the results of a job from the first to the last, and waits for more where the job still runs.
#include "core/router/result_cursor.h"

#include <string>
#include <vector>

#include "support/cmocka.h"
#include "support/fake_clock.h"
#include "support/router_room.h"

namespace {

using br::Code;
using br::ResultCursor;
using Came = ResultCursor::Came;
using Mode = ResultCursor::Mode;

struct Room : br::test::RouterRoom {
  Room() { open(); }
  std::unique_ptr<ResultCursor> cursor(const std::string& id, Mode mode, std::int64_t timeout_ms = 0) {
    auto opened = ResultCursor::open(&parts->files, &clock, id, mode, timeout_ms);
    assert_true(opened.ok());
    return std::move(*opened);
  }
  // The lines of one call, or what it came to.
  std::string next(ResultCursor& cursor, std::size_t capacity) {
    std::string lines;
    auto came = cursor.next_block(capacity, [&](std::string_view line) { lines.append(line).append("|"); });
    if (!came) return "error";
    return *came == Came::done ? lines : *came == Came::end ? "end" : "again";
  }
  br::test::FakeClock clock;
};

void blocks_end_at_the_end(void**) {
  Room room;
  room.keep_finished("job_a", {"one\ntwo\n", "three\n"});
  const auto cursor = room.cursor("job_a", Mode::finished);
  assert_string_equal(room.next(*cursor, 2).c_str(), "one|two|");
  assert_string_equal(room.next(*cursor, 2).c_str(), "three|");
  assert_string_equal(room.next(*cursor, 2).c_str(), "end");
  assert_true(cursor->set_order(ResultCursor::Order::arrival).ok());
  assert_string_equal(room.next(*cursor, 9).c_str(), "one|two|three|");
}

void cursor_that_follows_says_that_there_is_none_yet(void**) {
  Room room;
  room.keep_running("job_a");
  const auto cursor = room.cursor("job_a", Mode::follow);
  assert_string_equal(room.next(*cursor, 2).c_str(), "again");
  room.grow("job_a", "one\n");
  assert_string_equal(room.next(*cursor, 2).c_str(), "one|");
  room.finish("job_a");
  assert_string_equal(room.next(*cursor, 2).c_str(), "end");
  assert_true(cursor->set_order(ResultCursor::Order::input).error().code == Code::not_complete);
}

void everything_is_written_in_whole_lines_and_counted(void**) {
  Room room;
  room.keep_finished("job_a", {"{\"custom_id\":\"a\",\"status\":\"succeeded\"}\n", "{\"custom_id\":\"b\",\"status\":\"errored\"}\n"});
  const auto cursor = room.cursor("job_a", Mode::finished);
  std::string text;
  std::int64_t rows = 0, failed = 0;
  const auto came = cursor->write_all(
      [&](std::string_view block) -> br::Result<void> {
        text.append(block);
        return {};
      },
      &rows, &failed);
  assert_true(came.ok() && *came == Came::end);
  assert_true(rows == 2 && failed == 1 && text.ends_with("\"errored\"}\n"));
}

void writer_that_fails_ends_the_work_with_its_error(void**) {
  Room room;
  room.keep_finished("job_a", {"one\n"});
  const auto cursor = room.cursor("job_a", Mode::finished);
  std::int64_t rows = 0, failed = 0;
  const auto came = cursor->write_all([](std::string_view) -> br::Result<void> { return br::Error(Code::cancelled, "no"); },
                                      &rows, &failed);
  assert_true(!came.ok() && came.error().code == Code::cancelled);
}

void closed_router_is_not_waited_on(void**) {
  Room room;
  room.keep_running("job_a");
  const auto cursor = room.cursor("job_a", Mode::follow, -1);
  assert_string_equal(room.next(*room.cursor("job_a", Mode::follow), 1).c_str(), "again");
  room.gate.close();
  std::string none;
  const auto came = cursor->next_block(1, [](std::string_view) {});
  assert_true(!came.ok() && came.error().code == Code::closed);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(blocks_end_at_the_end),
      cmocka_unit_test(cursor_that_follows_says_that_there_is_none_yet),
      cmocka_unit_test(everything_is_written_in_whole_lines_and_counted),
      cmocka_unit_test(writer_that_fails_ends_the_work_with_its_error),
      cmocka_unit_test(closed_router_is_not_waited_on),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
