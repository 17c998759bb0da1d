// Jobs come into the table once, with what their journal knows; whoever waits for one hears of its end once.
#include "core/jobs/job_table.h"

#include <memory>
#include <string>
#include <vector>

#include "store/journal.h"
#include "support/cmocka.h"
#include "support/router_room.h"

namespace {

using br::Code;
using br::Job;
using br::JobTable;
using br::Phase;
using br::Result;
using br::test::RouterRoom;

const auto kMayGo = [](const Job&) { return Result<void>(); };

struct Room : RouterRoom {
  Room() { open(); }
  JobTable& table() { return parts->jobs; }
  br::DoneFn note() {
    return [this](const std::string& id) { ended.push_back(id); };
  }
  void block(Job job) {
    job.batches[0].blocked = true;
    job.batches[0].error = br::Error(Code::auth, "the key of " + job.id + " is wrong");
    publish(std::move(job));
  }
  std::vector<std::string> ended;
};

void job_is_read_once(void**) {
  Room room;
  room.keep_finished("job_a", {"one\n"});
  assert_true(room.table().known("job_a") == nullptr);
  assert_true(room.table().read("job_a")->id == "job_a");
  assert_true(room.table().known("job_a") == nullptr);
  const auto first = room.table().find("job_a");
  assert_true(first.ok() && (*first)->job.done);
  assert_true(*room.table().find("job_a") == *first);
  assert_true(room.table().known("job_a") == *first);
  assert_int_equal(room.table().all().size(), 1);
  assert_int_equal(room.table().results("job_a").feeds[0]->length, 4);
  assert_true(room.table().results("job_a").feeds[0]->complete);
}

void job_that_nobody_has_is_not_found(void**) {
  Room room;
  const auto found = room.table().find("job_x");
  assert_true(!found.ok() && found.error().code == Code::not_found);
  assert_true(room.table().results("job_x").feeds.empty());
  assert_false(room.table().blocked_error("job_x").has_value());
}

void jobs_of_earlier_processes_come_in_a_few_at_a_time(void**) {
  Room room;
  for (int i = 0; i < 20; ++i) room.keep_running("job_" + std::to_string(i));
  Job settled = room.finished_job("job_settled", {"one\n"});
  settled.batches[0].progress.acked_rows = 1;
  room.keep(settled, {"one\n"});
  assert_true(room.table().list_unsettled().ok());
  assert_true(room.table().is_loading());
  assert_true(room.table().find("job_7").ok());
  room.table().load_some();
  assert_true(room.table().is_loading());
  assert_int_equal(room.table().all().size(), 17);
  room.table().load_some();
  assert_false(room.table().is_loading());
  assert_true(room.table().wait_until_loaded().ok());
  assert_int_equal(room.table().all().size(), 20);
  assert_true(room.table().known("job_settled") == nullptr);
}

void job_that_cannot_be_read_fails_the_router(void**) {
  Room room;
  room.keep_running("job_a");
  assert_true(room.table().list_unsettled().ok());
  room.in.database.jobs.clear();
  room.table().load_some();
  assert_false(room.table().is_loading());
  assert_true(room.monitor.has_failed());
  assert_false(room.table().wait_until_loaded().ok());
}

void job_that_was_removed_before_its_turn_fails_nothing(void**) {
  Room room;
  room.keep_running("job_a");
  assert_true(room.table().list_unsettled().ok());
  assert_true(room.table().begin_removal("job_a", kMayGo).ok());
  room.in.database.jobs.clear();
  room.table().load_some();
  assert_false(room.monitor.has_failed());
  assert_true(room.table().wait_until_loaded().ok());
}

// The database was put back: it does not know that the batch was sent.
void job_catches_up_with_its_journal(void**) {
  Room room;
  Job job = room.keep_running("job_a");
  job.batches[0].phase = Phase::creating;
  job.batches[0].creates = 1;
  job.batches[0].create_sent_ms = 7;
  job.batches[0].status.id.clear();
  assert_true(br::write_journal(room.in.files.get(), room.state.spool().journal("job_a"), job).ok());
  job.batches[0].phase = Phase::planned;
  job.batches[0].creates = 0;
  job.batches[0].create_sent_ms = -1;
  room.keep(job);
  const auto found = room.table().find("job_a");
  assert_true(found.ok() && (*found)->job.batches[0].phase >= Phase::creating);
  assert_int_equal((*found)->job.batches[0].creates, 1);
  assert_int_equal(room.kept("job_a").batches[0].creates, 1);
}

void removed_job_cannot_come_back_before_it_is_gone(void**) {
  Room room;
  room.keep_finished("job_a", {"one\n"});
  const auto refused =
      room.table().begin_removal("job_a", [](const Job&) { return Result<void>(br::Error(Code::not_complete, "no")); });
  assert_true(!refused.ok() && refused.error().message == "no");
  assert_true(room.table().known("job_a") != nullptr);
  assert_true(room.table().begin_removal("job_a", kMayGo).ok());
  assert_true(room.table().known("job_a") == nullptr);
  assert_true(room.table().find("job_a").error().code == Code::not_found);
  assert_true(room.table().begin_removal("job_a", kMayGo).error().code == Code::not_found);
  room.table().end_removal("job_a");  // it could not be removed: it is still there
  assert_true(room.table().find("job_a").ok());
}

void blocked_job_tells_why(void**) {
  Room room;
  const Job job = room.keep_running("job_a");
  (void)room.table().find("job_a");
  assert_false(room.table().blocked_error("job_a").has_value());
  room.block(job);
  assert_string_equal(room.table().blocked_error("job_a")->message.c_str(), "the key of job_a is wrong");
  room.publish(job);
  assert_false(room.table().blocked_error("job_a").has_value());
}

void all_jobs_are_blocked_when_each_of_them_is(void**) {
  Room room;
  const Job first = room.keep_running("job_a"), second = room.keep_running("job_b");
  room.keep_finished("job_c", {"one\n"});
  for (const char* id : {"job_a", "job_b", "job_c"}) assert_true(room.table().find(id).ok());
  room.block(first);
  assert_false(room.table().blocked_error("").has_value());
  room.block(second);
  assert_string_equal(room.table().blocked_error("")->message.c_str(), "the key of job_a is wrong");
}

void end_of_a_job_is_told_once(void**) {
  Room room;
  Job job = room.keep_running("job_a");
  (void)room.table().find("job_a");
  assert_true(room.table().has_unfinished());
  room.table().call_when_done("job_a", room.note());
  room.table().call_when_done("job_a", {});
  room.publish(job);
  room.poll();
  assert_true(room.ended.empty());
  room.finish("job_a");
  room.finish("job_a");
  room.poll();
  assert_int_equal(room.ended.size(), 1);
  assert_false(room.table().has_unfinished());
  room.table().call_when_done("job_a", room.note());
  room.poll();
  assert_int_equal(room.ended.size(), 2);
  room.table().call_when_done("job_x", room.note());
  room.poll();
  assert_int_equal(room.ended.size(), 2);
}

void block_of_a_job_is_told_also_to_whoever_comes_later(void**) {
  Room room;
  const Job job = room.keep_running("job_a");
  (void)room.table().find("job_a");
  room.table().call_when_done("job_a", room.note());
  room.block(job);
  room.poll();
  assert_int_equal(room.ended.size(), 1);
  // A job that goes on again may be blocked once more before its submitter's function is noted.
  room.table().call_when_done("job_a", room.note());
  room.poll();
  assert_int_equal(room.ended.size(), 2);
  room.finish("job_a");
  room.poll();
  assert_int_equal(room.ended.size(), 2);
}

void news_of_a_job_that_left_are_nobodys(void**) {
  Room room;
  const Job job = room.keep_finished("job_a", {"one\n"});
  (void)room.table().find("job_a");
  assert_true(room.table().begin_removal("job_a", kMayGo).ok());
  room.publish(job);
  assert_true(room.table().known("job_a") == nullptr);
}

void released_callbacks_are_called_by_nobody(void**) {
  Room room;
  room.keep_running("job_a");
  (void)room.table().find("job_a");
  const auto held = std::make_shared<int>(0);
  room.table().call_when_done("job_a", [held, note = room.note()](const std::string& id) { note(id); });
  auto released = room.table().release_callbacks();
  room.finish("job_a");
  room.poll();
  assert_true(room.ended.empty());
  assert_int_equal(held.use_count(), 2);
  released.reset();
  assert_int_equal(held.use_count(), 1);
}

void closed_router_reads_no_job(void**) {
  Room room;
  room.keep_finished("job_a", {"one\n"});
  room.monitor.close();
  assert_true(room.table().find("job_a").error().code == Code::closed);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(job_is_read_once),
      cmocka_unit_test(job_that_nobody_has_is_not_found),
      cmocka_unit_test(jobs_of_earlier_processes_come_in_a_few_at_a_time),
      cmocka_unit_test(job_that_cannot_be_read_fails_the_router),
      cmocka_unit_test(job_that_was_removed_before_its_turn_fails_nothing),
      cmocka_unit_test(job_catches_up_with_its_journal),
      cmocka_unit_test(removed_job_cannot_come_back_before_it_is_gone),
      cmocka_unit_test(blocked_job_tells_why),
      cmocka_unit_test(all_jobs_are_blocked_when_each_of_them_is),
      cmocka_unit_test(end_of_a_job_is_told_once),
      cmocka_unit_test(block_of_a_job_is_told_also_to_whoever_comes_later),
      cmocka_unit_test(news_of_a_job_that_left_are_nobodys),
      cmocka_unit_test(released_callbacks_are_called_by_nobody),
      cmocka_unit_test(closed_router_reads_no_job),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
