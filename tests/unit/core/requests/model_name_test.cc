// One model under the names that vendors give it, and never another model whose name begins alike.
#include "core/requests/model_name.h"

#include <algorithm>

#include "support/cmocka.h"

namespace {

bool is(std::string_view written, std::string_view name) {
  const auto names = br::names_of_model(written);
  return std::find(names.begin(), names.end(), name) != names.end();
}

void path_version_and_region_are_taken_off(void**) {
  struct Case {
    const char *written, *name;
  };
  for (const Case& c : {Case{"gpt-4o-2024-08-06", "gpt-4o"}, Case{"claude-opus-4-20250514", "claude-opus-4"},
                        Case{"models/gemini-2.5-flash", "gemini-2.5-flash"},
                        Case{"publishers/google/models/gemini-2.0-flash-001", "gemini-2.0-flash"},
                        Case{"projects/p/locations/l/publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"},
                        Case{"claude-sonnet-4-5@20250929", "claude-sonnet-4-5"},
                        Case{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5"},
                        Case{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"},
                        Case{"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "amazon.nova-pro"},
                        Case{"accounts/fireworks/models/gpt-oss-20b", "gpt-oss-20b"}}) {
    if (!is(c.written, c.name)) fail_msg("%s is not %s", c.written, c.name);
    assert_true(br::names_of_model(c.written).front() == c.written);  // the most exact name first
  }
}

void other_models_are_others(void**) {
  struct Case {
    const char *written, *name;
  };
  for (const Case& c : {Case{"claude-opus-4-8", "claude-opus-4"}, Case{"gpt-5-mini", "gpt-5"}, Case{"gpt-4o-mini", "gpt-4o"},
                        Case{"grok-4-0709", "grok-4"}, Case{"mistral-large-2411", "mistral-large"},
                        Case{"gpt-4o-2024-08-06-preview", "gpt-4o"}, Case{"gemini-2.5-flash-lite", "gemini-2.5-flash"},
                        Case{"ft:gpt-4o-2024-08-06:me::x", "gpt-4o"}, Case{"-20250514", ""},
                        Case{"global.anthropic.claude-opus-5", "claude-opus-5"}, Case{"mymodels/gpt-4o", "gpt-4o"},
                        Case{"arn:aws:bedrock:us-east-1:1:application-inference-profile/gpt-4o", "gpt-4o"}}) {
    if (is(c.written, c.name)) fail_msg("%s is %s", c.written, c.name);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(path_version_and_region_are_taken_off),
      cmocka_unit_test(other_models_are_others),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
