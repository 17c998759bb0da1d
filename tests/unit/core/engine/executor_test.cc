// Work that throws ends at the thread's wall: it is reported, and the next work is done.
#include "core/engine/executor.h"

#include <condition_variable>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

void work_that_throws_is_reported_and_the_next_is_done(void**) {
  std::vector<std::string> failures;  // of the executor's thread, which ends before they are read
  bool done = false;
  {
    std::mutex mutex;
    std::condition_variable changed;
    br::Executor executor([&](const char* what) {
      failures.emplace_back(what);
      throw std::runtime_error("nor does this leave the thread");
    });
    executor.post([] { throw std::bad_alloc(); });
    executor.post([] { throw std::runtime_error("rows"); });
    executor.post([] { throw 7; });
    executor.post([&] {
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
  }
  assert_int_equal(failures.size(), 3);
  assert_string_equal(failures[0].c_str(), "out of memory");
  assert_string_equal(failures[1].c_str(), "rows");
  assert_string_equal(failures[2].c_str(), "an exception of an unknown type");
}

// The engine settles what came last when its executor has ended already.
void work_posted_after_the_stop_is_dropped(void**) {
  bool done = false;
  br::Executor executor([](const char*) {});
  executor.stop();
  executor.post([&done] { done = true; });
  executor.stop();
  assert_false(done);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(work_that_throws_is_reported_and_the_next_is_done),
                              cmocka_unit_test(work_posted_after_the_stop_is_dropped)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
