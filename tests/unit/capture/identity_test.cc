// Which calls are the same: blanks between tokens say nothing, everything else does.
#include "capture/identity.h"

#include "support/cmocka.h"

namespace {

br::IdentityParts parts_of(const char* body) { return {"openai@k1", "POST", "/v1/chat/completions", nullptr, body}; }
std::string identity(const char* body) { return br::identity_of(parts_of(body)); }

void blanks_between_tokens_left_out_same_identity(void**) {
  assert_string_equal(br::without_blanks(R"( { "a b" : [ 1 , "x\" y" ] } )").c_str(), R"({"a b":[1,"x\" y"]})");
  assert_true(identity(R"({"a":1, "b":"x y"})") == identity("{\"a\" :1,\n\"b\":\"x y\"}"));
}

void blanks_in_strings_kept_other_identity(void**) {
  assert_false(identity(R"({"b":"x y"})") == identity(R"({"b":"xy"})"));
}

void numbers_compared_as_written_large_seeds_differ(void**) {
  assert_false(identity(R"({"seed":9007199254740993})") == identity(R"({"seed":9007199254740992})"));
  assert_false(identity(R"({"t":1.0})") == identity(R"({"t":1})"));
}

void order_of_fields_counts_other_identity(void**) {
  assert_false(identity(R"({"a":1,"b":2})") == identity(R"({"b":2,"a":1})"));
}

void text_that_is_no_json_compared_byte_by_byte(void**) {
  assert_false(identity("a b") == identity("ab"));
  assert_string_equal(br::without_blanks("{ \"a\": }").c_str(), "{ \"a\": }");
}

void key_path_and_headers_count_other_identity(void**) {
  const auto base = parts_of("{}");
  auto other = base;
  other.account = "openai@k2";
  assert_false(br::identity_of(base) == br::identity_of(other));
  other = base;
  other.path = "/v1/responses";
  assert_false(br::identity_of(base) == br::identity_of(other));
  const br::HttpHeaders headers = {{"beta", "x"}};
  other = base;
  other.headers = &headers;
  assert_false(br::identity_of(base) == br::identity_of(other));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(blanks_between_tokens_left_out_same_identity),
      cmocka_unit_test(blanks_in_strings_kept_other_identity),
      cmocka_unit_test(numbers_compared_as_written_large_seeds_differ),
      cmocka_unit_test(order_of_fields_counts_other_identity),
      cmocka_unit_test(text_that_is_no_json_compared_byte_by_byte),
      cmocka_unit_test(key_path_and_headers_count_other_identity),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
