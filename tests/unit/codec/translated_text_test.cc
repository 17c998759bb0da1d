// What is found in the text that a line was turned into is told at the place in the line that it comes from.
#include "codec/translated_text.h"

#include <string>

#include "codec/json_read.h"
#include "support/cmocka.h"

namespace {

void issue_and_warning_are_put_at_the_field_of_the_line(void**) {
  std::string line = R"({"body":{"top_k":5,"say":"x"}})";
  const std::size_t size = line.size();
  line.append(br::kJsonPadding, ' ');
  const std::string_view view = std::string_view(line).substr(0, size);
  br::TranslatedText text;
  text.begin(view);
  text.own("{\"generation_config\":{\"top_k\":");
  text.stands_for("generation_config.top_k", view.substr(17, 1));
  text.from(view.substr(17, 1)).own("},\"t\":").from(view.substr(25, 3)).own("}");
  br::Issue named{3, "a", "generation_config.top_k", "generation_config.top_k: no"};
  text.settle(&named);
  assert_string_equal(named.message.c_str(), "body.top_k: no");
  assert_int_equal(named.column, 18);
  br::Issue placed{static_cast<std::uint32_t>(text.size() - 2), "a", "text", "wrong letter"};  // the x
  text.settle(&placed);
  assert_string_equal(placed.message.c_str(), "body.say: wrong letter");
  assert_int_equal(placed.column, 27);
  std::string warning = "generation_config.top_k: left out";
  text.settle(&warning);
  assert_string_equal(warning.c_str(), "body.top_k: left out");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(issue_and_warning_are_put_at_the_field_of_the_line)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
