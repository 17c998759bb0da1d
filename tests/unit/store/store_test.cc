// What every store does alike: SQLite's and the one that tests use in its place.
#include "store/store.h"

#include <functional>

#include "store/sqlite_store.h"
#include "support/cmocka.h"
#include "support/fake_store.h"
#include "support/scratch.h"

namespace {

using Ids = std::vector<std::string>;

void on_both(const std::function<void(br::Store* store)>& check) {
  const Scratch scratch;
  auto opened = br::open_sqlite_store(br::posix_files(), scratch.file("state.db"), false);
  assert_true(opened.ok());
  check(opened->get());
  br::test::FakeDatabase database;
  check(br::test::open_fake_store(&database).get());
}

br::Job job_of(const std::string& id, std::int64_t created_ms, const std::string& provider = "openai") {
  br::Job job;
  job.id = id;
  job.provider = provider;
  job.created_ms = created_ms;
  br::RemoteBatch batch;
  batch.job_id = id;
  batch.provider = provider;
  batch.base_url = "https://one.example";
  batch.rows = 3;
  job.batches = {batch, batch};
  job.batches[1].part = 1;
  return job;
}

void insert_all(br::Store* store, const std::vector<br::Job>& jobs) {
  for (const br::Job& job : jobs) assert_true(store->insert(job, nullptr).ok());
}

void progress_is_saved_apart_from_its_batch(void**) {
  on_both([](br::Store* store) {
    br::Job job = job_of("job_a", 1);
    insert_all(store, {job});
    assert_true(store->save_progress("job_a", {{1, 0, {2, 80, 3}}, {7, 0, {9, 9, 9}}}).ok());
    job.batches[1].phase = br::Phase::collected;  // whoever saves the batch knows nothing of the progress
    assert_true(store->save_batches({job.batches[1]}).ok());
    const auto loaded = store->load("job_a");
    assert_int_equal(loaded->batches[1].progress.acked_rows, 2);
    assert_int_equal(loaded->batches[1].progress.acked_bytes, 80);
    assert_int_equal(loaded->batches[1].progress.handed_rows, 3);
    assert_int_equal(loaded->batches[0].progress.acked_rows, 0);
    assert_true(store->remove("job_a").ok());
    assert_true(store->save_progress("job_a", {{1, 0, {2, 80, 3}}}).ok());
    insert_all(store, {job_of("job_a", 1)});
    assert_int_equal(store->load("job_a")->batches[1].progress.acked_rows, 0);
  });
}

void replaced_results_bring_their_own_progress(void**) {
  on_both([](br::Store* store) {
    br::Job job = job_of("job_a", 1);
    insert_all(store, {job});
    assert_true(store->save_progress("job_a", {{0, 0, {3, 90, 3}}}).ok());
    job.batches[0].refetches = 1;
    job.batches[0].progress = {1, 30, 3};
    assert_true(store->replace_results({job.batches[0]}).ok());
    const auto loaded = store->load("job_a");
    assert_int_equal(loaded->batches[0].refetches, 1);
    assert_int_equal(loaded->batches[0].progress.acked_rows, 1);
    assert_int_equal(loaded->batches[0].progress.acked_bytes, 30);
  });
}

void progress_that_an_older_version_kept_in_the_record_stays(void**) {
  on_both([](br::Store* store) {
    br::Job job = job_of("job_a", 1);
    job.batches[0].progress = {1, 40, 3};
    insert_all(store, {job});
    job.batches[0].progress = {};
    assert_true(store->save_batches({job.batches[0]}).ok());
    assert_int_equal(store->load("job_a")->batches[0].progress.acked_rows, 1);
  });
}

void saves_change_what_is_there_and_nothing_else(void**) {
  on_both([](br::Store* store) {
    br::Job job = job_of("job_a", 1);
    insert_all(store, {job});
    job.name = "renamed";
    job.batches[1].phase = br::Phase::running;
    assert_true(store->save_job(job).ok());
    assert_int_equal(store->load("job_a")->batches[1].phase, br::Phase::planned);
    assert_true(store->save_batches({job.batches[1]}).ok());
    const auto loaded = store->load("job_a");
    assert_string_equal(loaded->name.c_str(), "renamed");
    assert_int_equal(loaded->batches[0].phase, br::Phase::planned);
    assert_int_equal(loaded->batches[1].phase, br::Phase::running);
    assert_true(store->remove("job_a").ok());
    assert_true(store->save_job(job).ok());
    assert_true(store->save_batches(job.batches).ok());
    assert_int_equal(store->load("job_a").error().code, br::Code::not_found);
    assert_int_equal(*store->count(), 0);
  });
}

void list_is_newest_first_and_ids_are_in_their_order(void**) {
  on_both([](br::Store* store) {
    insert_all(store, {job_of("job_b", 5), job_of("job_a", 5), job_of("job_c", 9, "groq")});
    const auto listed = [&](const char* provider, std::int64_t limit) {
      Ids ids;
      const auto jobs = store->list(provider, limit);
      for (const br::Job& job : *jobs) ids.push_back(job.id);
      return ids;
    };
    assert_true(listed("", 0) == Ids({"job_c", "job_b", "job_a"}));
    assert_true(listed("", 2) == Ids({"job_c", "job_b"}));
    assert_true(listed("openai", 1) == Ids({"job_b"}));
    assert_true(*store->ids() == Ids({"job_a", "job_b", "job_c"}));
    assert_true(*store->unsettled_ids() == Ids({"job_a", "job_b", "job_c"}));
  });
}

void job_is_not_done_before_its_batches(void**) {
  on_both([](br::Store* store) {
    br::Job job = job_of("job_a", 1);
    insert_all(store, {job});
    job.done = true;
    assert_true(store->save_job(job).ok());
    assert_false(store->load("job_a")->done);
    for (br::RemoteBatch& batch : job.batches) batch.phase = br::Phase::collected;
    assert_true(store->save_batches(job.batches).ok());
    assert_true(store->load("job_a")->done);
  });
}

void batch_belongs_to_the_job_of_its_address(void**) {
  on_both([](br::Store* store) {
    br::Job job = job_of("job_a", 1);
    job.batches[0].status.id = "batch_1";
    insert_all(store, {job});
    assert_string_equal(store->owner_of("openai", "https://one.example", "batch_1")->c_str(), "job_a");
    assert_string_equal(store->owner_of("openai", "https://two.example", "batch_1")->c_str(), "");
    assert_string_equal(store->owner_of("groq", "https://one.example", "batch_1")->c_str(), "");
    assert_string_equal(store->owner_of("openai", "https://one.example", "")->c_str(), "");
  });
}

void job_that_asks_the_same_is_found_until_it_was_told(void**) {
  on_both([](br::Store* store) {
    br::Job job = job_of("job_a", 1);
    job.done = true;
    for (br::RemoteBatch& batch : job.batches) batch.phase = br::Phase::collected;
    const br::Repeat repeat{"input", false, true, "requests"};
    assert_true(store->insert(job, &repeat).ok());
    insert_all(store, {job_of("job_b", 2)});
    assert_true(*store->jobs_without_repeat() == Ids({"job_b"}));
    assert_true(*store->jobs_asking({"input"}, br::WhichJobs::open) == Ids({"job_a"}));
    assert_true(*store->jobs_asking({"other", "requests"}, br::WhichJobs::open) == Ids({"job_a"}));
    assert_true(store->jobs_asking({"other"}, br::WhichJobs::all)->empty());
    assert_true(store->tell({"job_a"}).ok());
    assert_true((*store->repeat_of("job_a"))->told);
    assert_true((*store->repeat_of("job_a"))->refuses);
    assert_true(store->jobs_asking({"input"}, br::WhichJobs::open)->empty());
    assert_true(*store->jobs_asking({"input"}, br::WhichJobs::all) == Ids({"job_a"}));
    assert_true(store->keep_repeat("job_b", {"input"}).ok());
    assert_true(*store->jobs_asking({"input"}, br::WhichJobs::all) == Ids({"job_b", "job_a"}));
  });
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(progress_is_saved_apart_from_its_batch),
      cmocka_unit_test(replaced_results_bring_their_own_progress),
      cmocka_unit_test(progress_that_an_older_version_kept_in_the_record_stays),
      cmocka_unit_test(saves_change_what_is_there_and_nothing_else),
      cmocka_unit_test(list_is_newest_first_and_ids_are_in_their_order),
      cmocka_unit_test(job_is_not_done_before_its_batches),
      cmocka_unit_test(batch_belongs_to_the_job_of_its_address),
      cmocka_unit_test(job_that_asks_the_same_is_found_until_it_was_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
