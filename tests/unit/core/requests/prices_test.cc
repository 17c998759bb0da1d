// What tokens cost: the row of the whole name counts, and what is not known is not guessed.
#include "core/requests/prices.h"

#include <string>

#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Prices;
using br::Result;

struct Room {
  Result<Prices> load(const std::string& table) {
    auto file = files.create("/prices");
    assert_true(file.ok() && file->append(table).ok());
    assert_true(config.set("prices.file", "/prices").ok());
    return Prices::load(&files, config);
  }
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::Config config;
};

using br::Money;

bool is(const Money& amount, const char* dollars) { return amount == *Money::parse(dollars); }

constexpr const char* kTable =
    R"({"date":"2030-01-02","models":[["openai","m",1,0.5,2],["openai","m-large",10,5,20]]})";

void whole_name_counts(void**) {
  Room room;
  const auto prices = room.load(kTable);
  assert_true(prices.ok() && prices->date() == "2030-01-02");
  assert_true(is(*prices->find("openai", "m-2030-01-01")->standard.input, "1"));
  assert_true(is(*prices->find("openai", "m-large")->standard.input, "10"));
  for (const char* other : {"m-small", "m-larger", "n", ""}) assert_null(prices->find("openai", other));
  assert_null(prices->find("mistral", "m"));
}

void dated_version_of_its_own_goes_before_the_name(void**) {
  Room room;
  const auto prices = room.load(R"({"models":[["openai","m",1,1,1],["openai","m-2024-05-13",5,5,5]]})");
  assert_true(is(*prices->find("openai", "m-2024-05-13")->standard.input, "5"));
  assert_true(is(*prices->find("openai", "m-2024-08-06")->standard.input, "1"));
}

void cached_tokens_and_the_discount_are_cheaper(void**) {
  Room room;
  const auto prices = room.load(kTable);
  br::TokenSums tokens;
  tokens.input = 3'000'000;
  tokens.cached_input = 1'000'000;
  tokens.output = 1'000'000;
  const auto cost = prices->cost("openai", "m", tokens, 50);
  assert_true(is(cost->sync, "4.5"));
  assert_true(is(cost->batch, "2.25"));
  tokens.cached_input = 9'000'000;  // more than there are
  assert_true(is(prices->cost("openai", "m", tokens, 0)->sync, "3.5"));
}

constexpr const char* kWhole = R"({"date":"2030-01-02","models":[{"provider":"anthropic","model":"c","input":4,
  "cached_input":0.4,"output":20,"cache_write_5m":5,"cache_write_1h":8,"batch_percent":80,"cached_batch_percent":100,
  "long":{"above":200000,"input":8,"cached_input":0.8,"output":30,"cache_write_5m":10}}]})";

br::Usage usage(std::int64_t input, std::int64_t output, std::int64_t read, std::int64_t five, std::int64_t hour) {
  br::Usage made;
  made.input_tokens = input;
  made.output_tokens = output;
  made.cached_input_tokens = read;
  made.cache_write_5m_tokens = five;
  made.cache_write_1h_tokens = hour;
  return made;
}

