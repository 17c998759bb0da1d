// Providers whose lines and limits depend on properties: the settings reach encode() and limits().
#include "codec/request_reader.h"
#include "support/cmocka.h"
#include "support/provider_setup.h"

namespace {

std::string line_of(const br::Provider& provider, const br::Config& config) {
  const br::Account account = br::provider_settings(config, provider);
  br::EncodeOptions options;
  options.account = &account;
  br::test::PaddedLine line(std::string(
      R"({"custom_id":"a","model":"m","messages":[{"role":"user","content":"x"}],"generation_config":{"max_tokens":5}})"));
  br::RequestReader reader;
  br::Request request;
  br::Issue issue;
  std::string out;
  assert_true(reader.read(line.data(), line.size(), &request, &issue));
  assert_true(provider.dialect().encode(request, options, &out, &issue, nullptr));
  return out;
}

void set(br::Config* config, const char* key, const char* value) { assert_true(config->set(key, value).ok()); }

void openai_compatible_takes_the_form_of_its_lines_from_properties(void**) {
  const br::Provider* provider = br::find_provider("openai-compatible");
  br::Config config;
  assert_string_equal(
      line_of(*provider, config).c_str(),
      "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"m\","
      "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":5}}\n");
  set(&config, "openai-compatible.line_style", "body");
  set(&config, "openai-compatible.max_tokens_field", "max_completion_tokens");
  assert_string_equal(
      line_of(*provider, config).c_str(),
      "{\"custom_id\":\"a\",\"body\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
      "\"max_completion_tokens\":5}}\n");
}

void openai_compatible_takes_its_limits_from_properties(void**) {
  const br::Provider* provider = br::find_provider("openai-compatible");
  br::Config config;
  assert_int_equal(provider->dialect().limits(br::provider_settings(config, *provider)).max_requests, 50000);
  set(&config, "openai-compatible.max_requests", "7");
  set(&config, "openai-compatible.max_bytes", "0");
  const br::Capability limits = provider->dialect().limits(br::provider_settings(config, *provider));
  assert_int_equal(limits.max_requests, 7);
  assert_int_equal(limits.max_bytes, 0);
}

void openai_compatible_needs_no_key_and_sends_none_when_told_so(void**) {
  const br::Provider* provider = br::find_provider("openai-compatible");
  br::Config config;
  set(&config, "openai-compatible.base_url", "https://llm.example.com/v1");
  set(&config, "openai-compatible.auth", "none");
  set(&config, "openai-compatible.api_key", "secret");
  const auto account = br::resolve_account(config, *provider, "");
  assert_true(account.ok());
  const br::RemoteBatch batch{};
  const auto request = provider->http()->list_request({*account, batch}, {});
  assert_true(request.ok() && request->headers.empty());
}

void azure_lines_carry_the_configured_address(void**) {
  const br::Provider* provider = br::find_provider("azure");
  br::Config config;
  assert_true(line_of(*provider, config).find("\"url\":\"/v1/chat/completions\"") != std::string::npos);
  set(&config, "azure.line_endpoint", "/chat/completions");
  assert_true(line_of(*provider, config).find("\"url\":\"/chat/completions\"") != std::string::npos);
}

void fireworks_without_an_account_says_how_to_give_one(void**) {
  const br::Provider* provider = br::find_provider("fireworks");
  br::Config config;
  set(&config, "fireworks.api_key", "secret");
  const auto account = br::resolve_account(config, *provider, "");
  assert_true(!account.ok() && account.error().code == br::Code::config);
  assert_true(account.error().hint.find("FIREWORKS_ACCOUNT_ID") != std::string::npos);
}

}  // namespace

int main() {
  br::test::forget_environment();
  const CMUnitTest tests[] = {
      cmocka_unit_test(openai_compatible_takes_the_form_of_its_lines_from_properties),
      cmocka_unit_test(openai_compatible_takes_its_limits_from_properties),
      cmocka_unit_test(openai_compatible_needs_no_key_and_sends_none_when_told_so),
      cmocka_unit_test(azure_lines_carry_the_configured_address),
      cmocka_unit_test(fireworks_without_an_account_says_how_to_give_one),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
