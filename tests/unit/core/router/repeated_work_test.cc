// Work that is given again goes on as the job that it is already: nobody pays twice because a program was run twice.
#include "core/router/repeated_work.h"

#include <string>
#include <vector>

#include "core/requests/input_digest.h"
#include "support/cmocka.h"
#include "support/router_room.h"

namespace {

using br::Code;
using br::Job;
using br::Repeat;
using br::RepeatPolicy;
using br::Result;
using br::test::RouterRoom;

RepeatPolicy goes_on() {
  RepeatPolicy policy;
  policy.goes_on = true;
  return policy;
}

RepeatPolicy when_finished(const std::string& what) {
  RepeatPolicy policy;
  policy.finished = what;
  return policy;
}

struct Room : RouterRoom {
  Room() { open(); }
  br::RepeatedWork& work() { return parts->repeats; }
  void asks(const std::string& id, const std::string& input, bool told = false, bool refuses = false) {
    in.database.repeats[id] = {input, told, refuses};
  }
  Job settled(const std::string& id) {
    Job job = finished_job(id, {"one\n"});
    job.batches[0].progress.acked_rows = job.batches[0].results.succeeded = 1;
    keep(job, {"one\n"});
    return job;
  }
  // The id; "error" where it is refused.
  std::string find(const RepeatPolicy& policy, const Job& job = Job()) {
    const auto found = work().find(job, {"input"}, policy);
    if (found) return *found;
    assert_true(found.error().code == Code::already);
    return "error";
  }
  bool told(const std::string& id) { return in.database.repeats.at(id).told; }
};

void options_of_a_batch_are_read(void**) {
  br::BatchSpec spec;
  spec.options = {{"output", "a"}, {"continue", "1"}, {"finished", "take"}, {"again", "1"}, {"output", "b"}};
  const RepeatPolicy policy = br::read_repeat_policy(spec);
  assert_true(policy.output == "b" && policy.finished == "take" && policy.goes_on && policy.again);
}

void open_job_of_the_same_work_is_gone_on_with(void**) {
  Room room;
  room.keep_running("job_a");
  room.asks("job_a", "input");
  room.keep_running("job_b");
  room.asks("job_b", "another");
  assert_true(room.find(goes_on()) == "job_a");
  assert_true(room.find(when_finished("")).empty());
  assert_true(room.find(when_finished("new")).empty());
}

void job_for_another_output_is_other_work(void**) {
  Room room;
  Job job = room.keep_running("job_a");
  job.output = "here";
  room.keep(job);
  room.asks("job_a", "input");
  assert_true(room.find(goes_on()).empty());
  RepeatPolicy policy = goes_on();
  policy.output = "here";
  assert_true(room.find(policy) == "job_a");
  // Who says what is to become of finished work means the work, wherever its results go.
  policy = goes_on();
  policy.finished = "take";
  assert_true(room.find(policy) == "job_a");
}

void settled_job_is_gone_on_with_until_somebody_heard_of_its_end(void**) {
  Room room;
  room.settled("job_a");
  room.asks("job_a", "input");
  assert_true(room.find(goes_on()) == "job_a");
  room.asks("job_a", "input", true);
  assert_true(room.find(goes_on()).empty());
}

void who_worked_on_a_settled_job_has_heard_of_it(void**) {
  Room room;
  room.settled("job_a");
  room.asks("job_a", "input");
  room.parts->worked.add("job_a");
  assert_true(room.find(goes_on()).empty());
  assert_true(room.told("job_a"));
}

void finished_work_is_taken_refused_or_paid_for_again(void**) {
  Room room;
  room.settled("job_a");
  room.asks("job_a", "input", true);
  assert_true(room.find(when_finished("take")) == "job_a");
  assert_true(room.find(when_finished("refuse")) == "error");
  assert_true(room.find(when_finished("new")).empty());
  RepeatPolicy again = when_finished("refuse");
  again.again = true;
  assert_true(room.find(again).empty());
}

// The newest that was ever sent counts, and what a job without any batch at the vendor asked may have been sent by a
// retry of it.
void job_that_was_never_sent_is_no_finished_work(void**) {
  Room room;
  Job free = room.settled("job_a");
  free.batches[0].status.id.clear();
  room.keep(free);
  room.asks("job_a", "input", true);
  assert_true(room.find(when_finished("refuse")).empty());
  Job retry = room.settled("job_b");
  retry.parent = "job_a";
  room.keep(retry);
  room.asks("job_b", br::input_of_retry("job_a"), true);
  assert_true(room.find(when_finished("refuse")) == "error");
  assert_true(room.find(when_finished("take")) == "job_b");
}

void possibly_sent_batch_is_not_free(void**) {
  Room room;
  Job job = room.settled("job_a");
  job.batches[0].status.id.clear();
  job.batches[0].creates = 1;
  room.keep(job);
  room.asks("job_a", "input", true);
  assert_true(room.find(when_finished("refuse")) == "error");
}

void retry_of_a_job_is_not_that_job(void**) {
  Room room;
  room.settled("job_a");
  room.asks("job_a", "input");
  Job middle = room.settled("job_b");
  middle.parent = "job_a";
  room.keep(middle);
  room.asks("job_b", "input");
  Job retry;
  retry.parent = "job_b";
  assert_true(room.find(goes_on(), retry).empty());
  assert_true(room.find(when_finished("refuse"), retry).empty());
}

// A version that kept no digest made it.
void older_retry_is_known_by_its_parent(void**) {
  Room room;
  room.settled("job_a");
  room.asks("job_a", "something");
  Job older = room.keep_running("job_b");
  older.parent = "job_a";
  room.keep(older);
  Job retry;
  retry.parent = "job_a";
  const auto found = room.work().find(retry, {br::input_of_retry("job_a")}, goes_on());
  assert_true(found.ok() && *found == "job_b");
  assert_true(room.in.database.repeats.at("job_b").input == br::input_of_retry("job_a"));
}

// Another thread removes it between the list and the look.
void job_that_is_removed_meanwhile_is_no_repeat(void**) {
  Room room;
  room.keep_running("job_a");
  room.keep_running("job_b");
  room.settled("job_c");
  for (const char* id : {"job_a", "job_b", "job_c"}) room.asks(id, "input");
  room.parts->worked.add("job_c");
  room.in.database.at_repeat_of = [&] { room.in.database.jobs.erase("job_b"); };
  assert_true(room.find(goes_on()) == "job_a");
}

void router_tells_of_the_ends_of_jobs_that_it_worked_on(void**) {
  Room room;
  for (const char* id : {"job_a", "job_b"}) {
    room.settled(id);
    room.asks(id, "input");
    assert_true(room.parts->jobs.find(id).ok());
  }
  room.keep_running("job_c");
  room.asks("job_c", "input");
  assert_true(room.parts->jobs.find("job_c").ok());
  room.parts->worked.add("job_a");
  room.parts->worked.add("job_c");
  room.work().tell_of_ends();
  assert_true(room.told("job_a"));
  assert_false(room.told("job_b"));
  assert_false(room.told("job_c"));
  assert_true(room.work().told(room.kept("job_a")).told);
}

void failing_store_is_told_and_no_job_is_found(void**) {
  Room room;
  room.keep_running("job_a");  // nothing is kept of what it asks
  room.in.database.write_error = br::Error(Code::store, "the disk is full");
  Job same = room.kept("job_a");
  same.parent = "job_p";
  room.keep(same);
  Job retry;
  retry.parent = "job_p";
  const auto found = room.work().find(retry, {br::input_of_retry("job_p")}, goes_on());
  assert_true(!found.ok() && found.error().message == "the disk is full");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(options_of_a_batch_are_read),
      cmocka_unit_test(open_job_of_the_same_work_is_gone_on_with),
      cmocka_unit_test(job_for_another_output_is_other_work),
      cmocka_unit_test(settled_job_is_gone_on_with_until_somebody_heard_of_its_end),
      cmocka_unit_test(who_worked_on_a_settled_job_has_heard_of_it),
      cmocka_unit_test(finished_work_is_taken_refused_or_paid_for_again),
      cmocka_unit_test(job_that_was_never_sent_is_no_finished_work),
      cmocka_unit_test(possibly_sent_batch_is_not_free),
      cmocka_unit_test(retry_of_a_job_is_not_that_job),
      cmocka_unit_test(older_retry_is_known_by_its_parent),
      cmocka_unit_test(job_that_is_removed_meanwhile_is_no_repeat),
      cmocka_unit_test(router_tells_of_the_ends_of_jobs_that_it_worked_on),
      cmocka_unit_test(failing_store_is_told_and_no_job_is_found),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
