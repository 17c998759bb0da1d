#include "gateway/hold.h"

#include "support/gateway_room.h"

namespace {

using br::gateway::Options;
using br::gateway::StreamKind;
using room::has;
using room::Room;
using room::Wire;

const std::string kCall = R"({"model":"m","messages":[]})";
const std::string kStream = R"({"model":"m","stream":true})";
const std::string kPath = "/openai/v1/chat/completions";

Options soon() {
  Options options;
  options.first_byte_after_ms = 1;
  options.heartbeat_ms = 5;
  return options;
}

void test_quick_answer_has_its_true_status_and_headers(void**) {
  Room here;
  here.capture.batch_id = "batch_1";
  Wire client(here.gateway->port());
  client.send(here.post(kPath, kCall, "x-stainless-retry-count: 1\r\nx-batchrouter-cache: once\r\n"));
  const br_exchange taken = here.capture.call(1);
  assert_string_equal(taken.options.at("provider").c_str(), "openai");
  assert_string_equal(taken.options.at("repeated").c_str(), "1");
  assert_string_equal(taken.options.at("cache").c_str(), "once");
  assert_string_equal(taken.header("Authorization").c_str(), "Bearer sk-caller");
  assert_string_equal(taken.body.c_str(), kCall.c_str());
  here.capture.answer(1, 429, "{\"error\":1}");
  const std::string answer = client.response();
  assert_true(has(answer, "HTTP/1.1 429 Too Many Requests\r\n"));
  assert_true(has(answer, "request-id: req_1\r\n"));
  assert_true(has(answer, "x-batchrouter-id: 1\r\n"));
  assert_true(has(answer, "x-batchrouter-batch: batch_1\r\n"));
  assert_true(has(answer, "content-length: 11\r\n\r\n{\"error\":1}"));
}

void test_long_wait_is_bridged_by_blanks(void**) {
  Room here(soon());
  Wire client(here.gateway->port());
  client.send(here.post(kPath, kCall));
  assert_true(has(client.until("1\r\n \r\n1\r\n \r\n"), "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"));
  here.capture.answer(1, 200, "{\"a\":1}");
  assert_true(has(client.until("0\r\n\r\n"), "7\r\n{\"a\":1}\r\n0\r\n\r\n"));
  client.close();
  assert_true(here.capture.waits_for("delivered", 1));
}

void test_connection_serves_the_next_call(void**) {
  Room here(soon());
  Wire client(here.gateway->port());
  for (size_t i = 1; i <= 3; ++i) {
    client.send(here.post(kPath, kCall));
    client.until("1\r\n \r\n");
    const std::string body = "{\"n\":" + std::to_string(i) + "}";
    here.capture.answer(i, 200, body);
    client.until(body + "\r\n0\r\n\r\n");
    assert_true(has(client.until(body), body));
  }
  assert_true(here.capture.waits_for("delivered", 2));
}

void test_late_error_cuts_the_connection_and_is_kept(void**) {
  Room here(soon());
  Wire client(here.gateway->port());
  client.send(here.post(kPath, kCall));
  client.until("1\r\n \r\n");
  here.capture.answer(1, 400, "{\"error\":1}");
  assert_true(client.rest().find("error") == std::string::npos);
  assert_true(client.was_reset());
  assert_true(here.capture.waits_for("returned", 1));
  assert_int_equal(here.capture.count("delivered"), 0);
}

void test_old_clients_get_blanks_and_the_end_of_the_connection(void**) {
  Room here(soon());
  Wire client(here.gateway->port());
  client.send(here.post(kPath, kCall, "", "1.0"));
  client.until("\r\n\r\n  ");
  here.capture.answer(1, 200, "{\"a\":1}");
  assert_true(client.rest().ends_with("  {\"a\":1}"));
  assert_true(client.rest().find("chunked") == std::string::npos);
  client.close();
  assert_true(here.capture.waits_for("delivered", 1));
}

void test_streams_are_bridged_by_what_their_clients_skip(void**) {
  Room here(soon());
  Wire openai(here.gateway->port());
  openai.send(here.post(kPath, kStream));
  assert_true(has(openai.until(": batchrouter\n\n"), "content-type: text/event-stream"));
  here.capture.answer(1, 500, "{\"error\":1}", "data: {\"error\":1}\n\n");
  assert_true(has(openai.until("0\r\n\r\n"), "data: {\"error\":1}\n\n\r\n0\r\n\r\n"));
  Wire anthropic(here.gateway->port());
  anthropic.send(here.post("/anthropic/messages", kStream));
  assert_true(has(anthropic.until("ping\"}"), "event: ping\ndata: {\"type\": \"ping\"}\n\n"));
  assert_string_equal(here.capture.call(2).url.c_str(), "http://127.0.0.1:9/v1/messages");
}

void test_stream_kinds_are_told_by_url_and_body(void**) {
  using br::gateway::stream_kind;
  assert_int_equal(stream_kind("google", "/m:streamGenerateContent", "{}"), StreamKind::kArray);
  assert_int_equal(stream_kind("google", "/m:streamGenerateContent?alt=sse", "{}"), StreamKind::kComments);
  assert_int_equal(stream_kind("google", "/m:generateContent", "{}"), StreamKind::kNone);
  assert_int_equal(stream_kind("openai", "/", R"({"a":{"stream":true},"b":["stream",true]})"), StreamKind::kNone);
  assert_int_equal(stream_kind("openai", "/", R"({"a":[{}],"stream" : true, broken)"), StreamKind::kComments);
  assert_int_equal(stream_kind("openai", "/", R"({"stream":false})"), StreamKind::kNone);
  assert_int_equal(stream_kind("openai", "/", R"([{"stream":true}])"), StreamKind::kNone);
}

void test_deferred_call_is_told_when_to_come_back(void**) {
  Options options = soon();
  options.mode = br::gateway::Mode::kDefer;
  Room here(options);
  here.capture.expected_in_ms = 500'000;
  Wire client(here.gateway->port());
  client.send(here.post(kPath, kCall));
  const std::string answer = client.response();
  assert_true(has(answer, "HTTP/1.1 503"));
  assert_true(has(answer, "retry-after: 500\r\nretry-after-ms: 500000\r\n"));
  assert_true(has(answer, "x-should-retry: true"));
  assert_true(here.capture.waits_for("left", 1));
  client.send(here.post(kPath, kCall, "x-stainless-lang: python\r\n"));
  assert_true(has(client.response(), "retry-after: 120\r\nretry-after-ms: 120000\r\n"));
  // Two that would give up are held instead.
  client.send(here.post(kPath, kCall, "user-agent: ai/6.0 ai-sdk/openai/3\r\n"));
  assert_true(has(client.until("\r\n\r\n"), "HTTP/1.1 200"));
}

void test_client_with_a_total_timeout_is_deferred_in_hold_mode(void**) {
  Room here(soon());
  const std::string agent = "user-agent: OpenAI/2.15.0 (.NET 8.0.11; Linux)\r\n";
  assert_true(has(here.ask(here.post(kPath, kCall, agent)), "HTTP/1.1 503"));
  Wire client(here.gateway->port());
  client.send(here.post(kPath, kStream, agent));
  assert_true(has(client.until(": batchrouter"), "HTTP/1.1 200"));
}

void test_max_wait_ends_with_504_or_a_cut(void**) {
  Options options = soon();
  options.first_byte_after_ms = 10'000;
  Room here(options);
  const std::string answer = here.ask(here.post(kPath, kCall, "x-batchrouter-max-wait: 2ms\r\n"));
  assert_true(has(answer, "HTTP/1.1 504"));
  assert_true(has(answer, "x-should-retry: false"));
  assert_true(here.capture.waits_for("left", 1));
  Options early = soon();
  early.first_byte_after_ms = 0;
  early.max_wait_ms = 60;
  Room there(early);
  Wire client(there.gateway->port());
  client.send(there.post(kPath, kCall));
  assert_true(has(client.rest(), "HTTP/1.1 200"));
  assert_true(client.was_reset());
  assert_true(there.capture.waits_for("left", 1));
}

void test_client_that_leaves_is_noticed(void**) {
  Room here;
  Wire client(here.gateway->port());
  client.send(here.post(kPath, kCall));
  here.capture.call(1);
  client.close();
  assert_true(here.capture.waits_for("left", 1));
}

void test_half_read_answer_is_not_delivered(void**) {
  Room here;
  Wire client(here.gateway->port());
  client.send(here.post(kPath, kCall));
  here.capture.answer(1, 200, "{\"a\":\"" + std::string(30'000'000, 'x') + "\"}");
  client.until("HTTP/1.1 200 OK");
  client.reset();
  assert_true(here.capture.waits_for("returned", 1));
  assert_int_equal(here.capture.count("delivered"), 0);
}

void test_answer_counts_before_the_next_call_is_taken(void**) {
  Room here;
  Wire first(here.gateway->port());
  first.send(here.post(kPath, kCall));
  here.capture.answer(1, 200, "{}");
  first.response();
  Wire second(here.gateway->port());
  second.send(here.post(kPath, kCall));
  here.capture.call(2);
  assert_int_equal(here.capture.count("delivered"), 1);
}

void test_calls_that_arrive_together_cost_few_syncs(void**) {
  Room here;
  std::vector<std::unique_ptr<Wire>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<Wire>(here.gateway->port()));
  for (auto& client : clients) client->send(here.post(kPath, kCall));
  here.capture.call(200);
  for (size_t i = 1; i <= 200; ++i) here.capture.answer(i, 200, "{\"id\":" + std::to_string(here.capture.id(i)) + "}");
  for (auto& client : clients) assert_true(has(client->response(), "HTTP/1.1 200"));
}

