// The most that a batch can cost, before it is sent: what a cache takes for being written, what media make unknown, and
// each model of a batch of several at its own price.
#include <string>

#include "core/requests/estimate.h"
#include "support/cmocka.h"
#include "support/fake_clock.h"
#include "support/fake_files.h"

namespace {

using br::Money;

bool is(const Money& amount, const char* dollars) { return amount == *Money::parse(dollars); }

// Each price another digit, so that a sum shows which were taken. Batches cost half.
constexpr const char* kTable = R"({"date":"2030-01-02","models":[
  {"provider":"anthropic","model":"claude-a","input":4,"cached_input":0.4,"output":20,"cache_write_5m":5,"cache_write_1h":8},
  {"provider":"anthropic","model":"claude-b","input":1,"output":2},
  {"provider":"anthropic","model":"claude-p","input":4,"output":20,"cache_write_5m":5,"media_tokens":1600,
   "long":{"above":200000,"input":8,"output":30,"cache_write_5m":10}},
  {"provider":"openai","model":"gpt-w","input":2,"output":10,"cache_write_5m":2.5},
  {"provider":"openai","model":"gpt-n","input":2,"output":10}]})";

struct Room {
  Room() {
    world.files = &files;
    world.clock = std::shared_ptr<const br::Clock>(std::shared_ptr<void>(), &clock);
  }
  br::Result<br::Prices> load(const std::string& table) {
    auto file = files.create("/prices");
    assert_true(file.ok() && file->append(table).ok());
    assert_true(config.set("prices.file", "/prices").ok());
    return br::Prices::load(&files, config);
  }
  std::string refusal(const br::RemoteBatch& batch, const char* limit) {
    assert_true(config.set("max_cost_usd", limit).ok());
    const auto checked = br::check_budget(world, config, {batch});
    if (checked.ok()) return "";
    assert_int_equal(static_cast<int>(checked.error().code), static_cast<int>(br::Code::budget));
    return checked.error().message;
  }
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::test::FakeClock clock;
  br::Config config;
  br::World world;
  br::Result<br::Prices> prices = load(kTable);
};

br::RemoteBatch batch_of(const char* provider, const char* model, br::Usage usage, std::int64_t media = 0) {
  br::RemoteBatch batch;
  batch.provider = provider;
  batch.model = model;
  batch.rows = 1;
  batch.tokens.add(usage);
  batch.tokens.media = media;
  return batch;
}

br::Usage usage(std::int64_t input, std::int64_t output, std::int64_t five = 0, std::int64_t hour = 0) {
  br::Usage made;
  made.input_tokens = input, made.output_tokens = output;
  made.cache_write_5m_tokens = five, made.cache_write_1h_tokens = hour;
  return made;
}

