// What is decided without a connection: paths, credentials, clients, tokens, addresses.
#include <fcntl.h>
#include <sys/stat.h>

#include "gateway/caller.h"
#include "gateway/credential.h"
#include "gateway/gateway.h"
#include "gateway/paths.h"
#include "gateway/token.h"
#include "support/cmocka.h"

namespace {

using namespace br::gateway;

const Paths& paths() {
  static const Paths made({{"openai", "https://api.openai.com/v1"},
                           {"anthropic", "https://api.anthropic.com"},
                           {"google", "https://generativelanguage.googleapis.com"},
                           {"groq", "https://api.groq.com/openai/v1"},
                           {"mistral", "https://proxy.test/m/"},
                           {"together", "https://proxy.test/together"},
                           {"bedrock", ""}});
  return made;
}

void test_paths_lead_where_the_vendors_own_would(void**) {
  const std::pair<const char*, const char*> expected[] = {
      {"/openai/v1/chat/completions?a=1", "https://api.openai.com/v1/chat/completions?a=1"},
      {"/v1/chat/completions", "https://api.openai.com/v1/chat/completions"},
      {"/openai/dashboard/x", "https://api.openai.com/dashboard/x"},
      {"/openai/v10/x", "https://api.openai.com/v10/x"},
      {"/anthropic/v1/messages", "https://api.anthropic.com/v1/messages"},
      {"/anthropic/messages", "https://api.anthropic.com/v1/messages"},
      {"/google/v1beta/models/m:generateContent",
       "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent"},
      {"/google/upload/v1beta/files", "https://generativelanguage.googleapis.com/upload/v1beta/files"},
      {"/groq/openai/v1/models", "https://api.groq.com/openai/v1/models"},
      {"/mistral/v1/models", "https://proxy.test/m/v1/models"},
      {"/mistral/other", "https://proxy.test/other"},
      {"/together/v1/models", "https://proxy.test/together/models"},
      {"/t/secret/openai/v1/models", "https://api.openai.com/v1/models"},
      {"http://127.0.0.1:4141/openai/v1/models", "https://api.openai.com/v1/models"},
  };
  for (const auto& [target, url] : expected) {
    const Route route = paths().route(target);
    assert_true(route.kind == Route::Kind::kVendor);
    assert_string_equal(route.url.c_str(), url);
  }
  assert_string_equal(paths().route("/t/secret/openai/v1/models").token.c_str(), "secret");
  assert_string_equal(Paths::client_path("openai").c_str(), "/openai/v1");
  assert_string_equal(Paths::client_path("groq").c_str(), "/groq");
}

void test_paths_that_lead_out_of_the_base_url_are_unclean(void**) {
  for (const char* target : {"/mistral/v1/../../x", "/mistral/v1/%2e%2E/x", "/mistral/v1/.%2e", "/mistral/v1\\..\\x",
                             "mistral", "*", "/openai/v1/a b", "/openai/v1/a#b", "/openai/\x80"})
    assert_true(paths().route(target).kind == Route::Kind::kUnclean);
  assert_true(paths().route("/bedrock/x").kind == Route::Kind::kUnknown);
  assert_true(paths().route("/stats?x").kind == Route::Kind::kOwnPage);
}

void test_credential_is_found_where_clients_put_it(void**) {
  assert_string_equal(find_credential({{"authorization", "bearer k1"}}, "/").value.c_str(), "k1");
  assert_string_equal(find_credential({{"X-Api-Key", "k2"}, {"Authorization", "Bearer other"}}, "/").value.c_str(),
                      "k2");
  assert_string_equal(find_credential({}, "https://x/y?a=1&key=k3&b").value.c_str(), "k3");
  assert_true(find_credential({{"authorization", "Basic x"}}, "/").empty());
  Headers headers = {{"Authorization", "Bearer a"}, {"x-goog-api-key", "b"}, {"Accept", "*/*"}};
  std::string url = "https://x/y?key=k3&b=1&key=k4";
  remove_credential(&headers, &url);
  assert_int_equal(headers.size(), 1);
  assert_string_equal(url.c_str(), "https://x/y?b=1");
}

Patience patience(const char* name, const char* value, bool streams, Mode mode) {
  RequestHead head;
  head.headers = {{name, value}};
  Options options;
  options.mode = mode;
  return patience_of(head, {}, streams, options);
}

void test_clients_are_served_as_they_can_wait(void**) {
  assert_true(patience("user-agent", "OpenAI/JS 6.49.0", false, Mode::kDefer).mode == Mode::kDefer);
  assert_true(patience("user-agent", "OpenAI/JS 6.49.0", false, Mode::kDefer).longest_retry_after_s > 86'400);
  assert_int_equal(patience("x-stainless-lang", "python", false, Mode::kDefer).longest_retry_after_s, 120);
  assert_true(patience("user-agent", "langchainjs-openai/1.5.0", false, Mode::kDefer).mode == Mode::kHold);
  assert_true(patience("user-agent", "ai/6.0 ai-sdk/anthropic/3", false, Mode::kDefer).mode == Mode::kHold);
  assert_true(patience("user-agent", "OpenAI/2.15.0 (.NET 8.0)", false, Mode::kHold).mode == Mode::kDefer);
  assert_true(patience("user-agent", "OpenAI/2.15.0 (.NET 8.0)", true, Mode::kHold).mode == Mode::kHold);
  assert_true(patience("user-agent", "OpenAI/2.15.0 (.NET 8.0)", false, Mode::kSync).mode == Mode::kSync);
  assert_int_equal(patience("x-stainless-timeout", "4", false, Mode::kHold).first_byte_after_ms, 2000);
  assert_int_equal(patience("x-stainless-timeout", "600", false, Mode::kHold).first_byte_after_ms, 10'000);
}

void test_durations_are_read_as_people_write_them(void**) {
  assert_int_equal(*duration_ms("500ms"), 500);
  assert_int_equal(*duration_ms("1.5"), 1500);
  assert_int_equal(*duration_ms("15m"), 900'000);
  for (const char* text : {"", "soon", "-1s", "1x", "nan", "9999999h"}) assert_false(duration_ms(text).has_value());
}

void test_token_file_is_made_for_its_owner_only(void**) {
  char directory[] = "/tmp/br-gateway-XXXXXX";
  assert_non_null(mkdtemp(directory));
  const std::string path = std::string(directory) + "/token";
  std::string error;
  assert_string_equal(token_of_file(path, false, error).c_str(), "");
  assert_true(error.find(path) != std::string::npos);
  umask(0);
  const std::string token = token_of_file(path, true, error);
  assert_int_equal(token.size(), 64);
  struct stat info {};
  assert_int_equal(stat(path.c_str(), &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  assert_string_equal(token_of_file(path, true, error).c_str(), token.c_str());
  assert_string_not_equal(make_token().c_str(), token.c_str());
  chmod(path.c_str(), 0640);
  assert_string_equal(token_of_file(path, true, error).c_str(), "");
  assert_true(error.find("chmod 600") != std::string::npos);
  unlink(path.c_str());
  rmdir(directory);
}

void test_tokens_match_as_a_whole_only(void**) {
  assert_true(token_matches("abc", "abc"));
  for (const char* wrong : {"", "ab", "abcd", "abd", "xbc"}) assert_false(token_matches(wrong, "abc"));
  assert_false(token_matches("", ""));
}

void test_open_address_needs_token_and_tls(void**) {
  Options options;
  assert_string_equal(check_options(options, false, false).c_str(), "");
  options.host = "0.0.0.0";
  assert_string_not_equal(check_options(options, true, false).c_str(), "");
  assert_string_not_equal(check_options(options, false, true).c_str(), "");
  assert_string_equal(check_options(options, true, true).c_str(), "");
  options.tls_cert = "c";
  assert_string_not_equal(check_options(options, true, true).c_str(), "");
  options.tls_key = "k";
  assert_string_equal(check_options(options, false, true).c_str(), "");
  std::string host;
  uint16_t port = 0;
  assert_true(parse_listen("[::1]:80", &host, &port));
  assert_string_equal(host.c_str(), "::1");
  for (const char* wrong : {"", "x", ":80", "x:", "x:65536", "::1:80", "x:8a"})
    assert_false(parse_listen(wrong, &host, &port));
  assert_true(leads_to("http://localhost:4141/openai/v1", "127.0.0.1", 4141));
  assert_false(leads_to("http://localhost:4142/openai/v1", "127.0.0.1", 4141));
  assert_false(leads_to("https://api.openai.com/v1", "127.0.0.1", 443));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_paths_lead_where_the_vendors_own_would),
      cmocka_unit_test(test_paths_that_lead_out_of_the_base_url_are_unclean),
      cmocka_unit_test(test_credential_is_found_where_clients_put_it),
      cmocka_unit_test(test_clients_are_served_as_they_can_wait),
      cmocka_unit_test(test_durations_are_read_as_people_write_them),
      cmocka_unit_test(test_token_file_is_made_for_its_owner_only),
      cmocka_unit_test(test_tokens_match_as_a_whole_only),
      cmocka_unit_test(test_open_address_needs_token_and_tls),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
