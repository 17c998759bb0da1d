#include "emulator/vendor/apply_fault.h"

#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

void portal_answers_instead_of_the_vendor(void**) {
  Client client;
  client.fault("GET * portal");
  client.fault("GET * portal form=json nth=2");
  client.fault("GET * portal form=redirect nth=3");
  const Answer page = client.call("GET", "/v1/batches");
  assert_int_equal(page.status, 200);
  assert_int_equal(page.body.find("<!DOCTYPE html>"), 0);
  const Answer proxy = client.call("GET", "/v1/batches");
  assert_int_equal(proxy.status, 200);
  assert_string_equal(proxy.text("result").c_str(), "login required");
  const Answer moved = client.call("GET", "/v1/batches");
  assert_int_equal(moved.status, 302);
  assert_string_equal(moved.header("location").c_str(), "http://portal.invalid/login");
  assert_string_equal(client.call("GET", "/v1/batches").text("object").c_str(), "list");
}

void portal_lets_a_create_through_only_with_execute(void**) {
  Client client;
  const std::string file = client.upload_lines(lines(1));
  client.fault("POST /v1/batches portal");
  client.create(file);
  assert_int_equal(client.ledger().creates, 0);
  client.call("DELETE", "/__emulator/faults");
  client.fault("POST /v1/batches portal execute=1");
  assert_int_equal(client.create(file).body.find("<!DOCTYPE html>"), 0);
  assert_int_equal(client.ledger().creates, 1);
}

void queue_is_full_only_while_a_batch_runs(void**) {
  Client client;
  client.fault("POST /v1/batches queue_full count=0 code=token_limit_exceeded message=\"Enqueued limit reached\"");
  const std::string file = client.upload_lines(lines(1));
  assert_int_equal(client.create(file).status, 200);
  const Answer full = client.create(file);
  assert_int_equal(full.status, 429);
  assert_string_equal(full.error("code").c_str(), "token_limit_exceeded");
  assert_string_equal(full.error("message").c_str(), "Enqueued limit reached");
  client.advance(1000);
  assert_int_equal(client.create(file).status, 200);
}

void queue_full_is_resource_exhausted_at_google(void**) {
  Client client;
  client.key.clear();
  client.headers = {{"x-goog-api-key", "k"}};
  client.fault("POST * queue_full count=0");
  const char* const path = "/google/v1beta/models/gemini-x:batchGenerateContent";
  const char* const body =
      R"({"batch":{"displayName":"d","inputConfig":{"requests":{"requests":[{"request":{"contents":[{"role":"user","parts":[{"text":"hi"}]}]},"metadata":{"key":"a"}}]}}}})";
  assert_int_equal(client.call("POST", path, body).status, 200);
  const Answer full = client.call("POST", path, body);
  assert_int_equal(full.status, 429);
  assert_string_equal(full.error("status").c_str(), "RESOURCE_EXHAUSTED");
}

void batch_fails_for_a_full_queue_only_while_another_runs(void**) {
  Client client;
  client.fault("batch fail running=1 count=0 code= message=\"Enqueued token limit reached\"");
  const std::string first = client.batch_of(lines(1));
  const std::string second = client.batch_of(lines(2));
  client.advance(1000);
  assert_string_equal(client.get(first).text("status").c_str(), "completed");
  const json::Document failed = client.get(second).json();
  assert_string_equal(failed["status"].GetString(), "failed");
  assert_true(failed["errors"]["data"][0]["code"].IsNull());
}

void key_comes_back_in_every_form(void**) {
  Client client;
  client.key = "sk-a/b+c";
  client.fault(R"(GET /v1/batches status status=401 message="bad key {key} {key:percent} {key:base64}")");
  const std::string message = client.call("GET", "/v1/batches").error("message");
  assert_string_equal(message.c_str(), "bad key sk-a/b+c sk%2Da%2Fb%2Bc c2stYS9iK2M=");
  client.call("DELETE", "/__emulator/faults");
  client.fault("batch rows_with_key rows=2 form=base64");
  const std::string id = client.batch_of(lines(3));
  client.advance(1000);
  const auto rows = rows_of(client.content(client.get(id).text("output_file_id")));
  int with_key = 0;
  for (const std::string& row : rows) {
    with_key += row.find("c2stYS9iK2M=") != std::string::npos ? 1 : 0;
    json::Document parsed;
    assert_true(json::parse(row, parsed));
  }
  assert_int_equal(with_key, 2);
}

