// The first so many requests of each kind, and no fewer than the vendor takes.
#include "core/requests/canary_quota.h"

#include "support/cmocka.h"

namespace {

using br::CanaryQuota;

int taken(CanaryQuota* quota, const char* kind, int requests, std::int64_t least = 0) {
  int count = 0;
  for (int i = 0; i < requests; ++i) count += quota->take(kind, least) ? 1 : 0;
  return count;
}

void each_kind_has_its_first_ones(void**) {
  CanaryQuota quota(2);
  assert_int_equal(taken(&quota, "a", 1), 1);
  assert_int_equal(taken(&quota, "b", 5), 2);
  assert_int_equal(taken(&quota, "a", 5), 1);
}

void size_is_raised_to_what_the_vendor_takes(void**) {
  CanaryQuota quota(2);
  assert_int_equal(taken(&quota, "a", 500, 100), 100);
  CanaryQuota large(200);
  assert_int_equal(taken(&large, "a", 500, 100), 200);
}

void rest_that_is_too_small_for_a_batch_belongs_to_the_canary(void**) {
  CanaryQuota quota(2);
  quota.expect("a", 150, 100);
  quota.expect("b", 200, 100);
  quota.expect("c", 100, 100);
  assert_int_equal(taken(&quota, "a", 150, 100), 150);
  assert_int_equal(taken(&quota, "b", 200, 100), 100);
  assert_int_equal(taken(&quota, "c", 100, 100), 100);
}

void nothing_goes_first_where_none_is_asked_for(void**) {
  CanaryQuota quota(0);
  assert_false(quota.on());
  assert_int_equal(taken(&quota, "a", 200, 100), 0);
}

void names_that_run_together_are_other_kinds(void**) {
  const br::RequestKind split{"p", "a", "b", "", {}}, joined{"p", "ab", "", "", {}};
  assert_true(split.text() != joined.text());
  const br::RequestKind path{"p", "", "m", "/x", {}}, model{"p", "", "/x", "m", {}};
  assert_true(path.text() != model.text());
  const br::RequestKind chat{"p", "", "m", "", br::Endpoint::chat},
      responses{"p", "", "m", "", br::Endpoint::responses};
  assert_true(chat.text() != responses.text());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_kind_has_its_first_ones),
      cmocka_unit_test(size_is_raised_to_what_the_vendor_takes),
      cmocka_unit_test(rest_that_is_too_small_for_a_batch_belongs_to_the_canary),
      cmocka_unit_test(nothing_goes_first_where_none_is_asked_for),
      cmocka_unit_test(names_that_run_together_are_other_kinds),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
