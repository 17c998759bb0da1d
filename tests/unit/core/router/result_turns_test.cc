// Jobs whose results nobody took yet come in turn, and none is forgotten.
#include "core/router/result_turns.h"

#include <stdexcept>

#include "support/cmocka.h"

namespace {

using br::ResultTurns;

void jobs_come_in_turn(void**) {
  ResultTurns turns;
  assert_true(turns.add("job_a"));
  assert_true(turns.add("job_b"));
  assert_false(turns.add("job_b"));
  for (const char* expected : {"job_a", "job_b", "job_a"}) {
    ResultTurns::Turn turn(&turns);
    assert_string_equal(turn.job_id().c_str(), expected);
    assert_true(turn.end(true));
  }
}

void look_keeps_others_from_the_end_until_it_is_over(void**) {
  ResultTurns turns;
  (void)turns.add("job_a");
  ResultTurns::Turn turn(&turns);
  assert_false(turns.is_idle());
  assert_true(turn.end(false));
  assert_true(turns.is_idle());
}

void look_at_a_job_without_results_is_no_news(void**) {
  ResultTurns turns;
  ResultTurns::Turn turn(&turns, "job_a");
  assert_true(turns.is_idle());
  assert_false(turn.end(false));
}

void look_that_throws_puts_its_job_back(void**) {
  ResultTurns turns;
  (void)turns.add("job_a");
  try {
    const ResultTurns::Turn turn(&turns);
    throw std::runtime_error("no memory");
  } catch (const std::runtime_error&) {
  }
  assert_false(turns.is_idle());
  ResultTurns::Turn again(&turns);
  assert_string_equal(again.job_id().c_str(), "job_a");
  (void)again.end(false);
  assert_true(turns.is_idle());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(jobs_come_in_turn),
      cmocka_unit_test(look_keeps_others_from_the_end_until_it_is_over),
      cmocka_unit_test(look_at_a_job_without_results_is_no_news),
      cmocka_unit_test(look_that_throws_puts_its_job_back),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
