// What a caller does with a job reaches it, and what cannot be done is said before anything is changed.
#include "core/router/job_control.h"

#include <optional>
#include <string>
#include <vector>

#include "support/cmocka.h"
#include "support/router_room.h"

namespace {

using br::Code;
using br::Job;
using br::JobSnapshot;
using br::Phase;
using br::Result;
using br::Wait;
using br::test::RouterRoom;

struct Room : RouterRoom {
  Room() { open(); }
  br::JobControl& control() { return parts->control; }
};

template <class T>
Code code_of(const Result<T>& result) {
  return result.ok() ? Code::ok : result.error().code;
}

void wait_ends_when_it_holds_for_each_job(void**) {
  Room room;
  room.keep_running("job_a");
  room.keep_running("job_b");
  const auto done = [](const JobSnapshot& now) { return now.job.done; };
  const std::vector<std::string> both = {"job_a", "job_b"};
  assert_true(*room.control().wait(both, 0, done) == Wait::timed_out);
  room.finish("job_b");
  assert_true(*room.control().wait(both, 0, done) == Wait::timed_out);
  room.finish("job_a");
  assert_true(*room.control().wait(both, 0, done) == Wait::ready);
  assert_true(*room.control().wait({}, 0, done) == Wait::ready);
  assert_true(code_of(room.control().wait({"job_x"}, 0, done)) == Code::not_found);
}

void removed_job_leaves_no_record_and_no_file(void**) {
  Room room;
  room.run_engine();
  const Job job = room.keep_finished("job_a", {"one\n"});
  room.write(room.state.spool().journal("job_a"), "journal\n");
  assert_true(room.control().remove("job_a").ok());
  assert_false(room.in.database.jobs.contains("job_a"));
  assert_false(room.in.files->exists(room.state.spool().job_directory("job_a")));
  assert_true(code_of(room.control().remove("job_a")) == Code::not_found);
}

void job_that_runs_at_the_vendor_is_not_removed(void**) {
  Room room;
  room.run_engine();
  Job job = room.keep_running("job_a");
  assert_true(code_of(room.control().remove("job_a")) == Code::not_complete);
  assert_true(room.in.database.jobs.contains("job_a"));
  job.attached = true;  // it can be attached again
  room.publish(job);
  assert_true(room.control().remove("job_a").ok());
}

// The journal first: it would bring the job back. What the database does not let go of can still be used.
void job_that_cannot_be_removed_is_still_there(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\n"});
  room.in.database.write_error = br::Error(Code::store, "the disk is full");
  assert_true(code_of(room.control().remove("job_a")) == Code::store);
  assert_true(room.parts->jobs.find("job_a").ok());
  assert_string_equal(room.in.files->text("/state/spool/job_a/p0.results.jsonl").c_str(), "one\n");
}

void only_what_is_in_doubt_can_be_adopted(void**) {
  Room room;
  room.run_engine();
  Job job = room.keep_running("job_a");
  const auto adopt = [&](int part, const char* batch) { return room.control().adopt("job_a", part, batch); };
  assert_true(code_of(adopt(7, "batch_9")) == Code::not_found);
  assert_true(code_of(adopt(0, "")) == Code::invalid_argument);
  assert_true(code_of(adopt(0, "batch_9")) == Code::invalid_argument);
  const auto same = adopt(0, job.batches[0].status.id.c_str());
  assert_true(same.ok() && !*same);
  assert_true(code_of(room.control().adopt("job_x", 0, "batch_9")) == Code::not_found);
}

void only_what_is_in_doubt_can_be_abandoned(void**) {
  Room room;
  room.run_engine();
  room.keep_running("job_a");
  room.keep_finished("job_b", {"one\n"});
  assert_true(code_of(room.control().abandon("job_a")) == Code::invalid_argument);
  assert_true(code_of(room.control().abandon("job_b")) == Code::invalid_argument);
}

void output_is_remembered_durably(void**) {
  Room room;
  room.run_engine();
  room.keep_running("job_a");
  assert_true(room.control().remember_output("job_a", "here.jsonl").ok());
  assert_true(room.kept("job_a").output == "here.jsonl");
  assert_true(room.parts->jobs.known("job_a")->job.output == "here.jsonl");
}

void finished_jobs_need_no_vendor(void**) {
  Room room;
  room.keep_finished("job_a", {"one\n"});
  std::vector<std::optional<br::Error>> errors;
  std::vector<bool> taken;
  assert_true(*room.control().refresh({"job_a"}, -1, &errors) == Wait::ready);
  assert_true(*room.control().cancel({"job_a"}, -1, &taken, &errors) == Wait::ready);
  assert_true(!taken[0] && !errors[0]);
}

void unanswered_cancel_is_told_as_a_timeout(void**) {
  Room room;
  room.keep_running("job_a");
  std::vector<std::optional<br::Error>> errors;
  std::vector<bool> taken;
  assert_true(*room.control().cancel({"job_a"}, 0, &taken, &errors) == Wait::ready);
  assert_false(taken[0]);
  assert_true(errors[0] && errors[0]->code == Code::timeout && errors[0]->transient);
  room.monitor.wakeup();
  assert_true(*room.control().cancel({"job_a"}, -1, &taken, &errors) == Wait::woken);
}

void closed_and_failed_routers_decide_nothing(void**) {
  Room room;
  room.keep_running("job_a");
  room.monitor.fail(br::Error(Code::store, "the disk is full"));
  assert_true(code_of(room.control().resume("job_a")) == Code::store);
  assert_true(code_of(room.control().abandon("job_a")) == Code::store);
  room.gate.close();
  room.monitor.close();
  assert_true(code_of(room.control().remove("job_a")) == Code::closed);
  assert_true(code_of(room.control().wait({"job_a"}, -1, [](const JobSnapshot&) { return true; })) == Code::closed);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(wait_ends_when_it_holds_for_each_job),
      cmocka_unit_test(removed_job_leaves_no_record_and_no_file),
      cmocka_unit_test(job_that_runs_at_the_vendor_is_not_removed),
      cmocka_unit_test(job_that_cannot_be_removed_is_still_there),
      cmocka_unit_test(only_what_is_in_doubt_can_be_adopted),
      cmocka_unit_test(only_what_is_in_doubt_can_be_abandoned),
      cmocka_unit_test(output_is_remembered_durably),
      cmocka_unit_test(finished_jobs_need_no_vendor),
      cmocka_unit_test(unanswered_cancel_is_told_as_a_timeout),
      cmocka_unit_test(closed_and_failed_routers_decide_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
