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
      cmocka_unit_test(fields_by_the_hundred_thousand_are_merged_at_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
