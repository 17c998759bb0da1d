// What tokens cost: the most exact row of the table counts, and what is not known is not guessed.
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

bool near(double a, double b) { return a - b < 1e-9 && b - a < 1e-9; }

constexpr const char* kTable =
    R"({"date":"2030-01-02","models":[["openai","m",1,0.5,2],["openai","m-large",10,5,20]]})";

void longest_beginning_of_the_name_counts(void**) {
  Room room;
  const auto prices = room.load(kTable);
  assert_true(prices.ok() && prices->date() == "2030-01-02");
  assert_true(near(prices->find("openai", "m-small")->input, 1));
  assert_true(near(prices->find("openai", "m-large-2030")->input, 10));
  assert_false(prices->find("openai", "n").has_value());
  assert_false(prices->find("mistral", "m").has_value());
}

void cached_tokens_and_the_discount_are_cheaper(void**) {
  Room room;
  const auto prices = room.load(kTable);
  br::TokenSums tokens;
  tokens.input = 3'000'000;
  tokens.cached_input = 1'000'000;
  tokens.output = 1'000'000;
  const auto cost = prices->cost("openai", "m", tokens, 50);
  assert_true(near(cost->sync_usd, 2 + 0.5 + 2));
  assert_true(near(cost->batch_usd, 4.5 / 2));
  tokens.cached_input = 9'000'000;  // more than there are
  assert_true(near(prices->cost("openai", "m", tokens, 0)->sync_usd, 3 * 0.5 + 2));
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
  assert_true(near(prices->cost(job)->sync_usd, 2));
  job.batches[1].model = "n";
  assert_false(prices->cost(job).has_value());
  job.batches[1].tokens = {};  // it used nothing
  assert_true(near(prices->cost(job)->sync_usd, 1));
}

void built_in_table_is_there(void**) {
  Room room;
  const auto prices = Prices::load(&room.files, room.config);
  assert_true(prices.ok());
  assert_true(near(prices->find("openai", "gpt-4o-mini-2024")->input, 0.15));
  assert_true(near(prices->find("openai", "gpt-4o")->input, 2.5));
}

void file_that_is_no_table_is_refused(void**) {
  Room room;
  for (const char* text :
       {"", "[]", "{}", R"({"models":[["openai","m",1,2]]})", R"({"models":[[1,"m",1,2,3]]})", R"({"models":[{}]})"}) {
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
      cmocka_unit_test(longest_beginning_of_the_name_counts),
      cmocka_unit_test(cached_tokens_and_the_discount_are_cheaper),
      cmocka_unit_test(job_with_a_model_of_unknown_price_has_no_cost),
      cmocka_unit_test(built_in_table_is_there),
      cmocka_unit_test(file_that_is_no_table_is_refused),
      cmocka_unit_test(price_that_is_no_number_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
