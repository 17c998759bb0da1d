// Fields read one by one are what a whole reading of the line finds.
#include "codec/result_fields.h"

#include <string>

#include "codec/json_read.h"
#include "codec/result_line.h"
#include "support/cmocka.h"

namespace {

using br::ResultField;
using br::ResultFields;

std::string padded(std::string line) { return line.append(br::kJsonPadding, '\0'); }

std::string full_line() {
  br::Row row;
  row.custom_id_json = R"("a \"quoted\" é")";
  row.status = br::ResultStatus::errored;
  row.text_json = R"("says \"status\":\"succeeded\"")";
  row.finish_reason_json = R"("stop")";
  row.model_json = R"("m")";
  row.tool_calls_json = R"([{"id":"1"}])";
  row.usage = {3, 5, 0, 0};
  row.response_json = R"({"error":{"message":"not this one"},"text":"nor this"})";
  row.error_message_json = R"("no\nway")";
  row.error_type_json = R"("t")";
  row.error_code_json = "429";
  row.http_status = 429;
  row.transient = true;
  std::string line;
  br::append_result_line(row, {"openai", "job_a", "batch_b"}, &line);
  return line;
}

void every_field_asked_alone_is_the_one_of_the_whole_reading(void**) {
  const std::string line = full_line(), text = padded(line);
  const auto json = br::Json::parse(line);
  assert_non_null(json.get());
  const struct {
    ResultField field;
    const char* name;
  } kAll[] = {{ResultField::custom_id, "custom_id"},   {ResultField::status, "status"},
              {ResultField::text, "text"},             {ResultField::finish_reason, "finish_reason"},
              {ResultField::usage, "usage"},           {ResultField::tool_calls, "tool_calls"},
              {ResultField::model, "model"},           {ResultField::job_id, "job_id"},
              {ResultField::batch_id, "batch_id"},     {ResultField::response, "response"},
              {ResultField::error, "error"}};
  for (const auto& [field, name] : kAll) {
    ResultFields fields(std::string_view(text).substr(0, line.size()));
    assert_string_equal(std::string(fields.token(field)).c_str(), std::string((*json)[name].raw()).c_str());
  }
}

void fields_asked_from_the_back_are_all_there(void**) {
  const std::string line = full_line(), text = padded(line);
  ResultFields fields(std::string_view(text).substr(0, line.size()));
  const std::string_view error = fields.token(ResultField::error);
  assert_true(ResultFields::member(error, "message") == R"("no\nway")");
  assert_true(ResultFields::member(error, "code") == "\"429\"");
  assert_true(ResultFields::member(error, "nothing").empty());
  assert_int_equal(*br::token_integer(ResultFields::member(fields.token(ResultField::usage), "output_tokens")), 5);
  assert_true(fields.token(ResultField::custom_id) == R"("a \"quoted\" é")");
  assert_true(fields.status() == br::ResultStatus::errored);
}

void damaged_line_gives_what_stands_before_the_damage(void**) {
  const std::string line = full_line();
  for (std::size_t cut = 0; cut + 1 < line.size(); ++cut) {
    const std::string text = padded(line.substr(0, cut));
    ResultFields fields(std::string_view(text).substr(0, cut));
    assert_true(fields.token(ResultField::error).empty());
    const std::string_view id = fields.token(ResultField::custom_id);
    assert_true(id.empty() || id == R"("a \"quoted\" é")");
  }
}

void absent_fields_and_nulls_are_told_apart(void**) {
  std::string line;
  br::append_synthetic_line("\"x\"", {}, {"p", "j", "b"}, &line);
  const std::string text = padded(line);
  ResultFields fields(std::string_view(text).substr(0, line.size()));
  assert_true(fields.token(ResultField::tool_calls).empty());
  assert_true(fields.token(ResultField::text) == "null");
  assert_true(ResultFields::member(fields.token(ResultField::usage), "input_tokens").empty());
  assert_false(br::token_integer("null").has_value());
  assert_false(br::token_integer("1.5").has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_field_asked_alone_is_the_one_of_the_whole_reading),
      cmocka_unit_test(fields_asked_from_the_back_are_all_there),
      cmocka_unit_test(damaged_line_gives_what_stands_before_the_damage),
      cmocka_unit_test(absent_fields_and_nulls_are_told_apart),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