void marked_prompt_costs_what_writing_it_costs(void**) {
  Room room;
  // 1,000,000 tokens in, all written for five minutes: 5 $; 100,000 out at 20 $ a million: 2 $. Half of 7 $.
  assert_true(
      is(room.prices->bound(batch_of("anthropic", "claude-a", usage(1'000'000, 100'000, 1'000'000)))->batch, "3.5"));
  // For an hour: 8 $ + 2 $, and half of that.
  assert_true(
      is(room.prices->bound(batch_of("anthropic", "claude-a", usage(1'000'000, 100'000, 0, 1'000'000)))->batch, "5"));
  // Without a mark Anthropic writes nothing: 4 $ + 2 $, and half of that.
  assert_true(is(room.prices->bound(batch_of("anthropic", "claude-a", usage(1'000'000, 100'000)))->batch, "3"));
  // No price of writing is known.
  assert_false(room.prices->bound(batch_of("anthropic", "claude-b", usage(10, 10, 10))).has_value());
}

void vendor_that_caches_unasked_may_write_all_of_it(void**) {
  Room room;
  // 1,000,000 tokens at 2.50 $, not at 2 $, and 100,000 at 10 $ a million: 3.50 $, and half of that.
  assert_true(is(room.prices->bound(batch_of("openai", "gpt-w", usage(1'000'000, 100'000)))->batch, "1.75"));
  // Where writing costs nothing extra: 2 $ + 1 $, and half of that.
  assert_true(is(room.prices->bound(batch_of("openai", "gpt-n", usage(1'000'000, 100'000)))->batch, "1.5"));
  // A receipt counts what was used: 1,000,000 fresh tokens are 2 $.
  br::Job job;
  job.batches.push_back(batch_of("openai", "gpt-w", usage(1'000'000, 100'000)));
  assert_true(is(room.prices->cost(job)->batch, "1.5"));
}

void media_without_a_figure_make_the_cost_unknown(void**) {
  Room room;
  const br::RemoteBatch pictures = batch_of("anthropic", "claude-a", usage(10, 10), 2);
  assert_false(room.prices->bound(pictures).has_value());
  const std::string why = room.refusal(pictures, "1000");
  assert_true(why.find("what pictures, documents and recordings cost is not known of anthropic claude-a") != why.npos);
  assert_string_equal(room.refusal(batch_of("anthropic", "claude-a", usage(10, 10)), "1000").c_str(), "");
}

void media_count_as_the_most_that_the_table_says(void**) {
  Room room;
  // 400 pictures of 1,600 tokens are 640,000, with the text a million. A prompt of them may be long, so that all costs
  // what long ones do: 8 $ + 100,000 x 30 $ a million = 11 $, and half of that.
  assert_true(is(room.prices->bound(batch_of("anthropic", "claude-p", usage(360'000, 100'000), 400))->batch, "5.5"));
  // Written to the cache with the text: 10 $ + 3 $, and half of that.
  assert_true(
      is(room.prices->bound(batch_of("anthropic", "claude-p", usage(360'000, 100'000, 360'000), 400))->batch, "6.5"));
}

void each_model_of_a_batch_has_its_own_price(void**) {
  Room room;
  br::RemoteBatch batch = batch_of("anthropic", "", usage(3'000'000, 300'000));
  const auto add = [&batch](const char* model, std::int64_t input, std::int64_t output) {
    br::TokenSums tokens;
    tokens.add(usage(input, output));
    br::add_tokens(model, tokens, &batch.model_tokens);
  };
  add("claude-a-20300101", 1'000'000, 100'000);
  add("claude-b", 2'000'000, 200'000);
  // 4 $ + 2 $ of a, 2 $ + 0.40 $ of b: 8.40 $, and half of that.
  assert_true(is(room.prices->bound(batch)->batch, "4.2"));
  br::Job job;
  job.batches.push_back(batch);
  assert_true(is(room.prices->cost(job)->sync, "8.4"));
  assert_string_equal(room.refusal(batch, "4.2").c_str(), "");
  assert_true(room.refusal(batch, "4.19").find("up to $4.20") != std::string::npos);
  add("claude-x", 10, 10);
  assert_false(room.prices->bound(batch).has_value());
  const std::string why = room.refusal(batch, "1000");
  assert_true(why.find("no price is known of anthropic claude-x") != why.npos);
}

// Of a version that did not keep them apart.
void sums_of_several_models_that_were_not_kept_apart_are_unknown(void**) {
  Room room;
  br::Job job;
  job.batches.push_back(batch_of("anthropic", "", usage(10, 10)));
  assert_false(room.prices->cost(job).has_value());
}

void figure_of_media_that_is_none_is_refused(void**) {
  Room room;
  for (const char* figure : {"0", "-1", "1.5", "\"many\"", "null"}) {
    const auto prices =
        room.load(R"({"models":[{"provider":"a","model":"m","input":1,"media_tokens":)" + std::string(figure) + "}]}");
    if (prices.ok()) fail_msg("%s", figure);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(marked_prompt_costs_what_writing_it_costs),
      cmocka_unit_test(vendor_that_caches_unasked_may_write_all_of_it),
      cmocka_unit_test(media_without_a_figure_make_the_cost_unknown),
      cmocka_unit_test(media_count_as_the_most_that_the_table_says),
      cmocka_unit_test(each_model_of_a_batch_has_its_own_price),
      cmocka_unit_test(sums_of_several_models_that_were_not_kept_apart_are_unknown),
      cmocka_unit_test(figure_of_media_that_is_none_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