void test_state_that_cannot_be_written_is_503(void**) {
  Room here;
  here.capture.trouble = BR_ESTORE;
  const std::string answer = here.ask(here.post("/anthropic/v1/messages", kCall));
  assert_true(has(answer, "HTTP/1.1 503"));
  assert_true(has(answer, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\""));
}

void test_end_cuts_whoever_waits(void**) {
  Room here(soon());
  Wire held(here.gateway->port());
  held.send(here.post(kPath, kCall));
  held.until("1\r\n \r\n");
  Wire idle(here.gateway->port());
  idle.send(here.get("/healthz"));
  idle.response();
  here.gateway->stop();
  held.rest();
  assert_true(held.was_reset());
  idle.rest();
  assert_false(idle.was_reset());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_quick_answer_has_its_true_status_and_headers),
      cmocka_unit_test(test_long_wait_is_bridged_by_blanks),
      cmocka_unit_test(test_connection_serves_the_next_call),
      cmocka_unit_test(test_late_error_cuts_the_connection_and_is_kept),
      cmocka_unit_test(test_old_clients_get_blanks_and_the_end_of_the_connection),
      cmocka_unit_test(test_streams_are_bridged_by_what_their_clients_skip),
      cmocka_unit_test(test_stream_kinds_are_told_by_url_and_body),
      cmocka_unit_test(test_deferred_call_is_told_when_to_come_back),
      cmocka_unit_test(test_client_with_a_total_timeout_is_deferred_in_hold_mode),
      cmocka_unit_test(test_max_wait_ends_with_504_or_a_cut),
      cmocka_unit_test(test_client_that_leaves_is_noticed),
      cmocka_unit_test(test_half_read_answer_is_not_delivered),
      cmocka_unit_test(test_answer_counts_before_the_next_call_is_taken),
      cmocka_unit_test(test_calls_that_arrive_together_cost_few_syncs),
      cmocka_unit_test(test_state_that_cannot_be_written_is_503),
      cmocka_unit_test(test_end_cuts_whoever_waits),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
