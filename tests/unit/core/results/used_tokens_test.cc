// What rows used is kept apart by the model that each of them names.
#include "core/results/used_tokens.h"

#include <string>

#include "support/cmocka.h"

namespace {

br::Usage usage(std::int64_t input, std::int64_t output) {
  br::Usage made;
  made.input_tokens = input, made.output_tokens = output;
  return made;
}

void rows_are_summed_by_their_model(void**) {
  br::UsedTokens used;
  used.add(usage(10, 1), R"("a")");
  used.add(usage(20, 2), R"("b")");
  used.add(usage(30, 3), R"("\u0061")");
  used.add(usage(40, 4), "");
  assert_int_equal(used.all().input, 100);
  assert_int_equal(used.by_model().size(), 3);
  assert_string_equal(used.by_model()[0].model.c_str(), "a");
  assert_int_equal(used.by_model()[0].tokens.input, 40);
  assert_int_equal(used.by_model()[1].tokens.output, 2);
  assert_string_equal(used.by_model()[2].model.c_str(), "");
}

// A failed row may name a model whose price nobody knows, and costs nothing.
void row_that_used_nothing_names_no_model(void**) {
  br::UsedTokens used;
  used.add(br::Usage{}, R"("a")");
  used.add(usage(0, 0), R"("b")");
  assert_true(used.by_model().empty());
}

void vendor_that_names_a_model_for_each_row_fills_no_memory(void**) {
  br::UsedTokens used;
  for (int i = 0; i < 10'000; ++i) used.add(usage(1, 0), '"' + std::to_string(i) + '"');
  assert_int_equal(used.by_model().size(), br::kMostModels + 1);
  assert_string_equal(used.by_model().back().model.c_str(), "");
  assert_int_equal(used.all().input, 10'000);
  assert_int_equal(used.by_model().back().tokens.input, 10'000 - static_cast<std::int64_t>(br::kMostModels));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_summed_by_their_model),
      cmocka_unit_test(row_that_used_nothing_names_no_model),
      cmocka_unit_test(vendor_that_names_a_model_for_each_row_fills_no_memory),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
