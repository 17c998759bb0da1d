// What goes from a request body before it is put into a batch, and what stays.
#include "capture/stream/asked_stream.h"

#include "support/cmocka.h"

namespace {

br::AskedStream asked;

void assert_becomes(const char* body, const char* expected) {
  assert_string_equal(br::without_stream(body, &asked).c_str(), expected);
}

void a_stream_is_told_of_and_taken_out(void**) {
  assert_becomes(R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"n":1})",
                 R"({"model":"m","n":1})");
  assert_true(asked.stream && asked.include_usage);
  assert_becomes(R"({"model":"m","stream":true})", R"({"model":"m"})");
  assert_true(asked.stream && !asked.include_usage);
}

void every_other_byte_stays(void**) {
  assert_becomes("{ \"a\" : 1.0 ,\n\t\"stream\" : true ,\r\n \"b\":\"\\u00e9 \\/ \" , \"seed\":18446744073709551615 }",
                 "{ \"a\" : 1.0 ,\r\n \"b\":\"\\u00e9 \\/ \" , \"seed\":18446744073709551615 }");
  assert_becomes(R"({"a":{"stream":true},"tools":[{"stream_options":1}]})",
                 R"({"a":{"stream":true},"tools":[{"stream_options":1}]})");
  assert_false(asked.stream);
}

void fields_at_the_beginning_and_the_end_leave_no_comma(void**) {
  assert_becomes(R"({"stream":true, "a":1})", R"({"a":1})");
  assert_becomes(R"({"stream":true,"stream_options":null,"a":1,"b":2})", R"({"a":1,"b":2})");
  assert_becomes(R"({"a":1,"stream_options":{},"stream":false})", R"({"a":1})");
  assert_becomes(R"({"stream":true})", "{}");
  assert_becomes(R"( {"stream":true,"stream_options":{"include_usage":false}} )", " {} ");
  assert_false(asked.include_usage);
}

void false_and_null_are_no_wish(void**) {
  assert_becomes(R"({"stream":false,"a":1})", R"({"a":1})");
  assert_false(asked.stream);
  assert_becomes(R"({"stream":null,"a":1})", R"({"a":1})");
  assert_false(asked.stream);
}

void a_field_that_comes_twice_goes_twice_and_the_last_counts(void**) {
  assert_becomes(R"({"stream":true,"a":1,"stream":false})", R"({"a":1})");
  assert_false(asked.stream);
  assert_becomes(R"({"stream":false,"str\u0065am":true,"a":1})", R"({"a":1})");
  assert_true(asked.stream);
}

void a_wrong_stream_stays_for_the_vendor_to_refuse(void**) {
  assert_becomes(R"({"stream":"yes","a":1})", R"({"stream":"yes","a":1})");
  assert_false(asked.stream);
}

void what_is_no_object_stays(void**) {
  for (const char* body :
       {"", "[\"stream\"]", R"({"stream":true)", R"({"stream":true}x)", R"({"a":1,"stream":true,})"}) {
    assert_becomes(body, body);
    assert_false(asked.stream);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_stream_is_told_of_and_taken_out),
      cmocka_unit_test(every_other_byte_stays),
      cmocka_unit_test(fields_at_the_beginning_and_the_end_leave_no_comma),
      cmocka_unit_test(false_and_null_are_no_wish),
      cmocka_unit_test(a_field_that_comes_twice_goes_twice_and_the_last_counts),
      cmocka_unit_test(a_wrong_stream_stays_for_the_vendor_to_refuse),
      cmocka_unit_test(what_is_no_object_stays),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
