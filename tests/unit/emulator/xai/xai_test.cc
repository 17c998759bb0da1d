// xAI's containers, filled by calls instead of a file.
#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

std::string request(std::string_view id, std::string_view more = {}, std::string_view model = "m") {
  return R"({"batch_request_id":")" + std::string(id) + R"(","batch_request":{"chat_get_completion":{"model":")" +
         std::string(model) + R"(","messages":[{"role":"user","content":"ask )" + std::string(id) + "\"}]" +
         std::string(more) + "}}}";
}

struct Xai : Client {
  std::string make() { return call("POST", "/xai/v1/batches", R"({"name":"n"})").text("batch_id"); }
  Answer add(const std::string& id, const std::string& requests) {
    return call("POST", "/xai/v1/batches/" + id + "/requests", R"({"batch_requests":[)" + requests + "]}");
  }
  Answer look(const std::string& id) { return call("GET", "/xai/v1/batches/" + id); }
  Answer results(const std::string& id, const std::string& query) {
    return call("GET", "/xai/v1/batches/" + id + "/results" + query);
  }
};

void container_filled_twice_answers_all(void**) {
  Xai client;
  const std::string id = client.make();
  assert_true(client.look(id).json()["input_file_id"].IsNull());
  assert_int_equal(client.add(id, request("a") + "," + request("b")).status, 200);
  assert_int_equal(client.look(id).json()["state"]["num_pending"].GetInt(), 2);
  assert_int_equal(client.add(id, request("c", R"(,"surprise":1)")).status, 200);
  client.advance(1000);
  const json::Document ended = client.look(id).json();
  assert_int_equal(ended["state"]["num_success"].GetInt(), 2);
  assert_int_equal(ended["state"]["num_error"].GetInt(), 1);
  const Answer first = client.results(id, "?limit=2");
  assert_int_equal(first.json()["results"].Size(), 2);
  const Answer last = client.results(id, "?limit=2&pagination_token=" + first.text("pagination_token"));
  assert_string_equal(last.json()["results"][0]["batch_request_id"].GetString(), "c");
  assert_true(last.json()["pagination_token"].IsNull());
}

void request_repeated_is_taken_once(void**) {
  Xai client;
  const std::string id = client.make();
  assert_int_equal(client.add(id, request("a")).status, 200);
  assert_int_equal(client.add(id, request("a")).status, 200);
  assert_int_equal(client.look(id).json()["state"]["num_requests"].GetInt(), 1);
  assert_int_equal(client.add(id, request("a", R"(,"seed":1)")).status, 412);
}

void request_that_is_wrong_refuses_the_whole_call(void**) {
  Xai client;
  const std::string id = client.make();
  assert_int_equal(client.add(id, request("a") + "," + request("b", {}, "no-such-model")).status, 400);
  assert_int_equal(client.add(id, R"({"batch_request_id":"a"})").status, 400);
  assert_int_equal(client.add(id, "").status, 400);
  assert_int_equal(client.look(id).json()["state"]["num_requests"].GetInt(), 0);
}

void container_that_is_cancelled_takes_no_more(void**) {
  Xai client;
  const std::string id = client.make();
  client.add(id, request("a"));
  assert_true(client.call("POST", "/xai/v1/batches/" + id + ":cancel").json()["cancel_time"].IsString());
  assert_int_equal(client.add(id, request("b")).status, 403);
  client.advance(1000);
  assert_int_equal(client.look(id).json()["state"]["num_cancelled"].GetInt(), 1);
}

void containers_are_listed_empty_or_not(void**) {
  Xai client;
  const std::string empty = client.make();
  const std::string full = client.make();
  client.add(full, request("a"));
  const json::Document list = client.call("GET", "/xai/v1/batches").json();
  assert_string_equal(list["batches"][0]["batch_id"].GetString(), full.c_str());
  assert_string_equal(list["batches"][1]["batch_id"].GetString(), empty.c_str());
}

void stranger_has_a_container_of_its_own(void**) {
  Xai client;
  const std::string id = client.make();
  client.fault("POST /xai/v1/batches/*/requests stranger_instead");
  assert_true(client.add(id, request("a") + "," + request("b")).delivery == Delivery::kReset);
  assert_int_equal(client.look(id).json()["state"]["num_requests"].GetInt(), 0);
  const json::Document list = client.call("GET", "/xai/v1/batches").json();
  assert_int_equal(list["batches"].Size(), 2);
  const std::string other = list["batches"][0]["batch_id"].GetString();
  assert_int_equal(list["batches"][0]["state"]["num_requests"].GetInt(), 2);
  assert_int_equal(client.add(id, request("a") + "," + request("b")).status, 200);
  client.advance(1000);
  assert_int_equal(client.look(id).json()["state"]["num_success"].GetInt(), 2);
  assert_true(client.results(other, "").body.find("a stranger asks: ask a") != std::string::npos);
  client.call("POST", "/xai/v1/batches/" + other + ":cancel");
  std::string touches;
  for (const LedgerTouch& touch : client.ledger().stranger_touches) touches += touch.what + " ";
  assert_string_equal(touches.c_str(), "results cancel ");
}

void container_of_another_project_is_not_there(void**) {
  Xai client;
  client.call("POST", "/__emulator/tenants", "apart");
  const std::string id = client.make();
  client.key = "sk-other";
  assert_int_equal(client.look(id).status, 404);
  assert_int_equal(client.results(id, "").status, 404);
  assert_int_equal(client.add(id, request("a")).status, 404);
  assert_int_equal(client.call("GET", "/xai/v1/batches").json()["batches"].Size(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(container_filled_twice_answers_all),
      cmocka_unit_test(request_repeated_is_taken_once),
      cmocka_unit_test(request_that_is_wrong_refuses_the_whole_call),
      cmocka_unit_test(container_that_is_cancelled_takes_no_more),
      cmocka_unit_test(containers_are_listed_empty_or_not),
      cmocka_unit_test(stranger_has_a_container_of_its_own),
      cmocka_unit_test(container_of_another_project_is_not_there),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
