#include "support/gateway_room.h"

namespace {

using br::gateway::Options;
using room::has;
using room::Room;
using room::Vendor;
using room::Wire;

const std::string kOk = "HTTP/1.1 200 OK\r\nX-Vendor: Yes\r\nContent-Length: 5\r\n\r\nhello";

void test_what_is_no_call_goes_through_as_it_is(void**) {
  Vendor vendor({kOk});
  const Room here({}, vendor.url());
  const std::string answer = here.ask(here.get("/openai/v1/models?limit=2&a=%20b",
                                               "Authorization: Bearer sk-1\r\nX-Mixed-Case: 1\r\n"
                                               "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"));
  assert_string_equal(answer.c_str(), kOk.c_str());
  const std::string wanted =
      "GET /v1/models?limit=2&a=%20b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(vendor.port()) +
      "\r\nAuthorization: Bearer sk-1\r\nX-Mixed-Case: 1\r\n\r\n";
  assert_string_equal(vendor.got().c_str(), wanted.c_str());
}

void test_call_that_no_batch_takes_goes_through_with_its_body(void**) {
  Vendor vendor({kOk}, "}");
  const Room here({}, vendor.url());
  assert_string_equal(here.ask(here.post("/openai/v1/moderations", "{ \"input\" :1}")).c_str(), kOk.c_str());
  assert_true(has(vendor.got(), "POST /v1/moderations HTTP/1.1"));
  assert_true(has(vendor.got(), "Content-Length: 13\r\n\r\n{ \"input\" :1}"));
}

void test_sync_mode_is_not_batched(void**) {
  Vendor vendor({kOk}, "}");
  Room here({}, vendor.url());
  const std::string answer =
      here.ask(here.post("/v1/chat/completions", "{\"model\":1}", "x-batchrouter-mode: sync\r\n"));
  assert_true(has(answer, "x-batchrouter-mode: sync"));
  assert_true(has(answer, "hello"));
  assert_true(vendor.got().find("x-batchrouter") == std::string::npos);
  assert_int_equal(here.capture.calls.size(), 0);
}

void test_uploads_and_downloads_stream(void**) {
  std::string pieces;
  for (int i = 0; i < 64; ++i)
    pieces += std::string("10000\r\n") + std::string(65536, static_cast<char>('a' + i % 26)) + "\r\n";
  Vendor vendor({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + "0\r\n\r\n"}, "THE-END");
  const Room here({}, vendor.url());
  Wire client(here.gateway->port());
  client.send("POST /openai/v1/files HTTP/1.1\r\nHost: " + here.host +
              "\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string piece(100'000, 'u');
  for (int i = 0; i < 40; ++i) client.send("186a0\r\n" + piece + "\r\n");
  client.send("7\r\nTHE-END\r\n0\r\n\r\n");
  const std::string& answer = client.until("\r\n0\r\n\r\n");
  size_t letters = 0;
  for (const char c : answer.substr(answer.find("\r\n\r\n"))) letters += c >= 'a' && c <= 'z' ? 1 : 0;
  assert_true(letters >= 64u * 65536u);
  const std::string got = vendor.got();
  assert_int_equal(std::count(got.begin() + static_cast<std::ptrdiff_t>(got.find("\r\n\r\n")), got.end(), 'u'),
                   4'000'000);
}

void test_connections_are_used_again_and_dead_ones_replaced(void**) {
  Vendor vendor({kOk, kOk, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", kOk});
  const Room here({}, vendor.url());
  for (int i = 0; i < 3; ++i) assert_true(has(here.ask(here.get("/openai/v1/models")), "200 OK"));
  assert_int_equal(vendor.connections(), 1);
  assert_true(has(here.ask(here.get("/openai/v1/models")), "hello"));
  assert_int_equal(vendor.connections(), 2);
}

void test_redirects_are_the_callers_to_follow(void**) {
  Vendor vendor({"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/secret\r\nContent-Length: 0\r\n\r\n"});
  const Room here({}, vendor.url());
  assert_true(
      has(here.ask(here.get("/openai/v1/models")), "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/secret"));
}

void test_broken_response_is_cut_and_missing_one_is_502(void**) {
  Vendor half({"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\nhalf"});
  const Room here({}, half.url());
  Wire client(here.gateway->port());
  client.send(here.get("/openai/v1/models"));
  client.rest();
  assert_true(client.was_reset());
  const Room dead;
  assert_true(has(dead.ask(dead.get("/openai/v1/models")), "HTTP/1.1 502"));
}

void test_old_clients_get_an_open_end(void**) {
  Vendor vendor({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"});
  const Room here({}, vendor.url());
  Wire client(here.gateway->port());
  client.send("GET /openai/v1/models HTTP/1.0\r\nHost: " + here.host + "\r\n\r\n");
  const std::string& answer = client.rest();
  assert_true(has(answer, "\r\n\r\nhello"));
  assert_true(answer.ends_with("hello"));
}

void test_head_and_informational_answers_are_understood(void**) {
  Vendor vendor({"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n", kOk});
  const Room here({}, vendor.url());
  Wire client(here.gateway->port());
  std::string request = here.get("/openai/v1/models");
  client.send("HEAD" + request.substr(3) + request);
  assert_true(has(client.until("hello"), "Content-Length: 700\r\n\r\nHTTP/1.1 200 OK"));
}

void test_configured_key_replaces_the_callers(void**) {
  Vendor vendor({kOk});
  Options options;
  options.payer = br::gateway::Payer::kConfigured;
  options.keys["openai"] = "sk-configured";
  const Room here(options, vendor.url());
  assert_true(has(here.ask(here.get("/openai/v1/models", "Authorization: Bearer " + room::kToken + "\r\n")), "hello"));
  assert_true(has(vendor.got(), "Authorization: Bearer sk-configured"));
  assert_true(vendor.got().find(room::kToken) == std::string::npos);
}

void test_dry_run_sends_nothing(void**) {
  Vendor vendor({kOk});
  Options options;
  options.dry_run = true;
  const Room here(options, vendor.url());
  assert_true(has(here.ask(here.get("/openai/v1/models")), "batchrouter_dry_run"));
  assert_true(has(here.ask(here.post("/openai/v1/moderations", "{}")), "HTTP/1.1 400"));
  assert_int_equal(vendor.connections(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_no_call_goes_through_as_it_is),
      cmocka_unit_test(test_call_that_no_batch_takes_goes_through_with_its_body),
      cmocka_unit_test(test_sync_mode_is_not_batched),
      cmocka_unit_test(test_uploads_and_downloads_stream),
      cmocka_unit_test(test_connections_are_used_again_and_dead_ones_replaced),
      cmocka_unit_test(test_redirects_are_the_callers_to_follow),
      cmocka_unit_test(test_broken_response_is_cut_and_missing_one_is_502),
      cmocka_unit_test(test_old_clients_get_an_open_end),
      cmocka_unit_test(test_head_and_informational_answers_are_understood),
      cmocka_unit_test(test_configured_key_replaces_the_callers),
      cmocka_unit_test(test_dry_run_sends_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
