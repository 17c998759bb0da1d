#include "emulator/vendor/look_alike.h"

#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

// The batches of the ledger that a stranger made.
std::vector<LedgerBatch> strangers(const Client& client) {
  std::vector<LedgerBatch> found;
  for (const LedgerBatch& batch : client.ledger().batches) {
    if (batch.stranger) found.push_back(batch);
  }
  return found;
}

void strange_line_asks_another_question_under_another_id(void**) {
  const std::string line = R"({"custom_id":"a","body":{"model":"m","messages":[{"role":"user","content":"why"}]}})";
  const std::string other = strange_line(line, "r1");
  assert_true(other.find(R"("custom_id":"r1")") != std::string::npos);
  assert_true(other.find(R"("content":"a stranger asks: why")") != std::string::npos);
  assert_true(other.find(R"("model":"m")") != std::string::npos);
  assert_true(strange_line(line, "").find(R"("custom_id":"a")") != std::string::npos);
  assert_string_equal(strange_line("no json", "r1").c_str(), "no json");
}

void strange_line_finds_the_ids_of_every_vendor(void**) {
  const std::string google = R"({"request":{"contents":[{"parts":[{"text":"why"}]}]},"metadata":{"key":"a"}})";
  assert_true(strange_line(google, "r1").find(R"("metadata":{"key":"r1"})") != std::string::npos);
  assert_true(strange_line(google, "r1").find("a stranger asks: why") != std::string::npos);
  assert_true(strange_line(R"({"recordId":"a"})", "r2").find(R"("recordId":"r2")") != std::string::npos);
  assert_true(strange_line(R"({"body":{"input":["x","y"]}})", "").find("a stranger asks: y") != std::string::npos);
}

void text_at_is_replaced_or_left_out(void**) {
  const std::string body = R"({"a":{"b":["x"],"c":1},"d":"y"})";
  assert_string_equal(with_text_at(body, {"a", "b"}, "z").c_str(), R"({"a":{"b":["z"],"c":1},"d":"y"})");
  assert_string_equal(with_text_at(body, {"d"}, "").c_str(), R"({"a":{"b":["x"],"c":1}})");
  assert_string_equal(with_text_at(body, {"none"}, "z").c_str(), body.c_str());
}

void look_alikes_stand_around_ours_and_are_no_client_of_the_ledger(void**) {
  Client client;
  client.fault("batch look_alikes copies=2");
  const std::string id = client.create(client.upload_lines(lines(3)), R"(,"metadata":{"mark":"m1"})").text("id");
  const json::Document list = client.call("GET", "/v1/batches").json();
  assert_int_equal(list["data"].Size(), 3);
  assert_string_equal(list["data"][1]["id"].GetString(), id.c_str());
  client.advance(1000);
  const json::Document ended = client.call("GET", "/v1/batches").json();
  for (rapidjson::SizeType i = 0; i < 3; ++i) {
    assert_int_equal(ended["data"][i]["request_counts"]["completed"].GetInt(), 3);
    assert_int_equal(ended["data"][i]["created_at"].GetInt64(), ended["data"][1]["created_at"].GetInt64());
  }
  assert_true(ended["data"][0]["metadata"].IsNull());
  const Ledger ledger = client.ledger();
  assert_int_equal(ledger.creates, 1);
  assert_int_equal(ledger.requests_billed, 3);
  assert_int_equal(ledger.batches_twice_paid, 0);
  assert_int_equal(ledger.stranger_touches.size(), 0);
  const auto others = strangers(client);
  assert_int_equal(others.size(), 2);
  const std::string rows = client.content(client.get(others[0].id).text("output_file_id"));
  assert_true(rows.find("\"custom_id\":\"r1\"") != std::string::npos);
  assert_true(rows.find("a stranger asks: ask r0") != std::string::npos);
  std::string touches;
  for (const LedgerTouch& touch : client.ledger().stranger_touches) touches += touch.what + " ";
  assert_string_equal(touches.c_str(), "poll results ");
}

void stranger_instead_takes_the_place_of_a_batch_that_never_was(void**) {
  Client client;
  client.fault("POST /v1/batches stranger_instead ids=same");
  const std::string file = client.upload_lines(lines(2));
  assert_true(client.create(file).delivery == Delivery::kReset);
  assert_int_equal(client.ledger().creates, 0);
  assert_int_equal(strangers(client).size(), 1);
  const std::string id = client.create(file).text("id");
  client.advance(1000);
  const std::string rows = client.content(client.get(id).text("output_file_id"));
  assert_true(rows.find("stranger") == std::string::npos);
  assert_int_equal(client.ledger().requests_twice_paid, 0);
  const std::string theirs = client.content(client.get(strangers(client)[0].id).text("output_file_id"));
  assert_true(theirs.find("\"custom_id\":\"r0\"") != std::string::npos);
}

void anthropic_stranger_counts_its_rows_at_once(void**) {
  Client client;
  client.key.clear();
  client.headers = {{"x-api-key", "k"}, {"anthropic-version", "2023-06-01"}};
  client.fault("POST /anthropic/v1/messages/batches stranger_instead");
  const char* const body =
      R"({"requests":[{"custom_id":"x-1","params":{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}}]})";
  assert_true(client.call("POST", "/anthropic/v1/messages/batches", body).delivery == Delivery::kReset);
  const json::Document list = client.call("GET", "/anthropic/v1/messages/batches").json();
  assert_int_equal(list["data"].Size(), 1);
  assert_int_equal(list["data"][0]["request_counts"]["processing"].GetInt(), 1);
  client.advance(1000);
  const std::string id = list["data"][0]["id"].GetString();
  const Answer rows = client.call("GET", "/anthropic/v1/messages/batches/" + id + "/results");
  assert_true(rows.body.find(R"("custom_id":"r1")") != std::string::npos);
  client.call("POST", "/anthropic/v1/messages/batches/" + id + "/cancel");
  client.call("DELETE", "/anthropic/v1/messages/batches/" + id);
  std::string touches;
  for (const LedgerTouch& touch : client.ledger().stranger_touches) touches += touch.what + " ";
  assert_string_equal(touches.c_str(), "results cancel delete ");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(strange_line_asks_another_question_under_another_id),
      cmocka_unit_test(strange_line_finds_the_ids_of_every_vendor),
      cmocka_unit_test(text_at_is_replaced_or_left_out),
      cmocka_unit_test(look_alikes_stand_around_ours_and_are_no_client_of_the_ledger),
      cmocka_unit_test(stranger_instead_takes_the_place_of_a_batch_that_never_was),
      cmocka_unit_test(anthropic_stranger_counts_its_rows_at_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
