#include "gateway/options.h"
#include "support/gateway_room.h"

namespace {

using br::gateway::Options;
using room::has;
using room::Room;
using room::Wire;

const std::string kCall = R"({"model":"m","messages":[]})";
const std::string kPath = "/openai/v1/chat/completions";

// Which answer a request gets, whose bytes are given.
std::string answer_to(const std::string& bytes, const Options& options = {}) {
  const Room here(options);
  std::string text = bytes;
  for (size_t at = text.find("HOST"); at != std::string::npos; at = text.find("HOST")) text.replace(at, 4, here.host);
  return room::status_of(here.ask(text));
}

void test_smuggled_framing_is_refused(void**) {
  for (const char* headers :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "X: 1\nContent-Length: 5\r\n", "X: 1\r\n folded\r\n",
        "Transfer-Encoding: xchunked\r\n", "Content-Length : 5\r\n", "Content-Length: +5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "X: a\rb\r\n"}) {
    const std::string answer =
        answer_to(std::string("POST /openai/v1/files HTTP/1.1\r\nHost: HOST\r\n") + headers + "\r\nhello");
    if (answer != "HTTP/1.1 400") fail_msg("%s: %s", headers, answer.c_str());
  }
}

void test_foreign_host_is_misdirected(void**) {
  assert_string_equal(answer_to("GET /openai/v1/models HTTP/1.1\r\nHost: evil.test\r\n\r\n").c_str(), "HTTP/1.1 421");
  assert_string_equal(answer_to("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n").c_str(), "HTTP/1.1 421");
  assert_string_equal(answer_to("GET http://evil.test/healthz HTTP/1.1\r\nHost: HOST\r\n\r\n").c_str(), "HTTP/1.1 421");
  assert_string_equal(answer_to("GET /healthz HTTP/1.1\r\n\r\n").c_str(), "HTTP/1.1 400");
  assert_string_equal(answer_to("GET /healthz HTTP/1.1\r\nHost: HOST\r\n\r\n").c_str(), "HTTP/1.1 200");
}

void test_foreign_origin_is_forbidden(void**) {
  for (const char* header : {"Origin: http://evil.test\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"}) {
    const std::string head = std::string(" HTTP/1.1\r\nHost: HOST\r\n") + header + "\r\n";
    assert_string_equal(answer_to("GET /healthz" + head).c_str(), "HTTP/1.1 403");
    assert_string_equal(answer_to("POST /openai/v1/files" + head).c_str(), "HTTP/1.1 403");
    assert_string_equal(answer_to("OPTIONS /openai/v1/files" + head).c_str(), "HTTP/1.1 403");
  }
  assert_string_equal(answer_to("GET /healthz HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\n\r\n").c_str(),
                      "HTTP/1.1 200");
}

void test_own_pages_want_the_token(void**) {
  const Room here;
  for (const char* page : {"/", "/stats", "/metrics"}) {
    assert_string_equal(room::status_of(here.ask(here.get(page))).c_str(), "HTTP/1.1 401");
    assert_string_equal(room::status_of(here.ask(here.get(page, "Authorization: Bearer wrong\r\n"))).c_str(),
                        "HTTP/1.1 403");
  }
  assert_string_equal(room::status_of(here.ask(here.get("/stats?token=" + room::kToken))).c_str(), "HTTP/1.1 401");
  assert_true(has(here.ask(here.get("/stats", "Authorization: Bearer " + room::kToken + "\r\n")), "\"held\":0"));
  const std::string moved = here.ask(here.get("/?token=" + room::kToken));
  assert_true(has(moved, "HTTP/1.1 303"));
  assert_true(has(moved, "HttpOnly; SameSite=Strict"));
  assert_true(has(here.ask(here.get("/stats", "Cookie: batchrouter_token=" + room::kToken + "\r\n")), "HTTP/1.1 200"));
}

void test_calls_want_the_token_where_one_was_given(void**) {
  Options options;
  options.token_for_all = true;
  Room here(options);
  assert_true(has(here.ask(here.post(kPath, kCall)), "HTTP/1.1 401"));
  assert_true(has(here.ask(here.post(kPath, kCall, "x-batchrouter-token: no\r\n")), "HTTP/1.1 403"));
  assert_true(has(here.ask(here.post("/t/no" + kPath, kCall)), "HTTP/1.1 403"));
  Wire client(here.gateway->port());
  client.send(here.post("/t/" + room::kToken + kPath, kCall));
  assert_string_equal(here.capture.call(1).url.c_str(), "http://127.0.0.1:9/v1/chat/completions");
  assert_string_equal(here.capture.call(1).header("x-batchrouter-token").c_str(), "");
}

void test_large_and_slow_requests_are_refused(void**) {
  Options options;
  options.max_head_bytes = 2048;
  options.max_body_bytes = 1000;
  options.max_upload_bytes = 4000;
  options.head_timeout_ms = 30;
  options.body_window_ms = 30;
  Room here(options);
  const std::string big(3000, 'x');
  assert_true(has(here.ask(here.get("/healthz", "X: " + big + "\r\n")), "HTTP/1.1 431"));
  assert_true(has(here.ask(here.post(kPath, big)), "HTTP/1.1 413"));
  assert_true(has(here.ask("POST " + kPath + " HTTP/1.1\r\nHost: " + here.host +
                           "\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n" + big + "\r\n0\r\n\r\n"),
                  "HTTP/1.1 413"));
  assert_true(has(here.ask("PUT /openai/v1/files HTTP/1.1\r\nHost: " + here.host + "\r\nContent-Length: 4001\r\n\r\n"),
                  "HTTP/1.1 413"));
  assert_true(has(here.ask("GET /healthz HTTP/1.1\r\nHost: "), "HTTP/1.1 408"));
  std::string unfinished = here.post(kPath, kCall);
  unfinished.pop_back();
  assert_true(has(here.ask(unfinished), "HTTP/1.1 408"));
  assert_true(has(here.ask(here.get("/healthz")), "HTTP/1.1 200"));
}

void test_connections_over_the_limit_hear_so_and_others_go_on(void**) {
  Options options;
  options.max_connections = 4;
  options.reserved_connections = 2;
  Room here(options);
  Wire first(here.gateway->port());
  first.send(here.post(kPath, kCall));
  here.capture.call(1);
  Wire second(here.gateway->port());
  second.send(here.post(kPath, kCall));
  here.capture.call(2);
  // The caller has its share; another one still has a place.
  assert_true(has(here.ask(here.post(kPath, kCall)), "HTTP/1.1 503"));
  Wire other(here.gateway->port());
  std::string theirs = here.post(kPath, kCall);
  theirs.replace(theirs.find("sk-caller"), 9, "sk-others");
  other.send(theirs);
  assert_true(has(here.capture.call(3).body, "model"));
}

void test_pipelined_requests_are_answered_in_order(void**) {
  Room here;
  Wire client(here.gateway->port());
  client.send(here.post(kPath, kCall) + here.get("/healthz") + here.get("/healthz"));
  here.capture.answer(1, 200, "{\"n\":1}");
  assert_true(has(client.response(), "{\"n\":1}"));
  assert_true(has(client.response(), "\"ok\""));
  assert_true(has(client.response(), "\"ok\""));
}

void test_unknown_words_in_our_headers_are_400(void**) {
  const Room here;
  for (const char* header :
       {"x-batchrouter-mode: later\r\n", "x-batchrouter-cache: maybe\r\n", "x-batchrouter-max-wait: soon\r\n"})
    assert_true(has(here.ask(here.post(kPath, kCall, header)), "HTTP/1.1 400"));
  assert_true(has(here.ask(here.get("/nobody/v1/models")), "HTTP/1.1 404"));
}

void test_configured_payer_takes_the_token_as_key(void**) {
  Options options;
  options.payer = br::gateway::Payer::kConfigured;
  Room here(options);
  assert_true(has(here.ask(here.post(kPath, kCall)), "HTTP/1.1 403"));
  std::string call = here.post(kPath, kCall);
  call.replace(call.find("sk-caller"), 9, room::kToken);
  Wire client(here.gateway->port());
  client.send(call);
  const br_exchange taken = here.capture.call(1);
  assert_string_equal(taken.options.at("credential").c_str(), "configured");
  for (const auto& [name, value] : taken.headers) assert_true(value.find(room::kToken) == std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_smuggled_framing_is_refused),
      cmocka_unit_test(test_foreign_host_is_misdirected),
      cmocka_unit_test(test_foreign_origin_is_forbidden),
      cmocka_unit_test(test_own_pages_want_the_token),
      cmocka_unit_test(test_calls_want_the_token_where_one_was_given),
      cmocka_unit_test(test_large_and_slow_requests_are_refused),
      cmocka_unit_test(test_connections_over_the_limit_hear_so_and_others_go_on),
      cmocka_unit_test(test_pipelined_requests_are_answered_in_order),
      cmocka_unit_test(test_unknown_words_in_our_headers_are_400),
      cmocka_unit_test(test_configured_payer_takes_the_token_as_key),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
