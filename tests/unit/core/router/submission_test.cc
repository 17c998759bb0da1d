// A batch is taken in whole or leaves nothing behind, and work that is given again goes on as the job that it is.
#include "core/router/submission.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "batchrouter.h"
#include "support/cmocka.h"
#include "support/router_room.h"

namespace {

using br::BatchSpec;
using br::Code;
using br::Job;
using br::Result;
using br::Submitted;
using br::test::RouterRoom;

std::string line(const std::string& id, const std::string& text = "?") {
  return R"({"custom_id":")" + id + R"(","model":"m","messages":[{"role":"user","content":")" + text + "\"}]}\n";
}

BatchSpec spec_of(const std::string& lines, std::vector<std::pair<std::string, std::string>> options = {}) {
  BatchSpec spec;
  spec.provider = "openai";
  spec.sources.push_back({"memory", "", lines});
  spec.options = std::move(options);
  return spec;
}

struct Room : RouterRoom {
  using RouterRoom::RouterRoom;
  br::Submission& submission() { return parts->submission; }
  Result<Submitted> submit(const BatchSpec& spec) { return submission().submit(spec, {}); }
  std::string submitted(const BatchSpec& spec) {
    auto done = submit(spec);
    if (!done) fail_msg("%s", done.error().message.c_str());
    return done->job_id;
  }
  bool left_nothing() { return in.database.jobs.empty() && in.files->list_directory("/state/spool").empty(); }
};

void submitted_batch_is_on_disk_when_the_call_returns(void**) {
  Room room;
  room.open();
  const std::string id = room.submitted(spec_of(line("a") + line("b")));
  room.in.crash();
  room.world = room.in.begin_process();
  assert_int_equal(room.kept(id).batches.size(), 1);
  assert_int_equal(room.kept(id).batches[0].rows, 2);
  const std::string text = room.in.files->text("/state/spool/" + id + "/p0.requests.jsonl");
  assert_int_equal(std::count(text.begin(), text.end(), '\n'), 2);
  assert_int_equal(room.submission().requests(), 2);
  room.poll();
  assert_int_equal(room.events_of(BR_EVENT_REQUESTS_QUEUED), 1);
}

void wrong_line_leaves_nothing_behind(void**) {
  Room room;
  room.open();
  const auto done = room.submit(spec_of(line("a") + "no json\n"));
  assert_true(!done.ok() && done.error().code == Code::input);
  assert_true(room.left_nothing());
  assert_int_equal(room.submission().requests(), 0);
}

void missing_key_leaves_nothing_behind(void**) {
  Room room;
  room.open();
  BatchSpec spec = spec_of(line("a"));
  spec.provider = "anthropic";
  assert_false(room.submit(spec).ok());
  assert_true(room.left_nothing());
}

void store_that_refuses_leaves_nothing_behind(void**) {
  Room room;
  room.open();
  room.in.database.write_error = br::Error(Code::store, "the disk is full");
  const auto done = room.submit(spec_of(line("a")));
  assert_true(!done.ok() && done.error().message == "the disk is full");
  assert_true(room.left_nothing());
}

void every_failure_of_the_disk_leaves_all_or_nothing(void**) {
  Room room;
  room.open();
  const std::uint64_t before = room.in.disk.calls();
  (void)room.submitted(spec_of(line("a")));
  const std::uint64_t calls = room.in.disk.calls() - before;
  assert_true(calls > 5);
  int failed = 0;
  for (std::uint64_t n = 1; n <= calls; ++n) {
    const std::size_t jobs = room.in.database.jobs.size();
    const std::size_t directories = room.in.files->list_directory("/state/spool").size();
    room.in.disk.fail_at(room.in.disk.calls() + n, 28);
    const auto done = room.submit(spec_of(line("a", std::to_string(n))));
    room.in.disk.heal();
    const std::size_t more = done.ok() ? 1 : 0;
    failed += done.ok() ? 0 : 1;
    assert_int_equal(room.in.database.jobs.size(), jobs + more);
    assert_int_equal(room.in.files->list_directory("/state/spool").size(), directories + more);
  }
  assert_true(failed > 5);
}

void one_wrong_batch_of_many_keeps_all_from_being_sent(void**) {
  Room room;
  room.open();
  const BatchSpec good = spec_of(line("a")), bad = spec_of("no json\n");
  std::vector<std::optional<br::Error>> errors;
  const auto done = room.submission().submit_many({&good, &bad, &good}, &errors);
  assert_true(!done.ok() && done.error().message.find("1 of 3 batches are wrong") == 0);
  assert_true(errors.size() == 3 && !errors[0] && errors[1] && !errors[2]);
  assert_true(room.left_nothing());
}

void many_batches_become_a_job_each(void**) {
  Room room;
  room.open();
  const BatchSpec first = spec_of(line("a")), second = spec_of(line("a") + line("b"));
  std::vector<std::optional<br::Error>> errors;
  const auto done = room.submission().submit_many({&first, &second}, &errors);
  assert_true(done.ok() && done->size() == 2);
  assert_int_equal(room.kept((*done)[0].job_id).batches[0].rows, 1);
  assert_int_equal(room.kept((*done)[1].job_id).batches[0].rows, 2);
  assert_int_equal(room.submission().requests(), 3);
}

void id_that_stands_in_two_batches_is_wrong_where_ids_are_of_all(void**) {
  Room room;
  room.set("id_scope", "all");
  room.open();
  const BatchSpec first = spec_of(line("a")), second = spec_of(line("b") + line("a"));
  std::vector<std::optional<br::Error>> errors;
  const auto done = room.submission().submit_many({&first, &second}, &errors);
  assert_true(!done.ok() && done.error().issue_total == 1);
  assert_true(done.error().issues[0].find("batch 2, line 2") == 0);
  assert_true(room.left_nothing());
}

