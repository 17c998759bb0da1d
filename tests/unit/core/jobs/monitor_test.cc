// Calls that wait end when what they wait for is there, and by whoever ends them: each wake-up counts once.
#include "core/jobs/monitor.h"

#include <atomic>
#include <functional>
#include <optional>

#include "support/cmocka.h"
#include "support/fake_clock.h"
#include "support/waiter.h"

namespace {

using br::Code;
using br::Monitor;
using br::Result;
using br::Wait;
using br::test::Background;
using br::test::Looked;

const Monitor::Test kNever = [] { return false; };
const Monitor::Test kAlways = [] { return true; };

struct Room {
  br::test::FakeClock clock;
  Monitor monitor{&clock};
};

// A call that waits for nothing that ever comes; wait() returns once it does.
class Waiting {
 public:
  explicit Waiting(Monitor* monitor)
      : looked_(kNever), call_([this, monitor] { return monitor->wait(-1, std::ref(looked_)); }) {
    looked_.wait();
  }
  Result<Wait> get() { return call_.get(); }

 private:
  Looked looked_;
  Background<Result<Wait>> call_;
};

bool is(const Result<Wait>& waited, Wait expected) { return waited.ok() && *waited == expected; }

void test_that_holds_ends_the_wait_at_once(void**) {
  Room room;
  assert_true(is(room.monitor.wait(0, kAlways), Wait::ready));
  assert_true(is(room.monitor.wait(-1, kAlways), Wait::ready));
}

void change_meanwhile_ends_the_wait(void**) {
  Room room;
  std::atomic<bool> there{false};
  Looked looked([&] { return there.load(); });
  Background<Result<Wait>> call([&] { return room.monitor.wait(-1, std::ref(looked)); });
  looked.wait();
  there = true;
  room.monitor.changed();
  assert_true(is(call.get(), Wait::ready));
}

void change_during_the_look_is_looked_at_again(void**) {
  Room room;
  int looks = 0;
  const auto waited = room.monitor.wait(-1, [&] {
    if (++looks == 1) room.monitor.changed();
    return looks == 2;
  });
  assert_true(is(waited, Wait::ready));
}

void no_time_left_is_timed_out(void**) {
  Room room;
  assert_true(is(room.monitor.wait(0, kNever), Wait::timed_out));
  int looks = 0;
  const auto waited = room.monitor.wait(1000, [&] {
    room.clock.advance(600);
    room.monitor.changed();
    return ++looks == 3;
  });
  assert_true(is(waited, Wait::timed_out));
  assert_int_equal(looks, 2);
}

void wakeup_ends_every_call_that_waits(void**) {
  Room room;
  Waiting first(&room.monitor), second(&room.monitor);
  room.monitor.wakeup();
  assert_true(is(first.get(), Wait::woken));
  assert_true(is(second.get(), Wait::woken));
  assert_true(is(room.monitor.wait(0, kNever), Wait::timed_out));
}

void wakeup_of_nobody_ends_the_next_call_and_no_other(void**) {
  Room room;
  room.monitor.wakeup();
  room.monitor.wakeup();
  assert_true(is(room.monitor.wait(-1, kNever), Wait::woken));
  assert_true(is(room.monitor.wait(0, kNever), Wait::timed_out));
}

void call_that_is_ready_uses_up_no_wakeup(void**) {
  Room room;
  room.monitor.wakeup();
  assert_true(is(room.monitor.wait(-1, kAlways), Wait::ready));
  assert_true(is(room.monitor.wait(-1, kNever), Wait::woken));
}

void interrupt_ends_those_that_wait_and_not_the_next_one(void**) {
  Room room;
  room.monitor.interrupt();
  assert_true(is(room.monitor.wait(0, kNever), Wait::timed_out));
  Waiting call(&room.monitor);
  room.monitor.interrupt();
  assert_true(is(call.get(), Wait::woken));
  assert_int_equal(room.monitor.interrupts(), 2);
}

void interrupt_since_a_count_ends_the_next_call_of_this_thread_only(void**) {
  Room room;
  const std::uint64_t before = room.monitor.interrupts();
  room.monitor.interrupt();
  Room other;
  room.monitor.count_interrupts_since(before);
  assert_true(is(other.monitor.wait(0, kNever), Wait::timed_out));
  Background<Result<Wait>> elsewhere([&] { return room.monitor.wait(0, kNever); });
  assert_true(is(elsewhere.get(), Wait::timed_out));
  assert_true(is(room.monitor.wait_in_poll(0, kNever), Wait::timed_out));
  assert_true(is(room.monitor.wait(-1, kNever), Wait::woken));
  assert_true(is(room.monitor.wait(0, kNever), Wait::timed_out));
}

void no_wakeup_ends_a_wait_for_own_threads(void**) {
  Room room;
  room.monitor.wakeup();
  int looks = 0;
  const auto waited = room.monitor.wait_for_own_threads([&] {
    room.monitor.interrupt();
    room.monitor.changed();
    return ++looks == 3;
  });
  assert_true(waited.ok());
  assert_int_equal(looks, 3);
  assert_true(is(room.monitor.wait_uninterrupted(0, kNever), Wait::timed_out));
  assert_true(is(room.monitor.wait(-1, kNever), Wait::woken));
}

void closing_ends_every_wait_also_of_what_is_ready(void**) {
  Room room;
  Waiting call(&room.monitor);
  room.monitor.close();
  const auto ended = call.get();
  assert_true(!ended.ok() && ended.error().code == Code::closed);
  const auto ready = room.monitor.wait(-1, kAlways);
  assert_true(!ready.ok() && ready.error().code == Code::closed);
  const auto poll = room.monitor.wait_in_poll(-1, kNever);
  assert_true(!poll.ok() && poll.error().code == Code::closed);
  const auto own = room.monitor.wait_for_own_threads(kNever);
  assert_true(!own.ok() && own.error().code == Code::closed);
  assert_true(room.monitor.check().error().code == Code::closed);
}

void failure_ends_every_wait_with_its_first_reason(void**) {
  Room room;
  assert_true(room.monitor.check().ok());
  Waiting call(&room.monitor);
  room.monitor.fail(br::Error(Code::store, "the disk is full"));
  room.monitor.fail(br::Error(Code::internal, "later"));
  const auto ended = call.get();
  assert_true(!ended.ok() && ended.error().message == "the disk is full");
  assert_false(room.monitor.wait(-1, kAlways).ok());
  assert_false(room.monitor.wait_for_own_threads(kAlways).ok());
  assert_string_equal(room.monitor.check().error().message.c_str(), "the disk is full");
}

// So that whoever waits for poll to tell of changes looks at the calls that the failure ends.
void failure_wakes_poll_once_and_does_not_end_it(void**) {
  Room room;
  room.monitor.fail(br::Error(Code::store, "the disk is full"));
  assert_true(is(room.monitor.wait_in_poll(-1, kAlways), Wait::ready));
  assert_true(is(room.monitor.wait_in_poll(-1, kNever), Wait::woken));
  assert_true(is(room.monitor.wait_in_poll(0, kNever), Wait::timed_out));
}

void helper_is_asked_by_calls_alone_and_after_each_help_they_look_again(void**) {
  Room room;
  int helps = 0;
  room.monitor.set_helper([&] { return ++helps <= 2; });
  assert_true(is(room.monitor.wait(-1, kAlways), Wait::ready));
  assert_true(is(room.monitor.wait_in_poll(0, kNever), Wait::timed_out));
  assert_true(is(room.monitor.wait_uninterrupted(0, kNever), Wait::timed_out));
  assert_int_equal(helps, 0);
  assert_true(is(room.monitor.wait(-1, [&] { return helps == 2; }), Wait::ready));
  assert_true(is(room.monitor.wait(0, kNever), Wait::timed_out));
  assert_int_equal(helps, 3);
}

void count_of_another_monitor_in_its_place_does_not_hold(void**) {
  br::test::FakeClock clock;
  std::optional<Monitor> monitor(std::in_place, &clock);
  monitor->interrupt();
  monitor->count_interrupts_since(1);
  monitor.emplace(&clock);
  assert_true(is(monitor->wait(0, kNever), Wait::timed_out));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_that_holds_ends_the_wait_at_once),
      cmocka_unit_test(change_meanwhile_ends_the_wait),
      cmocka_unit_test(change_during_the_look_is_looked_at_again),
      cmocka_unit_test(no_time_left_is_timed_out),
      cmocka_unit_test(wakeup_ends_every_call_that_waits),
      cmocka_unit_test(wakeup_of_nobody_ends_the_next_call_and_no_other),
      cmocka_unit_test(call_that_is_ready_uses_up_no_wakeup),
      cmocka_unit_test(interrupt_ends_those_that_wait_and_not_the_next_one),
      cmocka_unit_test(interrupt_since_a_count_ends_the_next_call_of_this_thread_only),
      cmocka_unit_test(no_wakeup_ends_a_wait_for_own_threads),
      cmocka_unit_test(closing_ends_every_wait_also_of_what_is_ready),
      cmocka_unit_test(failure_ends_every_wait_with_its_first_reason),
      cmocka_unit_test(failure_wakes_poll_once_and_does_not_end_it),
      cmocka_unit_test(helper_is_asked_by_calls_alone_and_after_each_help_they_look_again),
      cmocka_unit_test(count_of_another_monitor_in_its_place_does_not_hold),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
