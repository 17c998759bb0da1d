// A request goes to the provider and the key of the first rule that its model fits, and to no other.
#include "core/route.h"

#include <string>

#include "support/cmocka.h"

namespace {

// "provider@account" of the model; "": no rule fits.
std::string route(std::string_view rules, std::string_view model) {
  const auto routes = br::Routes::parse(rules);
  if (!routes) fail_msg("%s", routes.error().message.c_str());
  const br::Destination* found = routes->find(model);
  if (found == nullptr) return {};
  return found->provider + (found->account.empty() ? "" : "@" + found->account);
}

void first_rule_that_fits_wins(void**) {
  constexpr std::string_view kRules = "gpt-4*=openai, gpt-*=azure, *=groq";
  assert_string_equal(route(kRules, "gpt-4o").c_str(), "openai");
  assert_string_equal(route(kRules, "gpt-3").c_str(), "azure");
  assert_string_equal(route(kRules, "llama").c_str(), "groq");
}

void model_that_fits_no_rule_goes_nowhere(void**) {
  assert_string_equal(route("gpt-*=openai", "claude").c_str(), "");
  assert_string_equal(route("gpt-*=openai", "").c_str(), "");
  assert_string_equal(route("", "gpt-4").c_str(), "");
}

void pattern_fits_the_whole_model_and_no_part_of_it(void**) {
  assert_string_equal(route("gpt-4=a", "gpt-4").c_str(), "a");
  assert_string_equal(route("gpt-4=a", "gpt-4o").c_str(), "");
  assert_string_equal(route("gpt-4=a", "my-gpt-4").c_str(), "");
  assert_string_equal(route("gpt-4=a", "GPT-4").c_str(), "");
}

void question_mark_is_one_character_and_star_any_number(void**) {
  assert_string_equal(route("o?=a", "o1").c_str(), "a");
  assert_string_equal(route("o?=a", "o").c_str(), "");
  assert_string_equal(route("o?=a", "o10").c_str(), "");
  assert_string_equal(route("gpt*=a", "gpt").c_str(), "a");
  assert_string_equal(route("*=a", "").c_str(), "a");
  assert_string_equal(route("*mini*=a", "gpt-4o-mini-2024").c_str(), "a");
  assert_string_equal(route("*-mini=a", "x-mini-mini").c_str(), "a");  // the star takes back what it gave up too early
  assert_string_equal(route("*-mini=a", "x-mini-max").c_str(), "");
  assert_string_equal(route("a*b*c=a", "axbxbyc").c_str(), "a");
}

void destination_names_one_of_several_keys(void**) {
  assert_string_equal(route("gpt-*=openai@team", "gpt-4").c_str(), "openai@team");
  assert_string_equal(br::read_destination("openai").provider.c_str(), "openai");
  assert_string_equal(br::read_destination("openai").account.c_str(), "");
  assert_string_equal(br::read_destination("openai@a@b").account.c_str(), "a@b");
}

void blanks_and_empty_rules_do_not_count(void**) {
  assert_string_equal(route(" , gpt-* = openai ,", "gpt-4").c_str(), "openai");
}

// A model may hold an equals sign, a provider may not.
void last_equals_sign_divides_a_rule(void**) { assert_string_equal(route("ft=x*=openai", "ft=xy").c_str(), "openai"); }

void rule_without_a_side_is_refused(void**) {
  for (const char* rules : {"gpt-4", "=openai", "gpt-4=", "gpt-*=openai, claude"}) {
    const auto routes = br::Routes::parse(rules);
    assert_false(routes.ok());
    assert_int_equal(routes.error().code, br::Code::config);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(first_rule_that_fits_wins),
      cmocka_unit_test(model_that_fits_no_rule_goes_nowhere),
      cmocka_unit_test(pattern_fits_the_whole_model_and_no_part_of_it),
      cmocka_unit_test(question_mark_is_one_character_and_star_any_number),
      cmocka_unit_test(destination_names_one_of_several_keys),
      cmocka_unit_test(blanks_and_empty_rules_do_not_count),
      cmocka_unit_test(last_equals_sign_divides_a_rule),
      cmocka_unit_test(rule_without_a_side_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
