// What is due is handed out in its order, in poll() alone, and functions of providers run one at a time each, whoever
// waits.
#include "core/jobs/event_queue.h"

#include <poll.h>

#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "batchrouter.h"
#include "support/cmocka.h"
#include "support/fake_clock.h"
#include "support/waiter.h"

namespace {

using br::EventQueue;
using br::ExternalWork;
using br::Monitor;
using br::Result;
using br::Wait;
using br::test::Background;
using br::test::Looked;

// Two providers, which are only told apart by where they are.
int places[2];
const br::Provider* provider(int number) { return reinterpret_cast<const br::Provider*>(&places[number]); }

struct Room {
  Room() : queue(callbacks(), &monitor) {
    monitor.set_helper([this] { return queue.help(); });
  }
  br::RouterCallbacks callbacks() {
    br::RouterCallbacks made;
    made.log_level = BR_LOG_WARNING;
    made.log = [this](std::int32_t, const std::string& line) { heard.push_back(line); };
    made.event = [this](std::int32_t event, const std::string& id, const std::string&) {
      heard.push_back(std::string(br::event_name(event)) + " " + id);
      if (at_event) at_event();
    };
    return made;
  }
  void call(int number, std::function<void()> run) {
    ExternalWork work;
    work.provider = provider(number);
    work.run = std::move(run);
    queue.call_provider(std::move(work));
  }
  void arrive(const std::string& id) {
    br::Job job;
    job.id = id;
    queue.results_arrived(job);
  }
  bool rings() const {
    pollfd watched = {queue.fd(), POLLIN, 0};
    return ::poll(&watched, 1, 0) == 1;
  }

