// When a batch is expected to end, and which batches are remembered.
#include "capture/batch_history.h"

#include "support/cmocka.h"

namespace {

using br::BatchHistory;
using br::BatchProgress;
using br::EndedBatch;

EndedBatch ended(std::int64_t id, const char* queue, std::int64_t took_ms, br::State state = br::State::completed) {
  EndedBatch made;
  made.batch.id = id;
  made.batch.queue = queue;
  made.batch.created_ms = 1000;
  made.ended_ms = 1000 + took_ms;
  made.state = state;
  return made;
}

BatchProgress progress(std::int64_t total, std::int64_t processing, std::int64_t expires_ms = -1) {
  BatchProgress made;
  made.created_ms = 10'000;
  made.counts.total = total;
  made.counts.processing = processing;
  made.expires_ms = expires_ms;
  return made;
}

void end_of_a_batch_nobody_knows_of_is_unknown(void**) {
  BatchHistory history;
  history.note(ended(1, "other", 500));
  history.note(ended(2, "q", 500, br::State::failed));
  assert_int_equal(history.expected_end_ms("q", progress(100, 100), 12'000), -1);
}

void end_of_a_batch_under_way_follows_from_its_share(void**) {
  BatchHistory history;
  history.note(ended(1, "q", 7));
  // A quarter took 2 s, so all of it takes 8 s.
  assert_int_equal(history.expected_end_ms("q", progress(100, 75), 12'000), 18'000);
  assert_int_equal(history.expected_end_ms("q", progress(100, 75, 15'000), 12'000), 15'000);
}

void end_of_a_batch_without_counts_follows_from_the_last_one(void**) {
  BatchHistory history;
  history.note(ended(1, "q", 9'000));
  history.note(ended(2, "q", 5'000));
  assert_int_equal(history.expected_end_ms("q", progress(100, 100), 12'000), 15'000);
}

void end_of_a_late_batch_lies_ahead(void**) {
  BatchHistory history;
  history.note(ended(1, "q", 1'000));
  assert_int_equal(history.expected_end_ms("q", progress(100, 100), 18'000), 19'000);
  // The vendor should have given up already: its word is not believed either.
  assert_int_equal(history.expected_end_ms("q", progress(100, 100, 17'000), 18'000), 19'000);
}

void only_the_newest_batches_are_remembered(void**) {
  BatchHistory history;
  for (std::int64_t id = 1; id <= 30; ++id) history.note(ended(id, "q", id));
  const auto recent = history.recent();
  assert_int_equal(recent.size(), BatchHistory::kKept);
  assert_int_equal(recent.front().batch.id, 30);
  assert_int_equal(recent.back().batch.id, 11);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(end_of_a_batch_nobody_knows_of_is_unknown),
      cmocka_unit_test(end_of_a_batch_under_way_follows_from_its_share),
      cmocka_unit_test(end_of_a_batch_without_counts_follows_from_the_last_one),
      cmocka_unit_test(end_of_a_late_batch_lies_ahead),
      cmocka_unit_test(only_the_newest_batches_are_remembered),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
