// Guesses of what a request will bring: the limits that are really sent count, wherever the vendor has them.
#include "core/requests/estimate.h"

#include <string>

#include "codec/json_read.h"
#include "codec/request_reader.h"
#include "support/cmocka.h"

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

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(answer_without_a_limit_is_taken_for_the_default),
      cmocka_unit_test(limit_of_the_line_counts),
      cmocka_unit_test(limit_of_a_raw_body_counts_wherever_the_vendor_has_it),
      cmocka_unit_test(every_answer_that_is_asked_for_counts),
      cmocka_unit_test(limit_that_is_sent_counts_where_it_is_not_the_lines),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
