// What is told of a job is its newest snapshot, with what was handed out and who heard of its end.
#include "core/router/job_views.h"

#include <string>
#include <vector>

#include "support/cmocka.h"
#include "support/router_room.h"

namespace {

using br::Code;
using br::Job;
using br::test::RouterRoom;

struct Room : RouterRoom {
  Room() { open(); }
  br::JobViews& views() { return parts->views; }
  std::vector<std::string> listed(const std::string& provider, std::int64_t limit) {
    std::vector<std::string> ids;
    const auto list = views().list(provider, limit);
    assert_true(list.ok());
    for (const br::JobView& each : *list) ids.push_back(each.job().id);
    return ids;
  }
};

void view_counts_what_was_acknowledged_and_handed_out(void**) {
  Room room;
  room.run_engine();
  Job job = room.finished_job("job_a", {"one\ntwo\nthree\n"});
  job.batches[0].progress.acked_rows = 1;
  job.batches[0].progress.acked_bytes = 4;
  room.keep(job, {"one\ntwo\nthree\n"});
  auto view = room.views().view("job_a");
  assert_true(view.ok() && view->acked == 1 && view->handed == 1);
  std::vector<br::Delivered> out;
  assert_true(room.parts->outbox.next("job_a", 0, 1, &out).ok());
  view = room.views().view("job_a");
  assert_true(view.ok() && view->acked == 1 && view->handed == 2);
  assert_true(room.views().view("job_x").error().code == Code::not_found);
}

void view_tells_who_heard_of_the_end(void**) {
  Room room;
  room.keep_finished("job_a", {"one\n"});
  room.in.database.repeats["job_a"] = {"input", true, false};
  assert_true(room.views().view("job_a")->told);
  assert_false(room.views().view("job_a")->refuses_repeat);
}

void list_is_the_newest_first_with_what_the_table_knows(void**) {
  Room room;
  for (const char* id : {"job_c", "job_a", "job_b"}) {
    room.keep_running(id);
    room.in.clock->advance(1000);
  }
  Job other = room.keep_running("job_d");
  other.provider = "mistral";
  room.keep(other);
  using Ids = std::vector<std::string>;
  assert_true(room.listed("", 0) == Ids({"job_d", "job_b", "job_a", "job_c"}));
  assert_true(room.listed("openai", 2) == Ids({"job_b", "job_a"}));
  assert_true(room.parts->jobs.find("job_a").ok());
  room.finish("job_a");
  const auto list = room.views().list("openai", 2);
  assert_true(list.ok() && (*list)[1].job().done && !(*list)[0].job().done);
}

void unanswered_list_of_the_vendor_is_a_timeout(void**) {
  Room room;
  assert_true(room.views().list_remote("openai", 10, 0).error().code == Code::timeout);
  assert_true(room.views().list_remote("nobody", 10, 0).error().code == Code::no_provider);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(view_counts_what_was_acknowledged_and_handed_out),
      cmocka_unit_test(view_tells_who_heard_of_the_end),
      cmocka_unit_test(list_is_the_newest_first_with_what_the_table_knows),
      cmocka_unit_test(unanswered_list_of_the_vendor_is_a_timeout),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
