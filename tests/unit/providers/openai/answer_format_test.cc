// Each form in which an answer's form is given becomes that of the endpoint, around the same schema.
#include "providers/openai/answer_format.h"

#include <string>

#include "support/openai_room.h"

namespace {

using br::test::on_responses;
using br::test::OpenAiRoom;

std::string format_of(const std::string& json) { return R"("response_format":)" + json; }

// The body that has the form of the answer alone, or the refusal.
std::string written(const std::string& more, const br::OpenAiLines& form = {}, bool drop = false) {
  OpenAiRoom room(more, form);
  room.options.drop_unsupported = drop;
  br::OpenAiAnswerFormat format(room.line());
  if (!format.fit_schema() || !format.check()) return room.issue.field + ": " + room.issue.message;
  return room.body([&](br::BodyWriter* w) { format.write(w); });
}

void request_without_a_form_gets_none(void**) {
  assert_string_equal(written("").c_str(), "{}");
  assert_string_equal(written(R"("endpoint":"responses")").c_str(), "{}");
}

void every_form_of_a_schema_becomes_that_of_the_endpoint(void**) {
  struct Row {
    const char *given, *name;
  };
  const std::string schema = R"({"type":"object","properties":{}})";
  for (const Row& row : {
           Row{R"({"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{}}}})", "s"},
           Row{R"({"type":"json_schema","name":"s","schema":{"type":"object","properties":{}}})", "s"},
           Row{R"({"type":"object","properties":{}})", "answer"},
       }) {
    const std::string named = R"("name":")" + std::string(row.name) + R"(","schema":)" + schema;
    assert_string_equal(written(format_of(row.given)).c_str(),
                        ("{" + format_of(R"({"type":"json_schema","json_schema":{)" + named + "}}") + "}").c_str());
    assert_string_equal(written(on_responses(format_of(row.given))).c_str(),
                        (R"({"text":{"format":{"type":"json_schema",)" + named + "}}}").c_str());
  }
}

void form_without_a_schema_stays_as_it_is(void**) {
  for (const char* form : {R"({"type":"text"})", R"({"type":"json_object"})"}) {
    assert_string_equal(written(format_of(form)).c_str(), ("{" + format_of(form) + "}").c_str());
    assert_string_equal(written(on_responses(format_of(form))).c_str(),
                        (R"({"text":{"format":)" + std::string(form) + "}}").c_str());
  }
}

void form_that_the_vendor_has_not_is_refused_or_left_out(void**) {
  const std::string grammar = format_of(R"({"type":"grammar","grammar":"x"})");
  assert_true(written(grammar).starts_with("response_format: response_format: OpenAI takes "));
  assert_string_equal(written(grammar, {}, true).c_str(), "{}");
  assert_true(written(format_of(R"({"type":"json_schema"})")).starts_with("response_format: "));
}

void form_of_the_vendors_own_is_taken(void**) {
  const std::string regex = format_of(R"({"type":"regex","pattern":"x"})");
  for (const char* own : {"regex", "*"}) {
    br::OpenAiLines form;
    form.own_format = own;
    assert_string_equal(written(regex, form).c_str(), ("{" + regex + "}").c_str());
  }
}

void text_of_provider_kwargs_stands_beside_the_form(void**) {
  const std::string body =
      written(on_responses(format_of(R"({"type":"json_object"})") + R"(,"provider_kwargs":{"text":{"verbosity":"low"}})"));
  assert_true(body.find(R"("format":{"type":"json_object"})") != std::string::npos);
  assert_true(body.find(R"("verbosity":"low")") != std::string::npos);
}

void schema_is_fitted_where_the_vendor_wants_it_so(void**) {
  br::OpenAiLines strict;
  strict.strict_schemas = &br::kOpenAiStrictSchema;
  const auto form = [](const char* is_strict) {
    return format_of(std::string(R"({"type":"json_schema","json_schema":{"name":"s","strict":)") + is_strict +
                     R"(,"schema":{"type":"object","properties":{}}}})");
  };
  assert_string_equal(written(form("false"), strict).c_str(), ("{" + form("false") + "}").c_str());
  const std::string fitted = written(form("true"), strict);
  if (fitted.find("\"additionalProperties\":false") == std::string::npos) fail_msg("%s", fitted.c_str());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(request_without_a_form_gets_none),
      cmocka_unit_test(every_form_of_a_schema_becomes_that_of_the_endpoint),
      cmocka_unit_test(form_without_a_schema_stays_as_it_is),
      cmocka_unit_test(form_that_the_vendor_has_not_is_refused_or_left_out),
      cmocka_unit_test(form_of_the_vendors_own_is_taken),
      cmocka_unit_test(text_of_provider_kwargs_stands_beside_the_form),
      cmocka_unit_test(schema_is_fitted_where_the_vendor_wants_it_so),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
