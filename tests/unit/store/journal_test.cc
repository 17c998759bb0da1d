// What a job's journal knows better than a database that was put back.
#include "store/journal.h"

#include "support/cmocka.h"

namespace {

br::Job job_in(br::Phase phase, const char* batch_id = "") {
  br::Job job;
  job.id = "job_a";
  br::RemoteBatch batch;
  batch.job_id = job.id;
  batch.phase = phase;
  batch.status.id = batch_id;
  job.batches.push_back(batch);
  return job;
}

void batch_that_was_sent_meanwhile_taken_over(void**) {
  br::Job job = job_in(br::Phase::planned);
  assert_int_equal(br::merge_newer_batches(job_in(br::Phase::running, "batch_1"), &job), 1);
  assert_int_equal(job.batches[0].phase, br::Phase::running);
  assert_string_equal(job.batches[0].status.id.c_str(), "batch_1");
}

void create_that_was_under_way_taken_over(void**) {
  br::Job job = job_in(br::Phase::uploaded);
  assert_int_equal(br::merge_newer_batches(job_in(br::Phase::creating), &job), 1);
  assert_int_equal(job.batches[0].phase, br::Phase::creating);
}

void collected_batch_is_fetched_again(void**) {
  br::Job job = job_in(br::Phase::unknown);
  assert_int_equal(br::merge_newer_batches(job_in(br::Phase::collected, "batch_1"), &job), 1);
  assert_int_equal(job.batches[0].phase, br::Phase::fetching);
}

void batch_that_the_database_knows_better_stays(void**) {
  br::Job job = job_in(br::Phase::creating);
  assert_int_equal(br::merge_newer_batches(job_in(br::Phase::planned), &job), 0);
  job = job_in(br::Phase::running, "batch_1");
  assert_int_equal(br::merge_newer_batches(job_in(br::Phase::collected, "batch_1"), &job), 0);
  assert_int_equal(job.batches[0].phase, br::Phase::running);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(batch_that_was_sent_meanwhile_taken_over),
                              cmocka_unit_test(create_that_was_under_way_taken_over),
                              cmocka_unit_test(collected_batch_is_fetched_again),
                              cmocka_unit_test(batch_that_the_database_knows_better_stays)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
