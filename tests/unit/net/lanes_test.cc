// Which exchange begins next: accounts take turns, and none keeps another one waiting.
#include "net/lanes.h"

#include "support/cmocka.h"

namespace {

using br::Lanes;

// What begins now, in that order.
std::string begun(Lanes* lanes) {
  std::string order;
  while (const auto next = lanes->begin_next()) order += std::to_string(*next) + " ";
  return order;
}

void one_account_has_so_many_at_a_time(void**) {
  Lanes lanes(2, 10);
  for (std::uint64_t i = 1; i <= 4; ++i) lanes.add("a", i);
  assert_string_equal(begun(&lanes).c_str(), "1 2 ");
  lanes.ended("a");
  assert_string_equal(begun(&lanes).c_str(), "3 ");
}

void accounts_take_turns(void**) {
  Lanes lanes(3, 10);
  for (std::uint64_t i = 1; i <= 3; ++i) lanes.add("a", i);
  for (std::uint64_t i = 4; i <= 6; ++i) lanes.add("b", i);
  assert_string_equal(begun(&lanes).c_str(), "1 4 2 5 3 6 ");
}

void account_without_any_gets_a_place_when_all_are_taken(void**) {
  Lanes lanes(3, 3);
  for (std::uint64_t i = 1; i <= 3; ++i) lanes.add("hangs", i);
  assert_string_equal(begun(&lanes).c_str(), "1 2 3 ");
  lanes.add("other", 4);
  lanes.add("other", 5);
  assert_string_equal(begun(&lanes).c_str(), "4 ");
  lanes.ended("other");
  assert_string_equal(begun(&lanes).c_str(), "5 ");
}

void exchange_that_is_not_wanted_any_more_never_begins(void**) {
  Lanes lanes(1, 1);
  lanes.add("a", 1);
  lanes.add("a", 2);
  lanes.remove("a", 1);
  lanes.remove("b", 1);
  assert_string_equal(begun(&lanes).c_str(), "2 ");
  lanes.ended("a");
  lanes.ended("a");
  assert_int_equal(lanes.under_way(), 0);
}

void exchange_that_could_not_go_on_is_the_next_of_its_account(void**) {
  Lanes lanes(1, 5);
  lanes.add("a", 1);
  lanes.add("a", 2);
  assert_int_equal(*lanes.begin_next(), 1);
  lanes.ended("a");
  lanes.put_back("a", 1);
  assert_int_equal(*lanes.begin_next(), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_account_has_so_many_at_a_time),
      cmocka_unit_test(accounts_take_turns),
      cmocka_unit_test(account_without_any_gets_a_place_when_all_are_taken),
      cmocka_unit_test(exchange_that_is_not_wanted_any_more_never_begins),
      cmocka_unit_test(exchange_that_could_not_go_on_is_the_next_of_its_account),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
