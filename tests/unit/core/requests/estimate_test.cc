// What batches will cost, and whether that is within the limit.
#include "core/requests/estimate.h"

#include <string>
#include <vector>

#include "support/cmocka.h"
#include "support/fake_world.h"

namespace {

// Batches of a table of our own: a million tokens of m cost $2 in and $4 out, and half of it in a batch.
struct Room {
  Room() {
    assert_true(in.files->create("/prices.json")->append(kTable).ok());
    assert_true(config.set("prices.file", "/prices.json").ok());
  }
  void add(const char* model, std::int64_t input, std::int64_t output, const char* provider = "openai") {
    br::RemoteBatch batch;
    batch.provider = provider;
    batch.model = model;
    batch.rows = 3;
    batch.tokens.input = input;
    batch.tokens.output = output;
    batches.push_back(batch);
  }
  br::Result<void> check(const char* most) {
    assert_true(config.set("max_cost_usd", most).ok());
    return br::check_budget(world, config, batches);
  }
  static constexpr const char* kTable =
      R"({"date":"2026-11-01","models":[{"provider":"openai","model":"m","input":2,"output":4,"batch_percent":50}]})";
  br::test::FakeWorld in{1, [](const br::HttpRequest&, const std::string&) { return br::test::ok_answer(""); }};
  br::World world = in.begin_process();
  br::Config config;
  std::vector<br::RemoteBatch> batches;
};

constexpr std::int64_t kMillion = 1'000'000;

void cost_of_all_batches_is_estimated(void**) {
  Room room;
  room.add("m", kMillion, kMillion);
  room.add("m", kMillion, 0);
  const auto estimate = br::make_estimate(room.world, room.config, room.batches);
  assert_true(estimate.ok());
  assert_int_equal(estimate->cost->sync.micro_dollars(), 8'000'000);
  assert_int_equal(estimate->cost->batch.micro_dollars(), 4'000'000);
  assert_int_equal(estimate->parts.size(), 2);
}

void batches_within_the_limit_pass_and_over_it_do_not(void**) {
  Room room;
  room.add("m", kMillion, kMillion);
  room.add("m", kMillion, 0);
  assert_true(room.check("4").ok());
  const auto checked = room.check("3.99");
  assert_false(checked.ok());
  assert_int_equal(checked.error().code, br::Code::budget);
}

void limit_that_is_not_set_limits_nothing(void**) {
  Room room;
  room.add("unknown", kMillion, kMillion);
  assert_true(br::check_budget(room.world, room.config, room.batches).ok());
}

// A limit that cannot be checked is not kept.
void batch_without_a_price_is_over_every_limit(void**) {
  Room room;
  room.add("m", 1, 1);
  room.add("unknown", 1, 1);
  const auto checked = room.check("1000000");
  assert_false(checked.ok());
  assert_int_equal(checked.error().code, br::Code::budget);
  assert_true(checked.error().message.find("unknown") != std::string::npos);
  const auto estimate = br::make_estimate(room.world, room.config, room.batches);
  assert_true(estimate.ok() && !estimate->cost && estimate->parts.at(0).cost && !estimate->parts.at(1).cost);
}

void batch_of_this_machine_costs_nothing(void**) {
  Room room;
  room.add("any", kMillion, kMillion, "vllm");
  assert_true(room.check("0").ok());
}

void limit_that_is_no_amount_is_refused(void**) {
  Room room;
  room.add("m", 1, 1);
  room.config = {};
  const auto checked = room.check("a lot");
  assert_false(checked.ok());
  assert_int_equal(checked.error().code, br::Code::config);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(cost_of_all_batches_is_estimated),
      cmocka_unit_test(batches_within_the_limit_pass_and_over_it_do_not),
      cmocka_unit_test(limit_that_is_not_set_limits_nothing),
      cmocka_unit_test(batch_without_a_price_is_over_every_limit),
      cmocka_unit_test(batch_of_this_machine_costs_nothing),
      cmocka_unit_test(limit_that_is_no_amount_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
