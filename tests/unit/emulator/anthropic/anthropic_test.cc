#include <set>
#include <string>

#include "emulator/anthropic/thinking.h"
#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

constexpr char kBatches[] = "/anthropic/v1/messages/batches";

std::string request(std::string_view id, std::string_view more = {}) {
  return R"({"custom_id":")" + std::string(id) +
         R"(","params":{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"ask )" + std::string(id) +
         "\"}]" + std::string(more) + "}}";
}

std::string requests(const std::vector<std::string>& all) {
  std::string body = "{\n  \"requests\" : [";
  for (const std::string& each : all) body += (body.back() == '[' ? "\n" : ",\n") + each;
  return body + "\n]}";
}

struct Anthropic : Client {
  explicit Anthropic(const EmulatorOptions& options = still()) : Client(options) {
    headers = {{"anthropic-version", "2023-06-01"}};
  }
  Answer make(const std::vector<std::string>& all) { return call("POST", kBatches, requests(all)); }
  Answer look(const std::string& id) { return call("GET", kBatches + ("/" + id)); }
  std::vector<std::string> results(const std::string& id) {
    return rows_of(call("GET", kBatches + ("/" + id + "/results")).body);
  }
};

// 5,000 tokens of four bytes, and "text", are kept of claude-haiku-4-5. Behind them stand "user" and "ask N", 9 bytes
// or 2 tokens, and a request has one more: 5,001 are written or read, and 3 fresh.
void prompt_marked_for_the_cache_is_written_by_one_batch_and_read_by_the_next(void**) {
  Anthropic client;
  const std::string system = R"("system":[{"type":"text","text":")" + std::string(20'000, 'x') +
                             R"(","cache_control":{"type":"ephemeral","ttl":"1h"}}])";
  const auto asking = [&](const char* id) {
    std::string line = request(id, "," + system);
    return line.replace(line.find("\"claude\""), 8, "\"claude-haiku-4-5\"");
  };
  const std::string writer = client.make({asking("1"), asking("2")}).text("id");
  client.advance(1000);
  for (const std::string& row : client.results(writer)) {
    if (row.find(R"("input_tokens":3,)") == std::string::npos ||
        row.find(R"("cache_creation_input_tokens":5001,"cache_read_input_tokens":0,)"
                 R"("cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":5001})") ==
            std::string::npos)
      fail_msg("%s", row.c_str());
  }
  const std::string reader = client.make({asking("3")}).text("id");
  client.advance(1000);
  const std::string row = client.results(reader).at(0);
  if (row.find(R"("cache_creation_input_tokens":0,"cache_read_input_tokens":5001,)") == std::string::npos)
    fail_msg("%s", row.c_str());
  // Batch prices for a million: 0.50 $ fresh, 1 $ written for an hour, 0.05 $ read, 2.50 $ out. What each answer has is
  // `out` tokens, so the first batch costs 2 x (3 x .5 + 5,001 x 1 + out x 2.5) millionths of a dollar.
  const std::int64_t out = std::stoll(row.substr(row.find(R"("output_tokens":)") + 16));
  constexpr std::int64_t kFresh = 500'000, kHour = 1'000'000, kRead = 50'000, kOut = 2'500'000;
  assert_int_equal(client.ledger().batches[0].invoice_pico_usd, 2 * (3 * kFresh + 5'001 * kHour + out * kOut));
  assert_int_equal(client.ledger().batches[1].invoice_pico_usd, 3 * kFresh + 5'001 * kRead + out * kOut);
}

void version_of_october_refuses_what_it_took_away(void**) {
  const auto problem = [](const char* message, const char* version) {
    json::Document params;
    assert_true(json::parse(R"({"model":"m","messages":[)" + std::string(message) + "]}", params));
    return version_problem(params, version);
  };
  for (const char* message :
       {R"({"role":"assistant","content":[{"type":"document","source":{}}]})",
        R"({"role":"user","content":[{"type":"text","text":"x","citations":[{"type":"char_location"}]}]})"}) {
    assert_string_not_equal(problem(message, "2026-10-21").c_str(), "");
    assert_string_equal(problem(message, "2023-06-01").c_str(), "");
  }
  for (const char* message : {R"({"role":"user","content":[{"type":"document","source":{}}]})",
                              R"({"role":"user","content":[{"type":"text","text":"x","citations":[]}]})"})
    assert_string_equal(problem(message, "2026-10-21").c_str(), "");
}

void head_without_key_or_version_is_refused(void**) {
  Anthropic client;
  client.key = "";
  assert_string_equal(client.call("GET", kBatches).error("type").c_str(), "authentication_error");
  const Answer own_key = client.call("GET", kBatches, {}, {}, {{"x-api-key", "sk"}});
  assert_int_equal(own_key.status, 200);
  assert_true(!own_key.header("request-id").empty());
  client.key = "sk";
  client.headers = {};
  assert_int_equal(client.call("GET", kBatches).status, 400);
  client.headers = {{"anthropic-version", "2023-06-01"}, {"Anthropic-Version", "2023-06-01"}};
  assert_string_equal(client.call("GET", kBatches).error("message").c_str(),
                      "anthropic-version: \"2023-06-01, 2023-06-01\" is not a valid version");
}

void create_wrong_requests_are_refused(void**) {
  Anthropic client;
  const auto message = [&](const std::string& body) { return client.call("POST", kBatches, body).error("message"); };
  assert_string_equal(message(requests({request(std::string(65, 'a'))})).c_str(),
                      "requests.0.custom_id: String should have at most 64 characters");
  assert_string_equal(message(requests({request("a"), request("b c")})).c_str(),
                      "requests.1.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
  assert_true(message(requests({request("a"), request("a")})).find("not unique") != std::string::npos);
  assert_string_equal(message(R"({"requests":[{"custom_id":"a"}]})").c_str(), "requests.0.params: Field required");
  assert_string_equal(message(R"({"requests":[{"custom_id":"a","params":{},"x":1}]})").c_str(),
                      "requests.0.x: Extra inputs are not permitted");
  assert_string_equal(message(R"({"requests":[],"x":1})").c_str(), "x: Extra inputs are not permitted");
  assert_string_equal(message("{}").c_str(), "requests: Field required");
  assert_true(message(requests({})).find("at least 1 item") != std::string::npos);
  for (const char* body : {"", "{", R"({"requests":[{]})", R"({"requests":[1,]})", R"({"requests":[{"a":1}})"}) {
    assert_int_equal(client.call("POST", kBatches, body).status, 400);
  }
  assert_int_equal(client.ledger().creates, 0);
}

void batch_shows_its_counts_only_when_it_has_ended(void**) {
  Anthropic client;
  const Answer made = client.make({request("a"), request("b", R"(,"temperature":1.5)"), request("c")});
  assert_int_equal(made.status, 200);
  const std::string id = made.text("id");
  assert_int_equal(made.json()["request_counts"]["processing"].GetInt(), 3);
  client.advance(800);
  assert_int_equal(client.look(id).json()["request_counts"]["succeeded"].GetInt(), 0);
  assert_true(client.look(id).json()["results_url"].IsNull());
  assert_int_equal(client.call("GET", kBatches + ("/" + id + "/results")).status, 404);
  client.advance(200);
  const json::Document ended = client.look(id).json();
  assert_string_equal(ended["processing_status"].GetString(), "ended");
  assert_int_equal(ended["request_counts"]["succeeded"].GetInt(), 2);
  assert_int_equal(ended["request_counts"]["errored"].GetInt(), 1);
  assert_int_equal(ended["request_counts"]["processing"].GetInt(), 0);
  const auto rows = client.results(id);
  assert_int_equal(rows.size(), 3);
  assert_true(holds(rows, R"("text":"answer to a [)"));
  assert_true(holds(rows, R"({"custom_id":"b","result":{"type":"errored","error":{"type":"error","error":{"type":)"));
  assert_int_equal(client.ledger().requests_billed, 2);
}

void params_wrong_end_as_errored_rows(void**) {
  Anthropic client;
  const char* const wrong[] = {R"(,"surprise":1)",
                               R"(,"stream":true)",
                               R"(,"tools":[{"name":"bad name","input_schema":{"type":"object"}}])",
                               R"(,"tool_choice":{"type":"required"})",
                               R"(,"metadata":{"other":"x"})",
                               R"(,"thinking":{"type":"enabled","budget_tokens":5})",
                               R"(,"top_k":-1)"};
  std::vector<std::string> all;
  for (size_t i = 0; i < std::size(wrong); ++i) all.push_back(request("w" + std::to_string(i), wrong[i]));
  all.push_back(
      R"({"custom_id":"sys","params":{"model":"m","max_tokens":1,"messages":[{"role":"system","content":"x"}]}})");
  all.push_back(R"({"custom_id":"none","params":{"model":"m","max_tokens":1,"messages":[]}})");
  all.push_back(R"({"custom_id":"model","params":{"model":"no-such-m","max_tokens":1,"messages":[]}})");
  const std::string id = client.make(all).text("id");
  client.advance(1000);
  assert_int_equal(client.look(id).json()["request_counts"]["errored"].GetInt(), static_cast<int>(all.size()));
  assert_true(holds(client.results(id), "not_found_error"));
}

void cancel_half_way_leaves_canceled_rows(void**) {
  Anthropic client;
  std::vector<std::string> all;
  for (int i = 0; i < 10; ++i) all.push_back(request("r" + std::to_string(i)));
  const std::string id = client.make(all).text("id");
  client.advance(500);
  const Answer cancelled = client.call("POST", kBatches + ("/" + id + "/cancel"));
  assert_string_equal(cancelled.text("processing_status").c_str(), "canceling");
  assert_int_equal(client.call("DELETE", kBatches + ("/" + id)).status, 400);
  client.advance(100);
  const json::Document ended = client.look(id).json();
  assert_int_equal(ended["request_counts"]["canceled"].GetInt(), 5);
  assert_true(ended["cancel_initiated_at"].IsString());
  assert_true(holds(client.results(id), R"("result":{"type":"canceled"}})"));
  assert_string_equal(client.call("DELETE", kBatches + ("/" + id)).text("type").c_str(), "message_batch_deleted");
  assert_int_equal(client.look(id).status, 404);
}

void list_pages_newest_first(void**) {
  Anthropic client;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(client.make({request("a" + std::to_string(i))}).text("id"));
  const json::Document first = client.call("GET", std::string(kBatches) + "?limit=2").json();
  assert_true(first["has_more"].GetBool());
  assert_string_equal(first["first_id"].GetString(), ids[2].c_str());
  const json::Document second = client.call("GET", std::string(kBatches) + "?after_id=" + ids[1]).json();
  assert_int_equal(second["data"].Size(), 1);
  assert_string_equal(second["last_id"].GetString(), ids[0].c_str());
  assert_false(second["has_more"].GetBool());
  assert_int_equal(client.call("GET", std::string(kBatches) + "?limit=1001").status, 400);
}

void faults_take_the_vendors_shape(void**) {
  Anthropic client;
  client.fault("POST /anthropic/v1/messages/batches rate_limited");
  assert_string_equal(client.make({request("a")}).error("type").c_str(), "rate_limit_error");
  client.fault("batch fail");
  const std::string id = client.make({request("a")}).text("id");
  client.advance(1000);
  assert_string_equal(client.look(id).text("processing_status").c_str(), "ended");
  assert_int_equal(client.look(id).json()["request_counts"]["errored"].GetInt(), 1);
  client.fault("batch expire share=0");
  const std::string late = client.make({request("b")}).text("id");
  client.advance(1000);
  assert_int_equal(client.look(late).json()["request_counts"]["expired"].GetInt(), 1);
  client.make({request("a")});
  client.advance(1000);
  assert_int_equal(client.ledger().batches_twice_paid, 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(prompt_marked_for_the_cache_is_written_by_one_batch_and_read_by_the_next),
      cmocka_unit_test(version_of_october_refuses_what_it_took_away),
      cmocka_unit_test(head_without_key_or_version_is_refused),
      cmocka_unit_test(create_wrong_requests_are_refused),
      cmocka_unit_test(batch_shows_its_counts_only_when_it_has_ended),
      cmocka_unit_test(params_wrong_end_as_errored_rows),
      cmocka_unit_test(cancel_half_way_leaves_canceled_rows),
      cmocka_unit_test(list_pages_newest_first),
      cmocka_unit_test(faults_take_the_vendors_shape),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
