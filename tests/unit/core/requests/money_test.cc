// Amounts are exact: what a decimal price says is what is summed.
#include "core/requests/money.h"

#include <string>

#include "support/cmocka.h"

namespace {

using br::Money;

void decimal_is_read_exactly(void**) {
  assert_int_equal(Money::parse("12.50")->micro_dollars(), 12'500'000);
  assert_int_equal(Money::parse("0.000001")->micro_dollars(), 1);
  assert_int_equal(Money::parse("5e-07")->micro_dollars(), 1);  // half of one goes up
  assert_int_equal(Money::parse("1E+2")->micro_dollars(), 100'000'000);
  assert_true(*Money::parse("0") == Money() && *Money::parse("0.00") == Money());
  assert_true(Money::parse("0.15")->usd() == 0.15);
  assert_true(*Money::parse("1000000") > *Money::parse("999999.9999999999"));
}

void what_is_no_amount_is_refused(void**) {
  for (const char* text : {"", ".", "-1", "+1", "1.2.3", "$1", "1e", "1e999", "nan", "0x1", "1000001", "1e7",
                           "0.00000000001", "99999999999999999999", "1 "}) {
    if (Money::parse(text)) fail_msg("%s", text);
  }
}

void tenth_of_a_cent_a_million_times_is_a_thousand_dollars(void**) {
  const Money price = *Money::parse("0.1");  // for a million tokens, which no double is
  Money sum;
  for (int i = 0; i < 1'000'000; ++i) sum += price.for_tokens(10'000, 100);
  assert_true(sum == *Money::parse("1000"));
  assert_true(sum.usd() == 1000);
}

void share_of_a_token_is_exact(void**) {
  // Half of one token at a tenth of a cent for a million: 5e-11 dollars.
  assert_true(Money::parse("0.0001")->for_tokens(1, 50).usd() == 5e-11);
  assert_true(Money::parse("0.0000000001")->for_tokens(1'000'000, 1).usd() == 1e-12);
}

void largest_job_does_not_overflow(void**) {
  const Money sum = Money::parse("1000000")->for_tokens(INT64_MAX / 1'000'000, 100);
  assert_true(sum > *Money::parse("1000000"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(decimal_is_read_exactly),
      cmocka_unit_test(what_is_no_amount_is_refused),
      cmocka_unit_test(tenth_of_a_cent_a_million_times_is_a_thousand_dollars),
      cmocka_unit_test(share_of_a_token_is_exact),
      cmocka_unit_test(largest_job_does_not_overflow),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
