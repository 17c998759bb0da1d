// Who takes part in which call: joined, adopted in its turn, or new.
#include "capture/call_table.h"

#include "support/cmocka.h"

namespace {

using br::CallTable;
using br::CapturedCall;
using br::OpenCall;
using br::Waiter;

CapturedCall call(std::int64_t id, const char* identity = "same") {
  CapturedCall made;
  made.id = id;
  made.identity = identity;
  made.line.batch = 7;
  return made;
}

CapturedCall delivered(std::int64_t id, int status) {
  CapturedCall made = call(id);
  made.state = br::CallState::delivered;
  made.status = status;
  return made;
}

Waiter waiter(std::int64_t ticket, const char* key = "") {
  Waiter made;
  made.ticket = ticket;
  made.idempotency_key = key;
  return made;
}

void call_somebody_waits_for_is_not_shared(void**) {
  CallTable table;
  table.join(&table.add(call(1)), waiter(1), 1000);
  assert_null(table.find_for("same", ""));
  assert_int_equal(table.asked_since("same")->ms, 1000);
  assert_null(table.asked_since("other"));
}

void oldest_orphan_is_adopted_first(void**) {
  CallTable table;
  table.add(call(2));
  table.add(call(1));
  OpenCall* const first = table.find_for("same", "");
  assert_int_equal(first->call.id, 1);
  table.join(first, waiter(1), 1000);
  assert_int_equal(table.find_for("same", "")->call.id, 2);
}

void one_idempotency_key_joins_two_callers(void**) {
  CallTable table;
  table.join(&table.add(call(1)), waiter(1, "k"), 1000);
  assert_null(table.find_for("same", "other"));
  assert_int_equal(table.find_for("same", "k")->call.id, 1);
}

void caller_that_leaves_makes_an_orphan(void**) {
  CallTable table;
  table.join(&table.add(call(1)), waiter(5), 1000);
  assert_non_null(table.of_ticket(5));
  assert_int_equal(table.leave(5)->call.id, 1);
  assert_null(table.leave(5));
  assert_int_equal(table.find_for("same", "")->call.id, 1);
  assert_int_equal(table.waiters(), 0);
}

void delivered_call_is_an_answer_and_no_orphan(void**) {
  CallTable table;
  table.add(call(1));
  table.update(delivered(1, 200));
  assert_null(table.find_for("same", ""));
  assert_int_equal(table.delivered("same").size(), 1);
  table.update(delivered(1, 400));
  assert_int_equal(table.delivered("same").size(), 0);
}

void delivered_call_is_joined_by_nobody(void**) {
  CallTable table;
  OpenCall& open = table.add(call(1));
  table.join(&open, waiter(1, "k"), 1000);
  table.join(&open, waiter(2, "k"), 1000);
  table.update(delivered(1, 200));
  assert_null(table.find_for("same", "k"));
}

void asking_goes_on_until_the_last_caller_is_served(void**) {
  CallTable table;
  OpenCall& first = table.add(call(1));
  OpenCall& second = table.add(call(2));
  table.join(&first, waiter(1), 1000);
  table.join(&second, waiter(2), 2000);
  table.hand_out(1);
  assert_null(table.leave(1));
  table.end_of(1, 1);
  assert_int_equal(table.asked_since("same")->ms, 1000);
  assert_non_null(table.leave(2));
  assert_null(table.asked_since("same"));
}

void removed_call_leaves_nothing(void**) {
  CallTable table;
  table.join(&table.add(call(1)), waiter(5), 1000);
  table.remove(1);
  assert_null(table.find(1));
  assert_null(table.of_ticket(5));
  assert_int_equal(table.size(), 0);
  assert_int_equal(table.waiting_in(7).size(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(call_somebody_waits_for_is_not_shared),
      cmocka_unit_test(oldest_orphan_is_adopted_first),
      cmocka_unit_test(one_idempotency_key_joins_two_callers),
      cmocka_unit_test(caller_that_leaves_makes_an_orphan),
      cmocka_unit_test(delivered_call_is_an_answer_and_no_orphan),
      cmocka_unit_test(delivered_call_is_joined_by_nobody),
      cmocka_unit_test(asking_goes_on_until_the_last_caller_is_served),
      cmocka_unit_test(removed_call_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
