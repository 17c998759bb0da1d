// How a batch that a program on this machine works on differs from one at a vendor.
#include "core/engine/engine.h"
#include "core/engine/local_driver.h"
#include "core/protocol/poll.h"
#include "providers/registry.h"
#include "support/cmocka.h"

namespace {

constexpr std::int64_t kHour = 3'600'000;

void batch_on_this_machine_is_looked_at_within_a_second(void**) {
  const br::Config config;
  const br::Provider* local = br::find_provider("vllm");
  br::StepRules here = br::step_rules(config, local, false);
  br::LocalDriver({nullptr, nullptr, {}, local}).tune(&here);
  const br::StepRules there = br::step_rules(config, br::find_provider("openai"), false);
  assert_int_equal(br::poll_delay_ms(here.poll, 0), 1000);
  assert_int_equal(br::poll_delay_ms(here.poll, kHour), 10'000);
  assert_int_equal(br::poll_delay_ms(there.poll, 0), 60'000);
}

void outcome_of_a_local_call_needs_no_time_to_settle(void**) {
  const br::Provider* local = br::find_provider("vllm");
  br::StepRules rules = br::step_rules(br::Config(), local, false);
  assert_true(rules.settle_ms > 0);
  br::LocalDriver({nullptr, nullptr, {}, local}).tune(&rules);
  assert_int_equal(rules.settle_ms, 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(batch_on_this_machine_is_looked_at_within_a_second),
      cmocka_unit_test(outcome_of_a_local_call_needs_no_time_to_settle),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
