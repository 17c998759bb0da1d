// Cursors read the files of a job from the first result, whatever is handed out or fetched again meanwhile.
#include "core/router/result_files.h"

#include <string>

#include "support/cmocka.h"
#include "support/router_room.h"

namespace {

using br::Code;
using br::Job;
using br::Wait;
using br::test::RouterRoom;

struct Room : RouterRoom {
  Room() { open(); }
  br::ResultFiles& files() { return parts->files; }
  // Another file takes the place of the job's, as a refetch does it.
  void refetch(const std::string& id) {
    Job job = parts->jobs.known(id)->job;
    job.batches[0].refetches += 1;
    write(state.spool().results(job.batches[0]), "new\n");
    const br::Feeds old = parts->jobs.results(id).feeds;
    publish(job);  // with the files that it names
    old[0]->replaced = true;
  }
};

void results_of_a_job_that_runs_are_not_complete(void**) {
  Room room;
  room.keep_running("job_a");
  const auto feeds = room.files().finished("job_a");
  assert_true(!feeds.ok() && feeds.error().code == Code::not_complete);
  assert_true(room.files().finished("job_x").error().code == Code::not_found);
}

void file_of_a_cursor_stays_while_another_one_is_in_force(void**) {
  Room room;
  room.keep_finished("job_a", {"old\n"});
  auto old = room.files().finished("job_a");
  assert_true(old.ok());
  const std::string path = (*old)[0]->path;
  room.refetch("job_a");
  assert_string_equal(room.in.files->text(path).c_str(), "old\n");
  const auto now = room.files().finished("job_a");
  assert_true(now.ok() && (*now)[0]->path != path);
  assert_int_equal((*now)[0]->length, 4);
  old->clear();
  assert_false(room.in.files->exists(path));
}

void results_of_a_job_that_runs_grow(void**) {
  Room room;
  room.keep_running("job_a");
  const auto feeds = room.files().growing("job_a");
  assert_true(feeds.ok());
  room.grow("job_a", "one\n");
  assert_int_equal((*feeds)[0]->length, 4);
  assert_false((*feeds)[0]->complete);
  room.finish("job_a");
  assert_true((*room.files().growing("job_a"))[0]->complete);
}

void wait_ends_with_more_or_with_why_nothing_comes(void**) {
  Room room;
  Job job = room.keep_running("job_a");
  assert_true(room.files().growing("job_a").ok());
  assert_true(*room.files().wait("job_a", 0, [] { return false; }) == Wait::timed_out);
  assert_true(*room.files().wait("job_a", -1, [] { return true; }) == Wait::ready);
  job.batches[0].blocked = true;
  job.batches[0].error = br::Error(Code::auth, "the key is wrong");
  room.publish(job);
  assert_true(room.files().wait("job_a", -1, [] { return false; }).error().code == Code::auth);
  assert_true(*room.files().wait("job_a", -1, [] { return true; }) == Wait::ready);
}

void closed_router_opens_no_file(void**) {
  Room room;
  room.keep_finished("job_a", {"one\n"});
  room.gate.close();
  assert_true(room.files().finished("job_a").error().code == Code::closed);
  assert_true(room.files().input_order("job_a").error().code == Code::closed);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(results_of_a_job_that_runs_are_not_complete),
      cmocka_unit_test(file_of_a_cursor_stays_while_another_one_is_in_force),
      cmocka_unit_test(results_of_a_job_that_runs_grow),
      cmocka_unit_test(wait_ends_with_more_or_with_why_nothing_comes),
      cmocka_unit_test(closed_router_opens_no_file),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
