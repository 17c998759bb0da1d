#include "emulator/batches/tenancy.h"

#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

Answer tenants(Client& client, std::string_view lines) { return client.call("POST", "/__emulator/tenants", lines); }

size_t listed(Client& client, const char* path = "/v1/batches") {
  return client.call("GET", path).json()["data"].Size();
}

void keys_of_one_project_see_the_same_and_others_nothing(void**) {
  Client client;
  assert_int_equal(tenants(client, "project red sk-a sk-b\nproject blue sk-c").status, 200);
  client.key = "sk-a";
  const std::string id = client.batch_of(lines(2));
  const std::string file = client.get(id).text("input_file_id");
  client.key = "sk-b";
  assert_int_equal(client.get(id).status, 200);
  assert_int_equal(listed(client), 1);
  assert_int_equal(client.call("GET", "/v1/files/" + file).status, 200);
  client.key = "sk-c";
  assert_int_equal(client.get(id).status, 404);
  assert_int_equal(client.call("POST", "/v1/batches/" + id + "/cancel").status, 404);
  assert_int_equal(client.call("GET", "/v1/files/" + file + "/content").status, 404);
  assert_int_equal(client.call("DELETE", "/v1/files/" + file).status, 404);
  assert_int_equal(listed(client), 0);
  assert_int_equal(listed(client, "/v1/files"), 0);
  client.key = "sk-in-no-project";
  assert_int_equal(client.get(id).status, 404);
  assert_string_equal(client.ledger().batches[0].project.c_str(), "red");
}

void results_belong_to_the_project_whoever_looks_first(void**) {
  Client client;
  tenants(client, "project red sk-a\nproject blue sk-c");
  client.key = "sk-a";
  const std::string id = client.batch_of(lines(2));
  client.advance(1000);
  client.key = "sk-c";
  listed(client);
  client.work_to_the_end();
  client.key = "sk-a";
  const std::string output = client.get(id).text("output_file_id");
  assert_int_equal(rows_of(client.content(output)).size(), 2);
  client.key = "sk-c";
  assert_int_equal(client.call("GET", "/v1/files/" + output + "/content").status, 404);
}

void apart_every_key_is_a_project_until_they_are_forgotten(void**) {
  Client client;
  tenants(client, "apart");
  client.key = "sk-a";
  const std::string id = client.batch_of(lines(1));
  client.key = "sk-b";
  assert_int_equal(client.get(id).status, 404);
  client.call("DELETE", "/__emulator/tenants");
  const std::string second = client.batch_of(lines(1));
  client.key = "sk-c";
  assert_int_equal(client.get(second).status, 200);
}

void wrong_lines_change_nothing(void**) {
  Client client;
  for (const char* text : {"project red", "stranger", "apart now", "friend sk-a", "apart\nproject"}) {
    const Answer answer = tenants(client, text);
    assert_int_equal(answer.status, 400);
    assert_true(answer.body.find("write: project NAME KEY") != std::string::npos);
  }
  const std::string id = client.batch_of(lines(1));
  client.key = "sk-other";
  assert_int_equal(client.get(id).status, 200);
}

void stranger_key_is_seen_and_every_touch_is_kept(void**) {
  Client client;
  tenants(client, "stranger sk-stranger");
  client.key = "sk-stranger";
  const std::string id = client.batch_of(lines(2));
  client.advance(1000);
  const std::string output = client.get(id).text("output_file_id");
  client.content(output);
  assert_int_equal(client.ledger().creates, 0);
  assert_int_equal(client.ledger().polls, 0);
  assert_int_equal(client.ledger().downloads, 0);
  assert_int_equal(client.ledger().requests_billed, 0);
  assert_true(client.ledger().batches[0].stranger);
  assert_int_equal(client.ledger().stranger_touches.size(), 0);
  client.key = "sk-own";
  assert_int_equal(listed(client), 1);
  assert_int_equal(client.ledger().stranger_touches.size(), 0);
  client.get(id);
  client.content(output);
  client.call("POST", "/v1/batches/" + id + "/cancel");
  client.call("DELETE", "/v1/files/" + output);
  std::string touches;
  for (const LedgerTouch& touch : client.ledger().stranger_touches) touches += touch.what + " ";
  assert_string_equal(touches.c_str(), "poll results cancel delete ");
  const std::string ledger = client.call("GET", "/__emulator/ledger").body;
  assert_true(ledger.find(R"({"vendor":"openai","what":"poll","id":")" + id) != std::string::npos);
}

void faults_leave_strangers_alone(void**) {
  Client client;
  tenants(client, "stranger sk-stranger");
  client.fault("GET /v1/batches status count=0");
  client.key = "sk-stranger";
  assert_int_equal(client.call("GET", "/v1/batches").status, 200);
  client.key = "sk-own";
  assert_int_equal(client.call("GET", "/v1/batches").status, 500);
}

void anthropic_key_header_names_the_project(void**) {
  Client client;
  client.key.clear();
  const auto as = [&](const char* key) { client.headers = {{"x-api-key", key}, {"anthropic-version", "2023-06-01"}}; };
  tenants(client, "project red sk-ant-a\nproject blue sk-ant-b");
  as("sk-ant-a");
  const char* const body =
      R"({"requests":[{"custom_id":"r1","params":{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}}]})";
  const std::string id = client.call("POST", "/anthropic/v1/messages/batches", body).text("id");
  assert_int_equal(client.call("GET", "/anthropic/v1/messages/batches/" + id).status, 200);
  as("sk-ant-b");
  assert_int_equal(client.call("GET", "/anthropic/v1/messages/batches/" + id).status, 404);
  assert_int_equal(client.call("GET", "/anthropic/v1/messages/batches/" + id + "/results").status, 404);
  assert_int_equal(listed(client, "/anthropic/v1/messages/batches"), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(keys_of_one_project_see_the_same_and_others_nothing),
      cmocka_unit_test(results_belong_to_the_project_whoever_looks_first),
      cmocka_unit_test(apart_every_key_is_a_project_until_they_are_forgotten),
      cmocka_unit_test(wrong_lines_change_nothing),
      cmocka_unit_test(stranger_key_is_seen_and_every_touch_is_kept),
      cmocka_unit_test(faults_leave_strangers_alone),
      cmocka_unit_test(anthropic_key_header_names_the_project),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
