// What becomes of a call by its result line.
#include "capture/answers.h"

#include <cstring>

#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

using br::AnswerForm;
using br::CallFate;
using br::CallOutcome;

CallOutcome outcome(AnswerForm form, std::string line, bool alone = false) {
  const std::size_t size = line.size();
  line.append(br::kJsonPadding, ' ');
  return br::read_outcome(form, std::string_view(line).substr(0, size), alone);
}

std::string errored(const char* type, int status, const char* response = "null") {
  return std::string(R"({"custom_id":"call-1","status":"errored","text":null,"batch_id":"b1","response":)") + response +
         R"(,"error":{"type":")" + type + R"(","code":"c","message":"no \"such\"","http_status":)" +
         std::to_string(status) + R"(,"transient":false}})";
}

void success_is_the_vendors_object_untouched(void**) {
  const auto out =
      outcome(AnswerForm::openai,
              R"({"custom_id":"call-1","status":"succeeded","batch_id":"b1","response":{"id": 1.0},"error":null})");
  assert_true(out.fate == CallFate::answer);
  assert_int_equal(out.status, 200);
  assert_string_equal(out.body.c_str(), R"({"id": 1.0})");
  assert_string_equal(out.batch_id.c_str(), "b1");
}

void row_error_keeps_the_vendors_status_and_body(void**) {
  const auto out = outcome(AnswerForm::openai, errored("invalid_request_error", 400, R"({"error":{"message":"x"}})"));
  assert_int_equal(out.status, 400);
  assert_string_equal(out.body.c_str(), R"({"error":{"message":"x"}})");
}

void row_error_without_a_body_is_put_in_the_vendors_form(void**) {
  assert_string_equal(outcome(AnswerForm::anthropic, errored("overloaded_error", 529)).body.c_str(),
                      R"({"type":"error","error":{"type":"overloaded_error","message":"no \"such\""}})");
  assert_string_equal(outcome(AnswerForm::gemini, errored("INVALID_ARGUMENT", 400)).body.c_str(),
                      R"({"error":{"code":400,"message":"no \"such\"","status":"INVALID_ARGUMENT"}})");
  assert_string_equal(outcome(AnswerForm::openai, errored("provider_error", 0)).body.c_str(),
                      R"({"error":{"message":"no \"such\"","type":"invalid_request_error","param":null,"code":"c"}})");
}

void request_without_an_answer_is_asked_again(void**) {
  assert_true(outcome(AnswerForm::openai, errored("missing", 0)).fate == CallFate::again);
  assert_true(
      outcome(AnswerForm::openai, R"({"custom_id":"call-1","status":"expired","error":{"type":"expired"}})").fate ==
      CallFate::again);
}

void answer_that_was_paid_and_is_lost_is_not_asked_again(void**) {
  for (const char* type : {"malformed", "results_gone", "unidentified", "abandoned"}) {
    const auto out = outcome(AnswerForm::openai, errored(type, 0));
    assert_true(out.fate == CallFate::answer);
    assert_int_equal(out.status, 502);
  }
}

void batch_refused_for_one_call_is_cut_until_it_stands_alone(void**) {
  assert_true(outcome(AnswerForm::gemini, errored("not_submitted", 400)).fate == CallFate::cut);
  const auto alone = outcome(AnswerForm::gemini, errored("not_submitted", 400), true);
  assert_true(alone.fate == CallFate::answer);
  assert_int_equal(alone.status, 400);
  assert_true(outcome(AnswerForm::openai, errored("not_submitted", 404)).fate == CallFate::answer);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(success_is_the_vendors_object_untouched),
      cmocka_unit_test(row_error_keeps_the_vendors_status_and_body),
      cmocka_unit_test(row_error_without_a_body_is_put_in_the_vendors_form),
      cmocka_unit_test(request_without_an_answer_is_asked_again),
      cmocka_unit_test(answer_that_was_paid_and_is_lost_is_not_asked_again),
      cmocka_unit_test(batch_refused_for_one_call_is_cut_until_it_stands_alone),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
