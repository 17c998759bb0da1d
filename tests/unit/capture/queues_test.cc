// When a batch leaves: full, over its bytes, or over its window, which begins with its first call.
#include "capture/queues.h"

#include "support/cmocka.h"

namespace {

using br::Collecting;
using br::QueueKey;
using br::Queues;

constexpr std::int64_t kWindow = 100;

QueueKey key(const char* model) {
  QueueKey made;
  made.provider = "openai";
  made.model = model;
  return made;
}

// Puts a call of so many bytes into the batch of the model.
void put(Queues* queues, std::int64_t batch, const char* model, std::int64_t now_ms, std::int64_t bytes = 1) {
  Collecting* open = queues->find(key(model), bytes);
  if (open == nullptr) open = &queues->begin({batch, key(model), {kWindow, 3, 10}, now_ms});
  queues->note(open, bytes);
}

void window_begins_with_the_first_call(void**) {
  Queues queues;
  put(&queues, 1, "m", 1000);
  put(&queues, 2, "m", 1090);
  assert_int_equal(queues.next_due_ms(), 1000 + kWindow);
  assert_int_equal(queues.take_due(1099).size(), 0);
  const auto due = queues.take_due(1100);
  assert_int_equal(due.size(), 1);
  assert_int_equal(due[0].batch, 1);
  assert_int_equal(due[0].requests, 2);
  assert_int_equal(queues.next_due_ms(), -1);
  assert_int_equal(queues.take_due(5000).size(), 0);
}

void full_batch_leaves_at_once_and_the_next_begins(void**) {
  Queues queues;
  for (std::int64_t i = 1; i <= 4; ++i) put(&queues, i, "m", 1000);
  const auto due = queues.take_due(1000);
  assert_int_equal(due.size(), 1);
  assert_int_equal(due[0].requests, 3);
  assert_int_equal(queues.queued(), 1);
}

void batch_without_room_leaves_before_the_call(void**) {
  Queues queues;
  put(&queues, 1, "m", 1000, 6);
  put(&queues, 2, "m", 1000, 6);
  const auto due = queues.take_due(1000);
  assert_int_equal(due.size(), 1);
  assert_int_equal(due[0].bytes, 6);
}

void batches_of_one_key_that_a_dead_process_left_all_leave(void**) {
  Queues queues;
  for (std::int64_t i = 1; i <= 3; ++i) queues.begin({i, key("m"), {kWindow, 3, 10}, 1000, 3, 3});
  assert_int_equal(queues.take_due(2000).size(), 3);
}

void each_model_has_a_batch_of_its_own(void**) {
  Queues queues;
  put(&queues, 1, "a", 1000);
  put(&queues, 2, "b", 1000);
  assert_int_equal(queues.take_all().size(), 2);
  assert_int_equal(queues.queued(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(window_begins_with_the_first_call),
      cmocka_unit_test(full_batch_leaves_at_once_and_the_next_begins),
      cmocka_unit_test(batch_without_room_leaves_before_the_call),
      cmocka_unit_test(batches_of_one_key_that_a_dead_process_left_all_leave),
      cmocka_unit_test(each_model_has_a_batch_of_its_own),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