  br::test::FakeClock clock;
  Monitor monitor{&clock};
  std::vector<std::string> heard;
  std::function<void()> at_event;
  EventQueue queue;
};

using Heard = std::vector<std::string>;

void callbacks_are_handed_out_in_their_order(void**) {
  Room room;
  assert_true(room.queue.poll(0) == Wait::timed_out);
  room.queue.log(BR_LOG_WARNING, "one");
  room.queue.done([&](const std::string& id) { room.heard.push_back("done " + id); }, "job_a");
  room.queue.log(BR_LOG_ERROR, "two");
  assert_true(room.heard.empty());
  assert_int_equal(room.queue.queued(), 3);
  assert_true(room.queue.poll(0) == Wait::ready);
  assert_true(room.heard == Heard({"one", "done job_a", "two"}));
  assert_true(room.queue.poll(0) == Wait::timed_out);
}

void lines_that_nobody_asked_for_are_not_kept(void**) {
  Room room;
  room.queue.log(BR_LOG_INFO, "quiet");
  assert_false(room.queue.logs(BR_LOG_INFO));
  assert_int_equal(room.queue.queued(), 0);
  EventQueue deaf({}, &room.monitor);
  deaf.log(BR_LOG_ERROR, "loud");
  br::Job job;
  deaf.results_arrived(job);
  deaf.event(BR_EVENT_STATE, job, nullptr, "x");
  assert_true(deaf.poll(0) == Wait::timed_out);
}

void descriptor_is_readable_while_something_is_due(void**) {
  Room room;
  assert_false(room.rings());
  room.queue.log(BR_LOG_ERROR, "one");
  assert_true(room.rings());
  (void)room.queue.poll(0);
  assert_false(room.rings());
  room.arrive("job_a");
  assert_true(room.rings());
  (void)room.queue.poll(0);
  assert_false(room.rings());
}

// Two calls are due: the first poll leaves one.
void descriptor_stays_readable_until_the_last_call(void**) {
  Room room;
  int calls = 0;
  room.call(0, [&] { ++calls; });
  room.call(1, [&] { ++calls; });
  assert_true(room.queue.poll(0) == Wait::ready);
  assert_int_equal(calls, 1);
  assert_true(room.rings());
  assert_true(room.queue.poll(0) == Wait::ready);
  assert_int_equal(calls, 2);
  assert_false(room.rings());
}

void overflow_drops_the_oldest_and_never_arrived_results(void**) {
  Room room;
  constexpr int kMost = 10'000;
  room.arrive("job_a");
  for (int i = 0; i < kMost + 2; ++i) room.queue.log(BR_LOG_ERROR, std::to_string(i));
  room.arrive("job_b");
  assert_int_equal(room.queue.queued(), kMost);
  assert_true(room.queue.poll(0) == Wait::ready);
  assert_int_equal(room.heard.size(), kMost + 2);
  assert_string_equal(room.heard.front().c_str(), "2");
  assert_string_equal(room.heard[kMost - 1].c_str(), std::to_string(kMost + 1).c_str());
  assert_string_equal(room.heard[kMost].c_str(), "results_arrived job_a");
  assert_string_equal(room.heard.back().c_str(), "results_arrived job_b");
}

void results_of_a_job_are_told_once_until_they_are_handed_out(void**) {
  Room room;
  room.arrive("job_a");
  room.arrive("job_a");
  (void)room.queue.poll(0);
  assert_true(room.heard == Heard({"results_arrived job_a"}));
  room.arrive("job_a");
  (void)room.queue.poll(0);
  assert_int_equal(room.heard.size(), 2);
}

void callback_that_closes_is_the_last_one(void**) {
  Room room;
  room.arrive("job_a");
  room.arrive("job_b");
  room.at_event = [&] { room.monitor.close(); };
  (void)room.queue.poll(0);
  assert_true(room.heard == Heard({"results_arrived job_a"}));
  assert_true(room.queue.poll(-1) == Wait::ended);
}

void descriptor_rings_when_a_function_of_a_provider_closes(void**) {
  Room room;
  room.call(0, [&] {
    room.monitor.close();
    room.queue.ring();
  });
  (void)room.queue.poll(0);
  assert_true(room.rings());
}

void provider_has_one_call_at_a_time(void**) {
  Room room;
  int second = 0, other = 0;
  room.call(0, [&] {
    room.call(0, [&] { ++second; });
    assert_true(room.queue.poll(0) == Wait::timed_out);
    room.call(1, [&] { ++other; });
    assert_true(room.queue.poll(0) == Wait::ready);
    assert_int_equal(second, 0);
  });
  assert_true(room.queue.poll(0) == Wait::ready);
  assert_int_equal(other, 1);
  assert_int_equal(second, 0);
  assert_true(room.queue.poll(0) == Wait::ready);
  assert_int_equal(second, 1);
}

void call_that_waits_runs_a_function_when_nobody_polls(void**) {
  Room room;
  bool ran = false;
  room.call(0, [&] { ran = true; });
  const auto waited = room.monitor.wait(-1, [&] { return ran; });
  assert_true(waited.ok() && *waited == Wait::ready);
}

void call_that_waits_runs_it_while_whoever_polls_is_busy(void**) {
  Room room;
  std::promise<void> inside, go_on;
  room.at_event = [&] {
    inside.set_value();
    go_on.get_future().wait();
  };
  room.arrive("job_a");
  Background<Wait> polling([&] { return room.queue.poll(0); });
  inside.get_future().wait();
  int calls = 0;
  room.call(0, [&] { ++calls; });
  assert_true(room.queue.help());
  assert_int_equal(calls, 1);
  go_on.set_value();
  assert_true(polling.get() == Wait::ready);
  assert_int_equal(calls, 1);
}

// It left without running the call: one that waits takes it over.
void end_of_a_poll_wakes_a_call_that_waits(void**) {
  Room room;
  std::promise<void> inside, go_on;
  room.at_event = [&] {
    inside.set_value();
    go_on.get_future().wait();
  };
  room.arrive("job_a");
  Background<Wait> polling([&] { return room.queue.poll(0); });
  inside.get_future().wait();
  std::atomic<bool> ran{false};
  room.call(0, [&] { ran = true; });
  Looked looked([&] { return ran.load(); });
  Background<Result<Wait>> waiting([&] { return room.monitor.wait(-1, std::ref(looked)); });
  looked.wait();
  go_on.set_value();
  (void)polling.get();
  const auto waited = waiting.get();
  assert_true(waited.ok() && *waited == Wait::ready && ran);
}

// Its own thread hands out nothing while a callback waits in the router.
void callback_that_waits_in_poll_is_helped(void**) {
  Room room;
  bool ran = false;
  room.at_event = [&] {
    room.call(0, [&] { ran = true; });
    const auto waited = room.monitor.wait(-1, [&] { return ran; });
    assert_true(waited.ok() && *waited == Wait::ready);
  };
  room.arrive("job_a");
  assert_true(room.queue.poll(0) == Wait::ready);
  assert_true(ran);
}

void two_callbacks_that_both_wait_do_not_wait_for_each_other(void**) {
  Room room;
  std::atomic<int> inside{0};
  std::atomic<bool> ran{false};
  const auto wait_inside = [&](const std::string&) {
    ++inside;
    room.monitor.changed();
    // Both are in their callback before the call is there.
    assert_true(room.monitor.wait(-1, [&] { return inside == 2; }).ok());
    const auto waited = room.monitor.wait(-1, [&] { return ran.load(); });
    assert_true(waited.ok() && *waited == Wait::ready);
  };
  const auto poll = [&] { return room.queue.poll(-1); };
  room.queue.done(wait_inside, "job_a");
  Background<Wait> first(poll);
  assert_true(room.monitor.wait(-1, [&] { return inside == 1; }).ok());
  room.queue.done(wait_inside, "job_b");
  Background<Wait> second(poll);
  assert_true(room.monitor.wait(-1, [&] { return inside == 2; }).ok());
  room.call(0, [&] { ran = true; });
  assert_true(first.get() == Wait::ready);
  assert_true(second.get() == Wait::ready);
}

void stopped_providers_begin_nothing_and_what_was_not_begun_is_given_back(void**) {
  Room room;
  int calls = 0;
  room.call(0, [&] { ++calls; });
  room.call(1, [&] { ++calls; });
  room.queue.stop_providers();
  assert_true(room.queue.poll(0) == Wait::timed_out);
  assert_false(room.queue.help());
  assert_int_equal(room.queue.drain_providers().size(), 2);
  assert_int_equal(room.queue.drain_providers().size(), 0);
  assert_int_equal(calls, 0);
}

void others_are_busy_until_their_function_ends_or_closes_itself(void**) {
  Room room;
  std::promise<void> inside, close, closing, go_on;
  room.call(0, [&] {
    assert_false(room.queue.others_are_busy());
    inside.set_value();
    close.get_future().wait();
    room.queue.mark_closing();
    closing.set_value();
    go_on.get_future().wait();
  });
  Background<Wait> polling([&] { return room.queue.poll(0); });
  inside.get_future().wait();
  assert_true(room.queue.others_are_busy());
  close.set_value();
  closing.get_future().wait();
  assert_false(room.queue.others_are_busy());
  go_on.set_value();
  (void)polling.get();
  assert_false(room.queue.others_are_busy());
}

void released_callbacks_keep_nothing_and_nothing_new_is_taken(void**) {
  Room room;
  const auto held = std::make_shared<int>(0);
  room.queue.done([held](const std::string&) {}, "job_a");
  auto released = room.queue.release_callbacks();
  assert_int_equal(held.use_count(), 2);
  released.clear();
  assert_int_equal(held.use_count(), 1);
  room.queue.log(BR_LOG_ERROR, "late");
  room.arrive("job_a");
  assert_int_equal(room.queue.queued(), 0);
  assert_true(room.queue.poll(0) == Wait::timed_out);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(callbacks_are_handed_out_in_their_order),
      cmocka_unit_test(lines_that_nobody_asked_for_are_not_kept),
      cmocka_unit_test(descriptor_is_readable_while_something_is_due),
      cmocka_unit_test(descriptor_stays_readable_until_the_last_call),
      cmocka_unit_test(overflow_drops_the_oldest_and_never_arrived_results),
      cmocka_unit_test(results_of_a_job_are_told_once_until_they_are_handed_out),
      cmocka_unit_test(callback_that_closes_is_the_last_one),
      cmocka_unit_test(descriptor_rings_when_a_function_of_a_provider_closes),
      cmocka_unit_test(provider_has_one_call_at_a_time),
      cmocka_unit_test(call_that_waits_runs_a_function_when_nobody_polls),
      cmocka_unit_test(call_that_waits_runs_it_while_whoever_polls_is_busy),
      cmocka_unit_test(end_of_a_poll_wakes_a_call_that_waits),
      cmocka_unit_test(callback_that_waits_in_poll_is_helped),
      cmocka_unit_test(two_callbacks_that_both_wait_do_not_wait_for_each_other),
      cmocka_unit_test(stopped_providers_begin_nothing_and_what_was_not_begun_is_given_back),
      cmocka_unit_test(others_are_busy_until_their_function_ends_or_closes_itself),
      cmocka_unit_test(released_callbacks_keep_nothing_and_nothing_new_is_taken),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
