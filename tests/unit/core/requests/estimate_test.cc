// Guesses of what a request will bring: the limits that are really sent count, wherever the vendor has them.
#include "core/requests/estimate.h"

#include <string>

#include "codec/json_read.h"
#include "codec/request_reader.h"
#include "support/cmocka.h"
#include "support/fake_world.h"

namespace {

constexpr std::int64_t kDefault = 100;

// Tokens of the answer of one request. line: its fields behind the id; native: what it became.
std::int64_t answer_of(const std::string& fields, const std::string& native = "{}\n") {
  std::string line = R"({"custom_id":"a","model":"m",)" + fields + "}";
  const std::size_t size = line.size();
  line.append(br::kJsonPadding, ' ');
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  if (!reader.read(line.data(), size, &request, &issue)) fail_msg("%s", issue.message.c_str());
  br::TokenSums tokens;
  br::add_estimate(request, native, kDefault, &tokens);
  return tokens.output;
}

#define ASK R"("messages":[{"role":"user","content":"x"}])"

void answer_without_a_limit_is_taken_for_the_default(void**) {
  assert_int_equal(answer_of(ASK), kDefault);
  assert_int_equal(answer_of(R"("body":{"messages":[],"max_tokens":null})"), kDefault);
}

void limit_of_the_line_counts(void**) {
  assert_int_equal(answer_of(ASK R"(,"generation_config":{"max_tokens":7})"), 7);
}

void limit_of_a_raw_body_counts_wherever_the_vendor_has_it(void**) {
  for (const char* body : {R"({"max_tokens":9000})", R"({"max_completion_tokens":9000})", R"({"max_output_tokens":9e3})",
                           R"({"m\u0061x_tokens":9000})", R"({"generationConfig":{"maxOutputTokens":9000}})",
                           R"({"generation_config":{"max_output_tokens":9000}})", R"({"inferenceConfig":{"maxTokens":9000}})",
                           R"({"textGenerationConfig":{"maxTokenCount":9000}})", R"({"max_gen_len":9000,"max_tokens":1})"})
    assert_int_equal(answer_of(std::string(R"("body":)") + body), 9000);
  assert_int_equal(answer_of(R"("body":{"messages":[{"max_tokens":9000}],"tools":{"max_tokens":9000}})"), kDefault);
}

void every_answer_that_is_asked_for_counts(void**) {
  assert_int_equal(answer_of(R"("body":{"max_tokens":10,"n":4})"), 40);
  assert_int_equal(answer_of(R"("body":{"generationConfig":{"candidateCount":3}})"), 3 * kDefault);
  assert_int_equal(answer_of(ASK R"(,"provider_kwargs":{"n":2})", "{\"body\":{\"n\":2}}\n"), 2 * kDefault);
}

void limit_that_is_sent_counts_where_it_is_not_the_lines(void**) {
  assert_int_equal(answer_of(ASK R"(,"generation_config":{"max_tokens":7},"provider_kwargs":{"max_tokens":500})",
                             "{\"custom_id\":\"a\",\"body\":{\"max_tokens\":500}}\n"), 500);
  // Room for thinking that the encoder made.
  assert_int_equal(answer_of(ASK R"(,"reasoning":"high")", "{\"custom_id\":\"a\",\"params\":{\"max_tokens\":25600}}\n"), 25600);
}

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
      cmocka_unit_test(answer_without_a_limit_is_taken_for_the_default),
      cmocka_unit_test(limit_of_the_line_counts),
      cmocka_unit_test(limit_of_a_raw_body_counts_wherever_the_vendor_has_it),
      cmocka_unit_test(every_answer_that_is_asked_for_counts),
      cmocka_unit_test(limit_that_is_sent_counts_where_it_is_not_the_lines),
      cmocka_unit_test(cost_of_all_batches_is_estimated),
      cmocka_unit_test(batches_within_the_limit_pass_and_over_it_do_not),
      cmocka_unit_test(limit_that_is_not_set_limits_nothing),
      cmocka_unit_test(batch_without_a_price_is_over_every_limit),
      cmocka_unit_test(batch_of_this_machine_costs_nothing),
      cmocka_unit_test(limit_that_is_no_amount_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
