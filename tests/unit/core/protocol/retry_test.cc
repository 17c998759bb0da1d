// How long a call waits before it is made again: longer each time, never over the cap, never less than asked for.
#include "core/protocol/retry.h"

#include <cstdint>
#include <limits>

#include "support/cmocka.h"

namespace {

using br::retry_delay_ms;
using br::RetryRule;

void wait_is_anywhere_up_to_a_bound_that_doubles(void**) {
  const RetryRule rule = {500, 60'000, 8};
  for (int failures = 1; failures <= 6; ++failures) {
    const std::int64_t bound = std::int64_t{500} << (failures - 1);
    assert_int_equal(retry_delay_ms(rule, failures, -1, 0), 0);
    assert_int_equal(retry_delay_ms(rule, failures, -1, static_cast<std::uint64_t>(bound)), bound);
    assert_int_equal(retry_delay_ms(rule, failures, -1, static_cast<std::uint64_t>(bound) + 1), 0);
  }
}

void wait_is_never_over_the_cap(void**) {
  const RetryRule rule = {500, 60'000, 8};
  for (const int failures : {8, 31, 1000, std::numeric_limits<int>::max()}) {
    assert_int_equal(retry_delay_ms(rule, failures, -1, 60'000), 60'000);
    for (std::uint64_t dice = 0; dice < 1'000'000'007'000; dice += 1'000'000'007) {
      const std::int64_t wait = retry_delay_ms(rule, failures, -1, dice);
      assert_true(wait >= 0 && wait <= 60'000);
    }
  }
}

void wait_is_never_less_than_the_vendor_asked_for(void**) {
  assert_int_equal(retry_delay_ms({}, 1, 7'000, 3), 7'000);
  assert_int_equal(retry_delay_ms({}, 1, 900'000, 3), 900'000);
  assert_int_equal(retry_delay_ms({}, 1, 100, 400), 400);
}

void no_wait_at_all_is_a_rule_too(void**) {
  assert_int_equal(retry_delay_ms({0, 0, 1}, 1, -1, 12345), 0);
  assert_int_equal(retry_delay_ms({}, 0, -1, 500), 500);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(wait_is_anywhere_up_to_a_bound_that_doubles),
      cmocka_unit_test(wait_is_never_over_the_cap),
      cmocka_unit_test(wait_is_never_less_than_the_vendor_asked_for),
      cmocka_unit_test(no_wait_at_all_is_a_rule_too),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