// What is read may run code of the caller's, which may not close the router then.
class HookedFiles : public br::test::FakeFiles {
 public:
  using FakeFiles::FakeFiles;
  Result<br::File> open_file(const std::string& path, br::OpenMode mode) override {
    if (at_open) at_open();
    return FakeFiles::open_file(path, mode);
  }
  std::function<void()> at_open;
};

void thread_is_inside_while_requests_are_read(void**) {
  Room room;
  HookedFiles files(&room.in.disk);
  room.world.files = &files;
  room.open();
  Room other;
  other.open();
  int inside = 0, outside = 0;
  files.at_open = [&] {
    ++(room.submission().is_inside() ? inside : outside);
    assert_false(other.submission().is_inside());
  };
  (void)room.submitted(spec_of(line("a")));
  assert_true(inside > 0);
  assert_int_equal(outside, 0);
  assert_false(room.submission().is_inside());
}

void same_work_goes_on_as_the_job_that_it_is(void**) {
  Room room;
  room.open().run_engine();
  const BatchSpec spec = spec_of(line("a"), {{"continue", "1"}});
  const std::string id = room.submitted(spec);
  const auto again = room.submit(spec);
  assert_true(again.ok() && again->existed && again->job_id == id);
  assert_int_equal(room.in.database.jobs.size(), 1);
  assert_int_equal(room.in.files->list_directory("/state/spool").size(), 1);
  assert_true(room.submitted(spec_of(line("b"), {{"continue", "1"}})) != id);
  assert_true(room.submitted(spec_of(line("a"))) != id);
}

void finished_work_is_refused_and_nothing_stays_behind(void**) {
  Room room;
  room.open();
  const BatchSpec spec = spec_of(line("a"), {{"finished", "refuse"}});
  const std::string id = room.submitted(spec);
  Job job = room.parts->jobs.known(id)->job;
  job.done = true;
  job.batches[0].phase = br::Phase::collected;
  job.batches[0].status.id = "batch_1";
  room.publish(job);
  const auto again = room.submit(spec);
  assert_true(!again.ok() && again.error().code == Code::already);
  assert_int_equal(room.in.files->list_directory("/state/spool").size(), 1);
}

void function_of_a_submitter_is_called_when_its_job_ends(void**) {
  Room room;
  room.open();
  std::vector<std::string> ended;
  const auto done = room.submission().submit(spec_of(line("a")), [&](const std::string& id) { ended.push_back(id); });
  assert_true(done.ok());
  room.poll();
  assert_true(ended.empty());
  room.finish(done->job_id);
  room.poll();
  assert_true(ended == std::vector<std::string>({done->job_id}));
}

void retry_wants_a_job_that_is_done_and_whose_requests_are_here(void**) {
  Room room;
  room.open();
  room.keep_running("job_a");
  Job attached = room.finished_job("job_b", {"one\n"});
  attached.attached = true;
  room.keep(attached, {"one\n"});
  const auto retry = [&](const char* id) { return room.submission().retry(id, {}, {}).error().code; };
  assert_true(retry("job_a") == Code::not_complete);
  assert_true(retry("job_b") == Code::unsupported);
  assert_true(retry("job_x") == Code::not_found);
}

void batch_that_was_made_elsewhere_becomes_one_job(void**) {
  Room room;
  room.open().run_engine();
  BatchSpec options;
  options.options = {{"output", "here"}};
  const auto first = room.submission().attach("openai", "batch_9", {});
  assert_true(first.ok() && !first->existed);
  const auto again = room.submission().attach("openai", "batch_9", options);
  assert_true(again.ok() && again->existed && again->job_id == first->job_id);
  assert_true(room.kept(first->job_id).output == "here");
  assert_int_equal(room.in.database.jobs.size(), 1);
  assert_true(room.submission().attach("nobody", "batch_9", {}).error().code == Code::no_provider);
}

void closed_and_failed_routers_take_nothing(void**) {
  {
    Room room;
    room.open();
    room.monitor.fail(br::Error(Code::store, "the disk is full"));
    assert_true(room.submit(spec_of(line("a"))).error().code == Code::store);
    assert_true(room.left_nothing());
  }
  Room room;
  room.open();
  room.gate.close();
  assert_true(room.submit(spec_of(line("a"))).error().code == Code::closed);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(submitted_batch_is_on_disk_when_the_call_returns),
      cmocka_unit_test(wrong_line_leaves_nothing_behind),
      cmocka_unit_test(missing_key_leaves_nothing_behind),
      cmocka_unit_test(store_that_refuses_leaves_nothing_behind),
      cmocka_unit_test(every_failure_of_the_disk_leaves_all_or_nothing),
      cmocka_unit_test(one_wrong_batch_of_many_keeps_all_from_being_sent),
      cmocka_unit_test(many_batches_become_a_job_each),
      cmocka_unit_test(id_that_stands_in_two_batches_is_wrong_where_ids_are_of_all),
      cmocka_unit_test(thread_is_inside_while_requests_are_read),
      cmocka_unit_test(same_work_goes_on_as_the_job_that_it_is),
      cmocka_unit_test(finished_work_is_refused_and_nothing_stays_behind),
      cmocka_unit_test(function_of_a_submitter_is_called_when_its_job_ends),
      cmocka_unit_test(retry_wants_a_job_that_is_done_and_whose_requests_are_here),
      cmocka_unit_test(batch_that_was_made_elsewhere_becomes_one_job),
      cmocka_unit_test(closed_and_failed_routers_take_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
