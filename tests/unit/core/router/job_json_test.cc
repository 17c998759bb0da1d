// What a snapshot tells: whose the times are, and what each remote batch has of its own.
#include "core/router/job_json.h"

#include <memory>
#include <string>

#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

constexpr std::int64_t kRecorded = 1'000'000, kDone = 9'000'000;

br::RemoteBatch batch_of(const char* id, br::State state, std::int64_t created_ms, std::int64_t completed_ms) {
  br::RemoteBatch batch;
  batch.rows = 2;
  batch.phase = br::is_terminal(state) ? br::Phase::collected : br::Phase::running;
  batch.status.id = id;
  batch.status.state = state;
  batch.status.created_ms = created_ms;
  batch.status.completed_ms = completed_ms;
  return batch;
}

br::Job job_of() {
  br::Job job;
  job.id = "job_a";
  job.created_ms = kRecorded;
  return job;
}

br::Job ended(br::Job job) {
  job.done = true;
  job.completed_ms = kDone;
  return job;
}

void times_are_those_of_the_vendors_first_and_last_batch(void**) {
  br::Job job = job_of();
  job.batches = {batch_of("batch_1", br::State::completed, 3'000'000, 5'000'000),
                 batch_of("batch_2", br::State::expired, 2'000'000, 6'000'000)};
  job = ended(job);
  assert_int_equal(br::created_ms(job), 2'000'000);
  assert_int_equal(br::completed_ms(job), 6'000'000);
}

void job_that_goes_on_has_not_completed(void**) {
  br::Job job = job_of();
  job.batches = {batch_of("batch_1", br::State::completed, 3'000'000, 5'000'000),
                 batch_of("batch_2", br::State::in_progress, 3'000'000, -1)};
  assert_int_equal(br::created_ms(job), 3'000'000);
  assert_int_equal(br::completed_ms(job), -1);
}

void batch_that_ended_has_completed_before_its_results_are_here(void**) {
  br::Job job = job_of();
  job.batches = {batch_of("batch_1", br::State::completed, 3'000'000, 5'000'000)};
  job.batches[0].phase = br::Phase::fetching;
  assert_int_equal(br::completed_ms(job), 5'000'000);
}

void where_the_vendor_does_not_say_the_times_are_ours(void**) {
  br::Job job = job_of();
  assert_int_equal(br::created_ms(job), kRecorded);
  job.batches = {batch_of("batch_1", br::State::completed, -1, -1)};
  assert_int_equal(br::created_ms(job), kRecorded);
  assert_int_equal(br::completed_ms(job), -1);
  assert_int_equal(br::completed_ms(ended(job)), kDone);
  // A part that no vendor ever had beside one that has its times.
  job.batches = {batch_of("batch_1", br::State::completed, 3'000'000, 5'000'000), {}};
  job.batches[1].phase = br::Phase::refused;
  assert_int_equal(br::completed_ms(ended(job)), kDone);
}

void each_remote_batch_has_its_counts_and_times(void**) {
  br::Job job = job_of();
  job.batches = {batch_of("batch_1", br::State::completed, 3'000'000, 5'000'000),
                 batch_of("batch_2", br::State::in_progress, 4'000'000, -1)};
  job.batches[0].results = {.total = 2, .succeeded = 1, .errored = 1};
  job.batches[0].submitted_ms = 3'500'000;
  job.batches[1].status.counts.succeeded = 1;
  job.batches[1].status.expires_ms = 8'000'000;
  br::JobView view;
  br::JobSnapshot snapshot;
  snapshot.job = job;
  view.snapshot = std::make_shared<const br::JobSnapshot>(std::move(snapshot));
  const auto json = br::Json::parse(br::job_json(view));
  assert_non_null(json.get());
  const br::Json& first = (*json)["batches"].items()[0];
  const br::Json& second = (*json)["batches"].items()[1];
  assert_int_equal(first["request_counts"]["total"].integer().value_or(-1), 2);
  assert_int_equal(first["request_counts"]["errored"].integer().value_or(-1), 1);
  assert_int_equal(first["request_counts"]["processing"].integer().value_or(-1), 0);
  assert_true(first["created_at"].string() == "1970-01-01T00:50:00.000Z" || first["created_at"].string() == "1970-01-01T00:50:00Z");
  assert_true(first["submitted_at"].is_string() && first["completed_at"].is_string());
  assert_int_equal(second["request_counts"]["succeeded"].integer().value_or(-1), 1);
  assert_int_equal(second["request_counts"]["processing"].integer().value_or(-1), 1);
  assert_false(second["completed_at"].is_string());
  assert_true(second["expires_at"].is_string());
  assert_true((*json)["recorded_at"].is_string());
  assert_false((*json)["done_at"].is_string());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(times_are_those_of_the_vendors_first_and_last_batch),
      cmocka_unit_test(job_that_goes_on_has_not_completed),
      cmocka_unit_test(batch_that_ended_has_completed_before_its_results_are_here),
      cmocka_unit_test(where_the_vendor_does_not_say_the_times_are_ours),
      cmocka_unit_test(each_remote_batch_has_its_counts_and_times),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
