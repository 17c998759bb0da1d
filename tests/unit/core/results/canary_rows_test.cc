// Which results of a canary say that the other requests would be refused as well.
#include "core/results/canary_rows.h"

#include <string>

#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

using br::CanaryRow;

std::string errored(const std::string& type, const std::string& code, bool transient) {
  return R"({"custom_id":"a","status":"errored","error":{"type":")" + type + R"(","code":")" + code +
         R"(","message":"why","http_status":400,"transient":)" + (transient ? "true" : "false") + "}}";
}

CanaryRow judged(const std::string& line) {
  std::string why;
  return br::judge_canary_row(line, &why);
}

void refused_for_its_form_is_a_refusal(void**) {
  assert_true(judged(errored("invalid_request_error", "unsupported_parameter", false)) == CanaryRow::refused);
  assert_true(judged(errored("not_submitted", "not_submitted", false)) == CanaryRow::refused);
  assert_true(judged(errored("batch_failed", "mismatched_model", false)) == CanaryRow::refused);
}

void failure_that_passes_or_is_about_the_content_is_an_answer(void**) {
  assert_true(judged(R"({"custom_id":"a","status":"succeeded","text":"x"})") == CanaryRow::answered);
  assert_true(judged(errored("rate_limit_error", "rate_limit", true)) == CanaryRow::answered);
  assert_true(judged(errored("invalid_request_error", "content_filter", false)) == CanaryRow::answered);
  assert_true(judged(errored("content_policy_violation", "", false)) == CanaryRow::answered);
}

void row_that_never_came_is_no_answer(void**) {
  assert_true(judged(errored("missing", "missing", true)) == CanaryRow::unanswered);
  assert_true(judged(errored("malformed", "malformed", true)) == CanaryRow::unanswered);
  assert_true(judged(R"({"custom_id":"a","status":"expired","error":{}})") == CanaryRow::unanswered);
  assert_true(judged(R"({"custom_id":"a","status":"cancelled","error":{}})") == CanaryRow::unanswered);
}

std::string refusal_of(const std::string& lines) {
  const Scratch scratch;
  scratch.write("results", lines);
  auto refusal = br::canary_refusal({br::posix_files(), scratch.file("results"), -1, ""});
  assert_true(refusal.ok());
  return *refusal;
}

void one_refused_row_holds_back_the_rest(void**) {
  const std::string good = R"({"custom_id":"b","status":"succeeded"})" "\n";
  const std::string why = refusal_of(good + errored("invalid_request_error", "x", false) + "\n" + good);
  assert_string_equal(why.c_str(), "the request \"a\" was refused: why");
  assert_string_equal(refusal_of(good).c_str(), "");
  assert_string_equal(refusal_of(good + errored("server_error", "x", true) + "\n").c_str(), "");
}

void canary_without_an_answer_has_not_passed(void**) {
  assert_string_equal(refusal_of(errored("missing", "missing", true) + "\n").c_str(),
                      "none of its requests was answered: why");
  assert_string_not_equal(refusal_of("").c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(refused_for_its_form_is_a_refusal),
      cmocka_unit_test(failure_that_passes_or_is_about_the_content_is_an_answer),
      cmocka_unit_test(row_that_never_came_is_no_answer),
      cmocka_unit_test(one_refused_row_holds_back_the_rest),
      cmocka_unit_test(canary_without_an_answer_has_not_passed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
