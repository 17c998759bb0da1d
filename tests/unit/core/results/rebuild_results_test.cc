// Damaged results are made again from the vendor's rows on the disk, but only when they are what was collected.
#include "core/results/rebuild_results.h"

#include <cerrno>
#include <memory>
#include <string>

#include "core/results/collect.h"
#include "core/results/id_file.h"
#include "core/results/rest_reason.h"
#include "core/results/result_file.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/fake_files.h"
#include "support/part_room.h"

namespace {

using br::test::row_of;

// A batch of "a" and "b" that was collected: of "b" no row came.
struct Room {
  Room() {
    assert_true(files.make_directories(spool.job_directory("job_a")).ok());
    job.id = "job_a";
    batch.job_id = "job_a";
    batch.provider = "openai";
    batch.status.id = "batch_1";
    batch.status.state = br::State::completed;
    batch.phase = br::Phase::collected;
    batch.rows = 2;
    br::IdSum sum;
    std::string ids;
    for (const char* line : {"\"a\" 1", "\"b\" 2"}) sum.add(line), ids.append(line).push_back('\n');
    batch.ids_sum = sum.last_line();
    write(spool.ids("job_a", 0), ids + batch.ids_sum + "\n");
    write(path, "damaged\n");
  }
  void write(const std::string& to, const std::string& text) {
    auto file = files.create(to);
    assert_true(file.ok() && file->append(text).ok());
  }
  // As the engine does it: the rows come, and the rest is given up.
  void collect(const std::string& rows) {
    write(spool.output("job_a", 0), rows);
    br::CollectorPlan plan;
    if (!job.attached) plan.ids = br::id_file_of(spool, batch);
    plan.output_path = spool.output("job_a", 0);
    plan.max_line_bytes = 1 << 20;
    plan.hash_seed = 3;
    plan.context = br::ResultContext("openai", "job_a", "batch_1");
    plan.provider = &openai;
    plan.feed = std::make_shared<br::ResultFeed>(&files, "/state/collected");
    auto collector = br::Collector::open(std::move(plan));
    assert_true(collector.ok() && (*collector)->consume({rows.size(), true, false, {0}}).ok());
    br::RemoteBatch given_up = batch;
    given_up.phase = br::Phase::fetching;
    assert_true((*collector)->finish(br::rest_reason(given_up).view()).ok());
    collected = files.text("/state/collected");
    batch.results_sum = *br::sum_of_file(&files, "/state/collected");
  }
  br::Result<bool> rebuild() { return br::rebuild_results(spool, job, batch, openai, 1 << 20, 9); }
  bool is_untouched() { return files.text(path) == "damaged\n"; }
  // What a rebuild makes on its way is gone.
  bool is_tidy() {
    for (const std::string& name : files.list_directory(spool.job_directory("job_a"))) {
      if (name.find("rebuilt") != std::string::npos) return false;
    }
    return true;
  }

  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::Spool spool{&files, "/state"};
  const br::Provider& openai = *br::find_provider("openai");
  br::Job job;
  br::RemoteBatch batch;
  const std::string path = "/state/spool/job_a/p0.results.jsonl";
  std::string collected;
};

void results_come_back_byte_for_byte(void**) {
  Room room;
  room.collect(row_of("a"));
  const auto same = room.rebuild();
  assert_true(same.ok() && *same);
  assert_string_equal(room.files.text(room.path).c_str(), room.collected.c_str());
  assert_true(room.collected.find("\"b\"") != std::string::npos);
  assert_true(room.is_tidy());
}

void results_of_a_batch_made_elsewhere_come_back_too(void**) {
  Room room;
  room.job.attached = true;
  room.collect(row_of("x") + row_of("y"));
  const auto same = room.rebuild();
  assert_true(same.ok() && *same);
  assert_string_equal(room.files.text(room.path).c_str(), room.collected.c_str());
}

void nothing_is_rebuilt_without_a_checksum_that_proves_it(void**) {
  Room room;
  room.collect(row_of("a"));
  room.batch.results_sum.clear();
  const auto same = room.rebuild();
  assert_true(same.ok() && !*same);
  assert_true(room.is_untouched() && room.is_tidy());
}

void rows_that_give_another_file_change_nothing(void**) {
  for (const std::string& rows : {row_of("a", "no"), row_of("a") + row_of("b"), std::string()}) {
    Room room;
    room.collect(row_of("a"));
    room.write(room.spool.output("job_a", 0), rows);
    const auto same = room.rebuild();
    assert_true(same.ok() && !*same);
    assert_true(room.is_untouched() && room.is_tidy());
  }
}

void rows_or_ids_that_are_gone_change_nothing(void**) {
  for (const bool is_rows : {false, true}) {
    Room room;
    room.collect(row_of("a"));
    room.files.remove_file(is_rows ? room.spool.output("job_a", 0) : room.spool.ids("job_a", 0));
    const auto same = room.rebuild();
    assert_true(same.ok() && !*same);
    assert_true(room.is_untouched() && room.is_tidy());
  }
}

void rebuilt_results_outlive_a_loss_of_power(void**) {
  Room room;
  room.collect(row_of("a"));
  for (const char* directory : {"/", "/state", "/state/spool", "/state/spool/job_a"})
    assert_true(room.files.sync_directory(directory).ok());
  assert_true(*room.rebuild());
  room.disk.crash();
  br::test::FakeFiles later(&room.disk);
  assert_string_equal(later.text(room.path).c_str(), room.collected.c_str());
}

void every_failure_of_the_disk_leaves_the_old_file_or_the_whole_new_one(void**) {
  std::uint64_t calls = 0;
  {
    Room room;
    room.collect(row_of("a"));
    const std::uint64_t before = room.disk.calls();
    assert_true(*room.rebuild());
    calls = room.disk.calls() - before;
  }
  for (std::uint64_t n = 1; n <= calls; ++n) {
    Room room;
    room.collect(row_of("a"));
    room.disk.fail_at(room.disk.calls() + n, EIO);
    const auto same = room.rebuild();
    room.disk.heal();
    const std::string now = room.files.text(room.path);
    assert_true(now == room.collected || (room.is_untouched() && !(same.ok() && *same)));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(results_come_back_byte_for_byte),
      cmocka_unit_test(results_of_a_batch_made_elsewhere_come_back_too),
      cmocka_unit_test(nothing_is_rebuilt_without_a_checksum_that_proves_it),
      cmocka_unit_test(rows_that_give_another_file_change_nothing),
      cmocka_unit_test(rows_or_ids_that_are_gone_change_nothing),
      cmocka_unit_test(rebuilt_results_outlive_a_loss_of_power),
      cmocka_unit_test(every_failure_of_the_disk_leaves_the_old_file_or_the_whole_new_one),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
