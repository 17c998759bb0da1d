// batchrouter.hpp: handles, errors and results as C++ has them, over the shared library and the emulator.
#include <batchrouter.hpp>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <type_traits>

#include "support/cmocka.h"
#include "support/emulator_c.h"

namespace {

namespace bro = batchrouter;

struct Room {
  Room() {
    std::string name = (std::filesystem::temp_directory_path() / "batchrouter-hpp-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) fail_msg("%s", "there is no temporary directory");
    directory = name;
    config.set("state_dir", name + "/state").set("openai.api_key", "k").set("poll.interval_ms", "10");
    config.set("openai.base_url", emulator_base_url(vendor));
  }
  ~Room() {
    emulator_stop(vendor);
    std::filesystem::remove_all(directory);
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  static bro::Batch questions(int count) {
    bro::Batch batch("openai");
    for (int i = 0; i < count; ++i)
      batch.add(bro::Request("r" + std::to_string(i), "gpt-4o-mini").system("Be short.").user("What is it?").max_tokens(9));
    return batch;
  }

  emulator* vendor = emulator_start(1);
  std::filesystem::path directory;
  bro::Config config;
};

void results_come_as_a_range_and_are_acknowledged(void**) {
  Room room;
  bro::Router router(room.config);
  bro::Job job = router.submit(Room::questions(300));
  std::set<std::string> ids;
  for (const bro::Result& result : router.results(job)) {
    assert_true(result.succeeded() && result.status_name() == "succeeded");
    assert_false(result.text().empty());
    assert_true(result.json().front() == '{');
    assert_true(result.raw().find("\"custom_id\":\"" + std::string(result.custom_id()) + "\"") != std::string_view::npos);
    assert_true(job.result_raw(result.custom_id()) == result.raw());
    ids.emplace(result.custom_id());
  }
  assert_int_equal(ids.size(), 300);
  job.update();
  assert_true(job.is_done() && job.state_name() == "completed");
  assert_true(job.raw().find("completion_window") != std::string_view::npos && job.raw(1).empty());
  assert_int_equal(job.count(BR_COUNT_ACKED), 300);
}

void loop_that_is_left_early_acknowledges_what_it_passed(void**) {
  Room room;
  std::set<std::string> first, rest;
  {
    bro::Router router(room.config);
    bro::Job job = router.submit(Room::questions(10));
    assert_true(job.wait());
    for (const bro::Result& result : router.results(job)) {
      if (first.size() == 4) break;
      first.emplace(result.custom_id());
    }
  }
  bro::Router router(room.config);
  bro::Job job = router.open(std::string(router.jobs().front().id()));
  for (const bro::Result& result : router.results(job)) rest.emplace(result.custom_id());
  assert_int_equal(first.size(), 4);
  assert_int_equal(rest.size(), 6);
  for (const std::string& id : first) assert_false(rest.contains(id));
}

void stored_results_come_in_the_order_of_the_requests_as_often_as_wanted(void**) {
  Room room;
  bro::Router router(room.config);
  bro::Job job = router.submit(Room::questions(600));
  assert_true(job.wait());
  for (int round = 0; round < 2; ++round) {
    int next = 0;
    for (const bro::Result& result : job.results(BR_ORDER_INPUT))
      assert_true(result.custom_id() == "r" + std::to_string(next++));
    assert_int_equal(next, 600);
  }
  assert_int_equal(job.count(BR_COUNT_ACKED), 0);
}

void exception_in_a_loop_leaves_its_result(void**) {
  Room room;
  bro::Router router(room.config);
  bro::Job job = router.submit(Room::questions(3));
  std::string at;
  try {
    for (const bro::Result& result : router.results(job)) {
      at = result.custom_id();
      throw std::runtime_error("enough");
    }
  } catch (const std::runtime_error&) {
  }
  std::set<std::string> rest;
  for (const bro::Result& result : router.results(job)) rest.emplace(result.custom_id());
  assert_int_equal(rest.size(), 3);
  assert_true(rest.contains(at));
}

void errors_are_thrown_with_all_that_is_known(void**) {
  Room room;
  try {
    room.config.set("poll.interval", "1");
    fail_msg("%s", "an unknown setting was taken");
  } catch (const bro::Error& error) {
    assert_int_equal(error.status(), BR_ECONFIG);
    assert_string_equal(error.status_name(), "BR_ECONFIG");
    assert_false(error.hint().empty());
  }
  bro::Router router(room.config);
  try {
    router.submit(bro::Batch("openai").add_jsonl("{\"custom_id\":\"a\"}\nnonsense\n"));
    fail_msg("%s", "wrong lines were taken");
  } catch (const bro::Error& error) {
    const bro::Error kept = error;  // as std::current_exception does
    assert_int_equal(kept.issues().size(), 2);
    assert_true(kept.issues()[1].find("2:") != std::string_view::npos);
  }
}

void completion_and_events_are_functions(void**) {
  Room room;
  int ended = 0, events = 0;
  room.config.on_event([&](std::int32_t, std::string_view, std::string_view) { ++events; });
  bro::Router router(room.config);
  router.submit(Room::questions(1), [&](br_job* job) {
    ended += br_job_is_done(job);
    throw std::runtime_error("ends here");
  });
  while (ended == 0) router.poll(1'000);
  assert_int_equal(ended, 1);
  assert_true(events > 0);
}

void handles_move_and_do_not_copy(void**) {
  static_assert(!std::is_copy_constructible_v<bro::Router> && std::is_move_constructible_v<bro::Router>);
  static_assert(!std::is_copy_constructible_v<bro::Job> && std::is_move_assignable_v<bro::Job>);
  Room room;
  bro::Router first(room.config);
  bro::Router router(std::move(first));
  bro::Job job = router.submit(Room::questions(1));
  bro::Job moved = std::move(job);
  assert_true(moved.wait());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(results_come_as_a_range_and_are_acknowledged),
      cmocka_unit_test(loop_that_is_left_early_acknowledges_what_it_passed),
      cmocka_unit_test(stored_results_come_in_the_order_of_the_requests_as_often_as_wanted),
      cmocka_unit_test(exception_in_a_loop_leaves_its_result),
      cmocka_unit_test(errors_are_thrown_with_all_that_is_known),
      cmocka_unit_test(completion_and_events_are_functions),
      cmocka_unit_test(handles_move_and_do_not_copy),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
