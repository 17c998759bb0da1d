// What OpenAI reads from its cache of prompts. Four bytes make a token.
#include "emulator/openai/prefix_cache.h"

#include <string>

#include "support/cmocka.h"

namespace {

using namespace br::emulator;

constexpr int64_t kMinuteMs = 60'000;

std::string words(int64_t tokens, char letter = 'x') { return std::string(static_cast<size_t>(tokens) * 4, letter); }

struct Vendor {
  // "user" is a token, too.
  int64_t ask(const std::string& text, int64_t minute, const char* model = "gpt-5", const char* account = "") {
    json::Document asked;
    assert_true(json::parse(R"([{"role":"user","content":")" + text + R"("}])", asked));
    return cache.use(account, model, asked, minute * kMinuteMs, true);
  }
  PrefixCache cache;
};

void prefix_is_read_in_steps_of_128_tokens_from_1024(void**) {
  Vendor vendor;
  assert_int_equal(vendor.ask(words(2000), 0), 0);
  assert_int_equal(vendor.ask(words(2000), 1), 1920);  // 2,001 tokens: 1,024 and seven steps
  assert_int_equal(vendor.ask(words(1151) + words(400, 'y'), 1), 1152);
  assert_int_equal(vendor.ask(words(1150) + words(400, 'z'), 1), 1024);
  assert_int_equal(vendor.ask(words(1022) + words(400, 'w'), 1), 0);
  assert_int_equal(vendor.ask(words(1022), 1), 0);  // 1,023 tokens are too few
}

void models_and_accounts_are_kept_apart(void**) {
  Vendor vendor;
  vendor.ask(words(1023), 0);
  assert_int_equal(vendor.ask(words(1023), 0), 1024);
  assert_int_equal(vendor.ask(words(1023), 0, "gpt-5-mini"), 0);
  assert_int_equal(vendor.ask(words(1023), 0, "gpt-5", "red"), 0);
}

void model_before_gpt_4o_caches_nothing(void**) {
  Vendor vendor;
  for (const char* model : {"gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-4o-2024-05-13", "text-embedding-3-small"}) {
    assert_int_equal(vendor.ask(words(2000), 0, model), 0);
    assert_int_equal(vendor.ask(words(2000), 0, model), 0);
  }
}

void prefix_is_gone_ten_minutes_after_its_last_use(void**) {
  Vendor vendor;
  vendor.ask(words(1023), 0);
  assert_int_equal(vendor.ask(words(1023), 9), 1024);
  assert_int_equal(vendor.ask(words(1023), 18), 1024);
  assert_int_equal(vendor.ask(words(1023), 28), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(prefix_is_read_in_steps_of_128_tokens_from_1024),
      cmocka_unit_test(models_and_accounts_are_kept_apart),
      cmocka_unit_test(model_before_gpt_4o_caches_nothing),
      cmocka_unit_test(prefix_is_gone_ten_minutes_after_its_last_use),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
