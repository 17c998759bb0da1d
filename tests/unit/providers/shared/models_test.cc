// Models are found by whole names, and a table of one's own is read or refused with the reason.
#include "providers/shared/models.h"

#include "support/cmocka.h"

namespace {

void names_fit_dates_and_platforms_but_no_other_version(void**) {
  for (const char* id : {"claude-opus-4", "claude-opus-4-20250514", "us.anthropic.claude-opus-4-20250514-v1:0",
                         "anthropic/claude-opus-4", "claude-opus-4@20250514", "claude-opus-4-latest"})
    assert_true(br::fits_name(id, "claude-opus-4"));
  for (const char* id : {"claude-opus-4-7", "claude-opus-4-7-20260416", "claude-opus-41", "my-claude-opus-4", "claude-opus-4.8", ""})
    assert_false(br::fits_name(id, "claude-opus-4"));
  assert_true(br::fits_name("ft:gpt-4o-mini-2024-07-18:me::1", "gpt-4o-mini"));
}

void the_built_in_table_is_whole(void**) {
  const br::ModelTable& table = br::ModelTable::built_in();
  assert_string_equal(table.date().c_str(), "2026-11-30");
  assert_false(table.find("anthropic", "claude-opus-4-7").may_think(br::Thinking::enabled));
  assert_true(table.find("anthropic", "claude-opus-4-6").may_think(br::Thinking::enabled));
}

void a_model_that_is_not_in_it_is_refused_nothing(void**) {
  const br::ModelFacts& facts = br::ModelTable::built_in().find("anthropic", "claude-opus-9");
  assert_false(facts.efforts.has_value());
  assert_true(facts.may_think(br::Thinking::enabled) && facts.refuses.empty() && !facts.never_reasons());
}

void a_word_that_lacks_is_the_next_below_and_never_none(void**) {
  br::Few<br::Effort> efforts;
  efforts.add(br::Effort::none), efforts.add(br::Effort::low), efforts.add(br::Effort::high);
  assert_true(br::fit_effort(br::Effort::medium, efforts) == br::Effort::low);
  assert_true(br::fit_effort(br::Effort::max, efforts) == br::Effort::high);
  assert_true(br::fit_effort(br::Effort::minimal, efforts) == br::Effort::low);
  br::Few<br::Effort> always;
  always.add(br::Effort::low);
  assert_false(br::fit_effort(br::Effort::none, always).has_value());
}

void a_table_with_a_wrong_row_is_refused_with_field_and_row(void**) {
  auto table = br::ModelTable::parse(R"({"models":[{"provider":"openai","models":["m"],"efforts":["huge"]}]})", "my.json");
  assert_false(table.ok());
  assert_true(table.error().code == br::Code::config);
  assert_true(table.error().message.find("my.json: efforts is none of none, minimal") != std::string::npos);
  assert_false(br::ModelTable::parse("[]", "my.json").ok());
  table = br::ModelTable::parse(R"({"date":"d","models":[{"provider":"openai","models":["m"],"efforts":[]}]})", "my.json");
  assert_true(table.ok() && table->find("openai", "m").never_reasons());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(names_fit_dates_and_platforms_but_no_other_version),
      cmocka_unit_test(the_built_in_table_is_whole),
      cmocka_unit_test(a_model_that_is_not_in_it_is_refused_nothing),
      cmocka_unit_test(a_word_that_lacks_is_the_next_below_and_never_none),
      cmocka_unit_test(a_table_with_a_wrong_row_is_refused_with_field_and_row),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
