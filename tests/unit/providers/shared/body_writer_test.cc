// provider_kwargs are merged field by field, however many there are.
#include "providers/shared/body_writer.h"

#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

std::string padded(std::string text) { return text.append(br::kJsonPadding, ' '); }

void fields_of_the_caller_win_and_the_last_of_a_name_counts(void**) {
  const std::string kwargs = padded("{\"b\":1,\"x\":2,\"b\":3}");
  std::string out;
  br::BodyWriter body(std::string_view(kwargs).substr(0, kwargs.size() - br::kJsonPadding), &out);
  body.field("a", "0");
  body.field("b", "0");
  assert_true(body.replacement("x") == "2");
  body.end();
  assert_string_equal(out.c_str(), "{\"a\":0,\"b\":3,\"x\":2}");
}

struct Written {
  explicit Written(const char* json, const br::FieldNames& names = {})
      : kwargs(padded(json)), body(std::string_view(kwargs).substr(0, kwargs.size() - br::kJsonPadding), &out, names) {}
  std::string kwargs, out;
  br::BodyWriter body;
};

void field_under_another_name_is_not_sent_twice(void**) {
  static constexpr br::FieldNames::Synonyms kSame[] = {{"max_tokens", "max_completion_tokens"}};
  Written w(R"({"max_completion_tokens":7,"x":1})", {kSame, false});
  w.body.field("max_tokens", "9");
  w.body.field("y", "2");
  assert_true(w.body.replacement("max_tokens") == "7");
  w.body.end();
  assert_string_equal(w.out.c_str(), R"({"y":2,"max_completion_tokens":7,"x":1})");
  Written other(R"({"max_tokens":7})", {kSame});
  other.body.field("max_completion_tokens", "9");
  assert_true(other.body.under_name("max_completion_tokens").empty());
  other.body.end();
  assert_string_equal(other.out.c_str(), R"({"max_tokens":7})");
}

void snake_case_is_the_same_field_where_the_vendor_says_so(void**) {
  Written w(R"({"system_instruction":1,"top_k":2})", {{}, true});
  w.body.field("systemInstruction", "0");
  w.body.field("topP", "3");
  w.body.end();
  assert_string_equal(w.out.c_str(), R"({"systemInstruction":1,"topP":3,"top_k":2})");
  Written twins(R"({"safetySettings":1,"safety_settings":2,"s\u0061fetySettings":3})", {{}, true});
  twins.body.end();
  assert_string_equal(twins.out.c_str(), R"({"safetySettings":3})");
  Written exact(R"({"top_k":2})");
  exact.body.field("topK", "3");
  exact.body.end();
  assert_string_equal(exact.out.c_str(), R"({"topK":3,"top_k":2})");
}

void objects_are_merged_and_the_callers_fields_win(void**) {
  Written w(R"({"generation_config":{"thinkingConfig":{"thinkingBudget":0},"top_k":5},"safetySettings":[]})", {{}, true});
  w.body.object("generationConfig", R"("temperature":0.2,"topK":1)");
  w.body.end();
  assert_string_equal(
      w.out.c_str(),
      R"({"generationConfig":{"temperature":0.2,"topK":5,"thinkingConfig":{"thinkingBudget":0}},"safetySettings":[]})");
  Written replaced(R"({"text":null})");
  replaced.body.object("text", R"("format":{})");
  replaced.body.end();
  assert_string_equal(replaced.out.c_str(), R"({"text":null})");
  Written none(R"({"x":1})");
  none.body.object("text", R"("format":{})");
  none.body.end();
  assert_string_equal(none.out.c_str(), R"({"text":{"format":{}},"x":1})");
}

void objects_inside_are_merged_where_the_vendor_says_so(void**) {
  static constexpr std::string_view kInside[] = {"in"};
  Written w(R"({"o":{"in":{"a":1},"whole":{"a":1}}})", {{}, false, kInside});
  w.body.object("o", R"("in":{"a":0,"b":0},"whole":{"a":0,"b":0})");
  w.body.end();
  assert_string_equal(w.out.c_str(), R"({"o":{"in":{"a":1,"b":0},"whole":{"a":1}}})");
}

void object_is_made_of_what_was_written(void**) {
  for (const char* kwargs : {R"({"o":{"a":1}})", R"({"x":1})"}) {
    Written w(kwargs);
    w.body.field("f", "0");
    const std::size_t begun = w.out.size();
    w.out += R"("a":0,"b":0)";
    w.body.object_since("o", begun);
    w.body.end();
    assert_string_equal(w.out.c_str(), kwargs[2] == 'o' ? R"({"f":0,"o":{"a":1,"b":0}})" : R"({"f":0,"o":{"a":0,"b":0},"x":1})");
  }
  std::string out;
  br::BodyWriter none({}, &out);
  out += R"("a":0)";
  none.object_since("o", 1);
  none.field("f", "0");
  none.end();
  assert_string_equal(out.c_str(), R"({"o":{"a":0},"f":0})");
}

// Two hundred thousand fields took minutes when each was looked for among those before it; the test's time-out notices.
void fields_by_the_hundred_thousand_are_merged_at_once(void**) {
  constexpr int kFields = 200'000;
  std::string kwargs = "{\"k\":0";
  for (int i = 0; i < kFields; ++i) kwargs += ",\"k" + std::to_string(i) + "\":" + std::to_string(i);
  const std::size_t size = (kwargs += "}").size();
  kwargs = padded(std::move(kwargs));
  std::string out;
  br::BodyWriter body(std::string_view(kwargs).substr(0, size), &out);
  body.end();
  assert_true(out == kwargs.substr(0, size));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(fields_of_the_caller_win_and_the_last_of_a_name_counts),
      cmocka_unit_test(field_under_another_name_is_not_sent_twice),
      cmocka_unit_test(snake_case_is_the_same_field_where_the_vendor_says_so),
      cmocka_unit_test(objects_are_merged_and_the_callers_fields_win),
      cmocka_unit_test(objects_inside_are_merged_where_the_vendor_says_so),
      cmocka_unit_test(object_is_made_of_what_was_written),
      cmocka_unit_test(fields_by_the_hundred_thousand_are_merged_at_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
