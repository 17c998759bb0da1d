// The state directory: one owner, a job on the disk before the database has it, and what is found again.
#include "core/jobs/router_state.h"

#include <string>

#include "store/journal.h"
#include "support/cmocka.h"
#include "support/router_room.h"

namespace {

using br::Code;
using br::Job;
using br::Phase;
using br::Result;
using br::RouterState;
using br::test::RouterRoom;

// A job that was prepared and is not recorded.
Job prepared(RouterRoom* room, const std::string& id) {
  Job job = room->finished_job(id, {""});
  job.done = false;
  job.batches[0].phase = Phase::planned;
  job.batches[0].status.id.clear();
  assert_true(room->state.spool().make_job_directory(id).ok());
  assert_true(room->in.files->sync_directory(room->state.directory().spool()).ok());
  return job;
}

void recorded_job_outlives_a_loss_of_power(void**) {
  RouterRoom room;
  room.open();
  assert_true(room.state.record(prepared(&room, "job_a"), {"input"}).ok());
  room.in.crash();
  room.world = room.in.begin_process();
  assert_true(room.in.database.jobs.contains("job_a"));
  const auto journal = br::read_journal(room.in.files.get(), "/state/spool/job_a/job.jsonl", "job_a");
  assert_true(journal.ok() && journal->has_value());
}

// A process that was killed at once made the directory, and synced nothing.
void directory_that_another_process_made_outlives_a_loss_of_power(void**) {
  RouterRoom room;
  room.set("state_dir", "/home/state");
  assert_true(room.in.files->make_directory("/home").ok());
  assert_true(room.in.files->make_directory("/home/state").ok());
  room.open();
  room.in.crash();
  room.world = room.in.begin_process();
  assert_true(room.in.files->exists("/home/state/state.db"));
}

// The journal is synced before the database has the job: what the database forgot is found by it.
void job_that_the_database_forgot_is_found_by_its_journal(void**) {
  RouterRoom room;
  room.open();
  assert_true(room.state.record(prepared(&room, "job_a"), {"input"}).ok());
  room.in.database.jobs.clear();
  room.state.close();
  RouterState next(&room.world, &room.events);
  assert_true(next.open(room.config).ok());
  assert_true(room.in.database.jobs.contains("job_a"));
  room.poll();
  assert_true(room.log.back().find("job_a: the database did not know this job") == 0);
}

// It was written by a process that was killed before it synced anything.
void job_that_is_found_by_its_journal_outlives_a_loss_of_power(void**) {
  RouterRoom room;
  room.open();
  assert_true(room.state.spool().make_job_directory("job_a").ok());
  const Job job = prepared(&room, "job_a");
  const std::string path = "/state/spool/job_a/job.jsonl";
  assert_true(br::write_journal(room.in.files.get(), path, job).ok());
  room.state.close();
  RouterState next(&room.world, &room.events);
  assert_true(next.open(room.config).ok());
  room.in.crash();
  room.world = room.in.begin_process();
  const auto journal = br::read_journal(room.in.files.get(), path, "job_a");
  assert_true(journal.ok() && journal->has_value());
}

void damaged_journal_is_told_and_keeps_nobody_from_working(void**) {
  RouterRoom room;
  room.open();
  assert_true(room.state.record(prepared(&room, "job_a"), {"input"}).ok());
  assert_true(room.state.record(prepared(&room, "job_b"), {"input"}).ok());
  room.in.database.jobs.clear();
  const std::string path = room.state.spool().journal("job_a");
  std::string text = room.in.files->text(path);
  text[text.size() / 2] ^= 1;
  room.write(path, text);
  room.state.close();
  RouterState next(&room.world, &room.events);
  assert_true(next.open(room.config).ok());
  assert_false(room.in.database.jobs.contains("job_a"));
  assert_true(room.in.database.jobs.contains("job_b"));
  room.poll();
  assert_int_equal(room.log.size(), 2);
}

void every_failure_of_the_disk_while_recording_is_told(void**) {
  RouterRoom room;
  room.open();
  const std::uint64_t before = room.in.disk.calls();
  assert_true(room.state.record(prepared(&room, "job_0"), {"input"}).ok());
  const std::uint64_t calls = room.in.disk.calls() - before;
  for (std::uint64_t n = 1; n <= calls; ++n) {
    const Job job = prepared(&room, "job_" + std::to_string(n));
    room.in.disk.fail_at(room.in.disk.calls() + n, 5);
    const auto recorded = room.state.record(job, {"input"});
    room.in.disk.heal();
    // Either way the caller knows what is in the database.
    assert_true(recorded.ok() == room.in.database.jobs.contains(job.id));
  }
}

void store_that_refuses_is_told(void**) {
  RouterRoom room;
  room.open();
  room.in.database.write_error = br::Error(Code::store, "the disk is full");
  const auto recorded = room.state.record(prepared(&room, "job_a"), {"input"});
  assert_true(!recorded.ok() && recorded.error().message == "the disk is full");
}

void directory_has_one_owner(void**) {
  RouterRoom room;
  room.open();
  RouterState second(&room.world, &room.events);
  const auto opened = second.open(room.config);
  assert_true(!opened.ok() && opened.error().code == Code::locked);
  assert_true(room.state.record(prepared(&room, "job_a"), {"input"}).ok());
  room.state.close();
  assert_true(RouterState(&room.world, &room.events).open(room.config).ok());
}

void observer_looks_beside_an_owner_and_makes_nothing(void**) {
  RouterRoom room;
  room.set("state.mode", "observer");
  RouterState alone(&room.world, &room.events);
  const auto opened = alone.open(room.config);
  assert_true(!opened.ok() && opened.error().code == Code::not_found);
  assert_false(room.in.files->exists("/state"));
  room.set("state.mode", "owner");
  room.open();
  br::Config observing = room.config;
  assert_true(observing.set("state.mode", "observer").ok());
  RouterState beside(&room.world, &room.events);
  assert_true(beside.open(observing).ok());
  assert_true(beside.is_observer());
  assert_false(room.state.is_observer());
}

void unused_directory_is_removed_and_a_used_one_stays(void**) {
  RouterRoom room;
  room.set("state_dir", "/made/state");
  room.open();
  assert_true(room.in.files->exists("/made/state/lock"));
  room.state.close();
  assert_false(room.in.files->exists("/made"));
  RouterState next(&room.world, &room.events);
  assert_true(next.open(room.config).ok());
  Job job = room.finished_job("job_a", {""});
  assert_true(next.spool().make_job_directory("job_a").ok());
  assert_true(next.record(job, {"input"}).ok());
  next.close();
  assert_true(room.in.files->exists("/made/state/spool/job_a/job.jsonl"));
}

void newer_journal_is_kept_in_the_database(void**) {
  RouterRoom room;
  room.open();
  Job job = prepared(&room, "job_a");
  assert_true(room.state.record(job, {"input"}).ok());
  Job sent = job;
  sent.batches[0].phase = Phase::creating;
  sent.batches[0].creates = 1;
  assert_true(room.state.spool().add_to_journal(sent, &sent.batches[0]).ok());
  assert_true(room.state.catch_up_with_journal(&job).ok());
  assert_int_equal(job.batches[0].creates, 1);
  assert_int_equal(room.kept("job_a").batches[0].creates, 1);
  // It knows that now.
  room.in.database.write_error = br::Error(Code::store, "nothing may be written");
  assert_true(room.state.catch_up_with_journal(&job).ok());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(recorded_job_outlives_a_loss_of_power),
      cmocka_unit_test(directory_that_another_process_made_outlives_a_loss_of_power),
      cmocka_unit_test(job_that_the_database_forgot_is_found_by_its_journal),
      cmocka_unit_test(job_that_is_found_by_its_journal_outlives_a_loss_of_power),
      cmocka_unit_test(damaged_journal_is_told_and_keeps_nobody_from_working),
      cmocka_unit_test(every_failure_of_the_disk_while_recording_is_told),
      cmocka_unit_test(store_that_refuses_is_told),
      cmocka_unit_test(directory_has_one_owner),
      cmocka_unit_test(observer_looks_beside_an_owner_and_makes_nothing),
      cmocka_unit_test(unused_directory_is_removed_and_a_used_one_stays),
      cmocka_unit_test(newer_journal_is_kept_in_the_database),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