void each_class_of_tokens_has_its_price(void**) {
  Room room;
  const auto prices = room.load(kWhole);
  br::TokenSums tokens;
  tokens.add(usage(100'000, 10'000, 20'000, 30'000, 40'000));  // 10,000 fresh
  const auto cost = prices->cost("anthropic", "c", tokens, 50);
  assert_true(is(cost->sync, "0.718"));    // .04 + .008 + .15 + .32 + .2
  assert_true(is(cost->batch, "0.576"));   // what was read from the cache is no cheaper
}

void long_prompt_costs_more_as_a_whole(void**) {
  Room room;
  const auto prices = room.load(kWhole);
  br::TokenSums tokens;
  tokens.add(usage(200'000, 0, 0, 0, 0));
  assert_true(is(prices->cost("anthropic", "c", tokens, 0)->sync, "0.8"));
  tokens.add(usage(200'001, 1'000, 0, 0, 0));
  assert_true(is(prices->cost("anthropic", "c", tokens, 0)->sync, "2.430008"));
  tokens.add(usage(300'000, 0, 0, 0, 1));  // no price is known of that
  assert_false(prices->cost("anthropic", "c", tokens, 0).has_value());
}

void class_without_a_price_is_unknown_only_when_it_was_used(void**) {
  Room room;
  const auto prices = room.load(kTable);
  br::TokenSums tokens;
  tokens.add(usage(1'000'000, 0, 0, 0, 0));
  assert_true(prices->cost("openai", "m", tokens, 0).has_value());
  tokens.add(usage(10, 0, 0, 1, 0));
  assert_false(prices->cost("openai", "m", tokens, 0).has_value());
}

void old_table_is_warned_about(void**) {
  Room room;
  constexpr std::int64_t kDayMs = 86'400'000;
  const std::int64_t made_ms = 1'893'542'400'000;  // 2030-01-02
  const auto prices = room.load(kTable);
  assert_string_equal(prices->age_warning(made_ms + 180 * kDayMs).c_str(), "");
  const std::string warning = prices->age_warning(made_ms + 181 * kDayMs);
  assert_true(warning.find("/prices is of 2030-01-02, 181 days ago") == 0);
  assert_true(room.load(R"({"models":[]})")->age_warning(0).find("no date") != std::string::npos);
}

void job_with_a_model_of_unknown_price_has_no_cost(void**) {
  Room room;
  const auto prices = room.load(kTable);
  br::Job job;
  job.batches.resize(2);
  for (br::RemoteBatch& batch : job.batches) {
    batch.provider = "openai";
    batch.model = "m";
    batch.tokens.input = 1'000'000;
  }
  assert_true(is(prices->cost(job)->sync, "2"));
  job.batches[1].model = "n";
  assert_false(prices->cost(job).has_value());
  job.batches[1].tokens = {};  // it used nothing
  assert_true(is(prices->cost(job)->sync, "1"));
}

void built_in_table_knows_models_by_their_whole_names(void**) {
  Room room;
  const auto prices = Prices::load(&room.files, room.config);
  assert_true(prices.ok());
  assert_true(is(*prices->find("openai", "gpt-4o-mini-2024-07-18")->standard.input, "0.15"));
  assert_true(is(*prices->find("openai", "gpt-4o")->standard.input, "2.5"));
  assert_true(is(*prices->find("anthropic", "claude-opus-4-8")->standard.output, "25"));
  assert_true(is(*prices->find("anthropic", "claude-opus-4-20250514")->standard.output, "75"));
  for (const char* unknown : {"claude-opus-4-9", "claude-opus-4-8-fast", "claude"})
    assert_null(prices->find("anthropic", unknown));
}

void file_that_is_no_table_is_refused(void**) {
  Room room;
  for (const char* text :
       {"", "[]", "{}", R"({"models":[["openai","m",1,2]]})", R"({"models":[[1,"m",1,2,3]]})", R"({"models":[{}]})",
        R"({"models":[{"provider":"a","model":"m","output":1}]})",
        R"({"models":[{"provider":"a","model":"m","input":1,"batch_percent":101}]})",
        R"({"models":[{"provider":"a","model":"m","input":1,"long":{"above":150000,"input":2}}]})"}) {
    const auto prices = room.load(text);
    assert_true(!prices.ok() && prices.error().code == br::Code::config);
    assert_true(prices.error().message.find("/prices") == 0);
  }
  assert_true(room.config.set("prices.file", "/missing").ok());
  assert_false(Prices::load(&room.files, room.config).ok());
}

// One that is forgotten would make an estimate too small, and a budget be exceeded.
void price_that_is_no_number_is_refused(void**) {
  Room room;
  for (const char* cell : {"\"1\"", "null", "-1", "true"}) {
    const auto prices = room.load(R"({"models":[["openai","m",)" + std::string(cell) + ",1,1]]}");
    if (prices.ok()) fail_msg("%s", cell);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(whole_name_counts),
      cmocka_unit_test(dated_version_of_its_own_goes_before_the_name),
      cmocka_unit_test(cached_tokens_and_the_discount_are_cheaper),
      cmocka_unit_test(job_with_a_model_of_unknown_price_has_no_cost),
      cmocka_unit_test(built_in_table_knows_models_by_their_whole_names),
      cmocka_unit_test(each_class_of_tokens_has_its_price),
      cmocka_unit_test(long_prompt_costs_more_as_a_whole),
      cmocka_unit_test(class_without_a_price_is_unknown_only_when_it_was_used),
      cmocka_unit_test(old_table_is_warned_about),
      cmocka_unit_test(file_that_is_no_table_is_refused),
      cmocka_unit_test(price_that_is_no_number_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