void results_gone_takes_one_file_or_both_for_so_many_downloads(void**) {
  EmulatorOptions options = still();
  options.fail_rate = 0.5;
  Client client(options);
  client.fault("batch results_gone which=errors status=410 downloads=2");
  const std::string id = client.batch_of(lines(20));
  client.advance(1000);
  const Answer batch = client.get(id);
  const std::string errors = "/v1/files/" + batch.text("error_file_id") + "/content";
  assert_int_equal(client.call("GET", errors).status, 410);
  assert_int_equal(client.call("GET", "/v1/files/" + batch.text("output_file_id") + "/content").status, 200);
  assert_int_equal(client.ledger().downloads, 1);
  assert_int_equal(client.call("GET", errors).status, 410);
  assert_int_equal(client.call("GET", errors).status, 200);
}

void results_gone_has_the_shape_of_each_vendor(void**) {
  Client client;
  client.key.clear();
  client.headers = {{"x-api-key", "k"}, {"anthropic-version", "2023-06-01"}, {"Authorization", "Bearer k"}};
  client.fault("batch results_gone count=0 message=gone");
  const char* const body =
      R"({"requests":[{"custom_id":"r1","params":{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}}]})";
  const std::string id = client.call("POST", "/anthropic/v1/messages/batches", body).text("id");
  const std::string container = client.call("POST", "/xai/v1/batches", R"({"name":"n"})").text("batch_id");
  client.call("POST", "/xai/v1/batches/" + container + "/requests",
              R"({"batch_requests":[{"batch_request_id":"a","batch_request":{"chat_get_completion":{"model":"m",)"
              R"("messages":[{"role":"user","content":"hi"}]}}}]})");
  client.advance(1000);
  const Answer anthropic = client.call("GET", "/anthropic/v1/messages/batches/" + id + "/results");
  assert_int_equal(anthropic.status, 404);
  assert_string_equal(anthropic.error("type").c_str(), "not_found_error");
  assert_string_equal(anthropic.error("message").c_str(), "gone");
  assert_int_equal(client.call("GET", "/xai/v1/batches/" + container + "/results").status, 404);
}

void rows_huge_and_foreign_are_whole_json(void**) {
  Client client;
  client.fault("batch rows_huge rows=1 bytes=5000");
  client.fault("batch rows_unknown rows=7 start=r");
  const std::string id = client.batch_of(lines(2));
  client.advance(1000);
  const auto rows = rows_of(client.content(client.get(id).text("output_file_id")));
  assert_int_equal(rows.size(), 9);
  int huge = 0;
  for (const std::string& row : rows) {
    json::Document parsed;
    assert_true(json::parse(row, parsed));
    huge += row.size() > 5000 ? 1 : 0;
  }
  assert_int_equal(huge, 1);
  assert_true(holds(rows, R"("custom_id":"r7")"));
  assert_int_equal(client.ledger().requests_billed, 2);
}

void late_batch_is_nowhere_until_its_time(void**) {
  Client client;
  client.fault("batch late ms=500");
  client.fault("POST /v1/batches reset_after_execute");
  client.create(client.upload_lines(lines(1)));
  const std::string id = client.ledger().batches[0].id;
  assert_int_equal(client.call("GET", "/v1/batches").json()["data"].Size(), 0);
  assert_int_equal(client.get(id).status, 404);
  client.advance(500);
  assert_int_equal(client.call("GET", "/v1/batches").json()["data"].Size(), 1);
  assert_int_equal(client.get(id).status, 200);
}

void listing_lag_passes_by_time(void**) {
  Client client;
  client.fault("batch listing_lag ms=300");
  const std::string id = client.batch_of(lines(1));
  assert_int_equal(client.get(id).status, 200);
  assert_int_equal(client.call("GET", "/v1/batches").json()["data"].Size(), 0);
  assert_int_equal(client.call("GET", "/v1/batches").json()["data"].Size(), 0);
  client.advance(300);
  assert_int_equal(client.call("GET", "/v1/batches").json()["data"].Size(), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(portal_answers_instead_of_the_vendor),
      cmocka_unit_test(portal_lets_a_create_through_only_with_execute),
      cmocka_unit_test(queue_is_full_only_while_a_batch_runs),
      cmocka_unit_test(queue_full_is_resource_exhausted_at_google),
      cmocka_unit_test(batch_fails_for_a_full_queue_only_while_another_runs),
      cmocka_unit_test(key_comes_back_in_every_form),
      cmocka_unit_test(results_gone_takes_one_file_or_both_for_so_many_downloads),
      cmocka_unit_test(results_gone_has_the_shape_of_each_vendor),
      cmocka_unit_test(rows_huge_and_foreign_are_whole_json),
      cmocka_unit_test(late_batch_is_nowhere_until_its_time),
      cmocka_unit_test(listing_lag_passes_by_time),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
