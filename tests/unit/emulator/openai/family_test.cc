// The vendors that took over OpenAI's files and batches, each where it differs.
#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

constexpr char kForm[] = "multipart/form-data; boundary=b";

std::string field(std::string_view name, std::string_view value) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(value) +
         "\r\n";
}

std::string file_part(std::string_view bytes) {
  return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\nContent-Type: "
         "application/jsonl\r\n\r\n" +
         std::string(bytes) + "\r\n";
}

std::string short_line(std::string_view id, std::string_view more = {}) {
  return R"({"custom_id":")" + std::string(id) + R"(","body":{"model":"m","messages":[{"role":"user","content":"ask )" +
         std::string(id) + "\"}]" + std::string(more) + "}}\n";
}

struct Family : Client {
  Family(std::string where, std::string upload_path = "/files") : root(std::move(where)), upload_to(upload_path) {}
  Answer put(const std::string& parts) { return call("POST", root + upload_to, parts + "--b--\r\n", kForm); }
  Answer make(const std::string& body) { return call("POST", root + "/batches", body); }
  Answer look(const std::string& id) { return call("GET", root + "/batches/" + id); }
  std::vector<std::string> rows(const std::string& file) {
    return rows_of(call("GET", root + "/files/" + file + "/content").body);
  }
  static std::string from_file(const std::string& id, std::string_view more = R"(,"completion_window":"24h")") {
    return R"({"input_file_id":")" + id + R"(","endpoint":"/v1/chat/completions")" + std::string(more) + "}";
  }
  std::string root;
  std::string upload_to;
};

void groq_mixes_models_and_pages_by_cursor(void**) {
  Family client("/groq/openai/v1");
  std::string other = line("b");
  other.replace(other.find("\"m\""), 3, "\"no-such-m\"");
  const Answer file = client.put(field("purpose", "batch") + file_part(line("a") + other));
  assert_string_equal(file.text("id").substr(0, 5).c_str(), "file_");
  assert_true(json::member(file.json(), "status") == nullptr);
  const Answer made = client.make(Family::from_file(file.text("id"), R"(,"completion_window":"7d")"));
  assert_int_equal(made.status, 200);
  assert_true(json::member(made.json(), "usage") == nullptr);
  client.advance(1000);
  const Answer ended = client.look(made.text("id"));
  assert_int_equal(client.rows(ended.text("output_file_id")).size(), 1);
  assert_true(holds(client.rows(ended.text("error_file_id")), "\"status_code\":404"));
  client.make(Family::from_file(file.text("id")));
  const json::Document page = client.call("GET", client.root + "/batches?limit=1").json();
  const std::string cursor = page["paging"]["next_cursor"].GetString();
  const json::Document last = client.call("GET", client.root + "/batches?cursor=" + cursor).json();
  assert_string_equal(last["data"][0]["id"].GetString(), made.text("id").c_str());
  assert_true(last["paging"]["next_cursor"].IsNull());
}

void together_wraps_the_job_and_shouts_its_state(void**) {
  Family client("/together/v1", "/files/upload");
  const std::string lines = short_line("a") + short_line("b", R"(,"surprise":1)");
  assert_int_equal(client.put(field("purpose", "batch-api") + file_part(lines)).status, 400);  // no file_name
  const Answer file = client.put(field("purpose", "batch-api") + field("file_name", "x.jsonl") + file_part(lines));
  assert_true(file.json()["Processed"].GetBool());
  const Answer made = client.make(Family::from_file(file.text("id"), {}));
  assert_int_equal(made.status, 201);
  const std::string id = made.json()["job"]["id"].GetString();
  assert_int_equal(client.make(Family::from_file(file.text("id"), R"(,"metadata":{})")).status, 400);
  client.advance(500);
  assert_string_equal(client.look(id).text("status").c_str(), "IN_PROGRESS");
  assert_true(client.look(id).json()["progress"].GetDouble() > 0);
  client.advance(500);
  const Answer ended = client.look(id);
  assert_string_equal(ended.text("status").c_str(), "COMPLETED");
  const auto good = client.rows(ended.text("output_file_id"));
  assert_true(holds(good, "\"response\":{\"status_code\":200,\"body\":"));
  assert_false(holds(good, "\"error\""));
  assert_true(holds(client.rows(ended.text("error_file_id")), "\"error\":{\"code\":\"batch_client_error\""));
  assert_int_equal(client.call("POST", client.root + "/batches/" + id + "/cancel").status, 409);
  assert_true(client.call("GET", client.root + "/batches").json().IsArray());
}

void together_file_that_is_not_there_fails_later(void**) {
  Family client("/together/v1", "/files/upload");
  const Answer made = client.make(Family::from_file("file-none", {}));
  assert_int_equal(made.status, 201);
  client.advance(1000);
  const Answer ended = client.look(made.json()["job"]["id"].GetString());
  assert_string_equal(ended.text("status").c_str(), "FAILED");
  assert_true(!ended.text("error").empty());
}

void azure_wants_its_file_ready_and_writes_times_as_text(void**) {
  Family client("/azure/openai/v1");
  client.key = "";
  assert_int_equal(client.call("GET", client.root + "/batches").status, 401);
  client.headers = {{"api-key", "k"}};
  const Answer file = client.put(field("purpose", "batch") + file_part(line("a")));
  assert_string_equal(file.text("status").c_str(), "pending");
  assert_int_equal(client.make(Family::from_file(file.text("id"))).status, 400);
  assert_string_equal(client.call("GET", client.root + "/files/" + file.text("id")).text("status").c_str(),
                      "processed");
  const Answer made = client.make(Family::from_file(file.text("id")));
  assert_int_equal(made.status, 200);
  assert_true(made.json()["created_at"].IsString());
  assert_true(made.json()["request_counts"]["total"].IsNull());
  client.advance(1000);
  const Answer ended = client.look(made.text("id"));
  assert_true(holds(client.rows(ended.text("output_file_id")), R"({"custom_id":"a","response":{"status_code":200)"));
  assert_string_equal(
      client.call("GET", client.root + "/files/" + ended.text("error_file_id") + "/content").body.c_str(), "");
}

void doubleword_judges_lines_at_the_upload(void**) {
  Family client("/doubleword/v1");
  const auto put = [&](const std::string& lines) { return client.put(field("purpose", "batch") + file_part(lines)); };
  assert_true(put(line("a") + "no json\n").error("message").find("Line 2: ") == 0);
  assert_int_equal(put(line(std::string(65, 'x'))).status, 400);
  const Answer made = client.make(Family::from_file(put(line("a") + line("a", R"(,"x":1)")).text("id")));
  assert_int_equal(made.status, 201);
  assert_true(json::member(made.json(), "errors") == nullptr);
  client.advance(1000);
  const Answer ended = client.look(made.text("id"));
  assert_true(holds(client.rows(ended.text("error_file_id")), R"("response":null,"error":{"code":null,"message":)"));
}

struct Mistral : Client {
  Answer put(const std::string& lines) {
    return call("POST", "/mistral/v1/files", field("purpose", "batch") + file_part(lines) + "--b--\r\n", kForm);
  }
  Answer make(const std::string& fields) {
    return call("POST", "/mistral/v1/batch/jobs", R"({"model":"m","endpoint":"/v1/chat/completions",)" + fields + "}");
  }
  Answer look(const std::string& id) { return call("GET", "/mistral/v1/batch/jobs/" + id); }
};

void mistral_judges_bodies_at_the_upload(void**) {
  Mistral client;
  assert_int_equal(client.put("no json\n").status, 422);
  assert_int_equal(client.put(short_line("a", R"(,"temperature":1.6)")).status, 422);
  assert_int_equal(client.put(short_line("a", R"(,"max_completion_tokens":5)")).status, 422);
  assert_int_equal(client.put(short_line("a") + short_line("b")).json()["num_lines"].GetInt(), 2);
  client.key = "";
  assert_string_equal(client.look("x").text("detail").c_str(), "Invalid API Key");
}

void mistral_job_answers_in_its_file(void**) {
  Mistral client;
  const std::string files = R"("input_files":[")" + client.put(short_line("a") + short_line("b")).text("id") + "\"]";
  assert_int_equal(client.make(files + R"(,"timeout_hours":0)").status, 422);
  assert_int_equal(client.make(R"("input_files":["none"])").status, 404);
  client.fault("batch error_file_only nth=2");
  const std::string id = client.make(files).text("id");
  const std::string bad = client.make(files).text("id");
  assert_string_equal(client.look(id).text("status").c_str(), "QUEUED");
  client.advance(1000);
  const Answer ended = client.look(id);
  assert_string_equal(ended.text("status").c_str(), "SUCCESS");
  assert_int_equal(ended.json()["succeeded_requests"].GetInt(), 2);
  const auto rows = rows_of(client.call("GET", "/mistral/v1/files/" + ended.text("output_file") + "/content").body);
  assert_true(holds(rows, "\"model\":\"m\""));
  const std::string errors = client.look(bad).text("error_file");
  const auto failed = rows_of(client.call("GET", "/mistral/v1/files/" + errors + "/content").body);
  assert_true(holds(failed, R"("status_code":500,"body":"{\"object\":\"error\")"));
}

void mistral_job_inline_answers_inside(void**) {
  Mistral client;
  const Answer made =
      client.make(R"("requests":[{"custom_id":"a","body":{"messages":[{"role":"user","content":"x"}]}}])");
  assert_int_equal(made.status, 200);
  client.advance(1000);
  assert_true(client.look(made.text("id")).json()["outputs"].IsNull());
  const json::Document ended = client.look(made.text("id") + "?inline=true").json();
  assert_string_equal(ended["outputs"][0]["custom_id"].GetString(), "a");
}

void xai_batch_is_counters_and_pages(void**) {
  Family client("/xai/v1");
  assert_int_equal(client.put(file_part(line("a")) + field("expires_after", "3600")).status, 400);
  const std::string file =
      client.put(field("expires_after", "3600") + file_part(lines(5) + line("x", R"(,"y":1)"))).text("id");
  const Answer made = client.make(R"({"name":"n","input_file_id":")" + file + "\"}");
  const std::string id = made.text("batch_id");
  assert_int_equal(made.json()["state"]["num_requests"].GetInt(), 0);
  client.advance(1000);
  const json::Document ended = client.look(id).json();
  assert_int_equal(ended["state"]["num_success"].GetInt(), 5);
  assert_int_equal(ended["state"]["num_error"].GetInt(), 1);
  std::string token;
  size_t rows = 0;
  for (int page = 0; page < 2; ++page) {
    const std::string more = token.empty() ? "" : "&pagination_token=" + token;
    const Answer results = client.call("GET", client.root + "/batches/" + id + "/results?limit=4" + more);
    rows += results.json()["results"].Size();
    token = results.text("pagination_token");
  }
  assert_int_equal(rows, 6);
  assert_string_equal(token.c_str(), "");
  assert_int_equal(client.call("GET", client.root + "/batches/none/results").status, 404);
}

void xai_bad_file_cancels_the_batch(void**) {
  Family client("/xai/v1");
  const std::string file = client.put(file_part("no json\n")).text("id");
  const std::string id = client.make(R"({"name":"n","input_file_id":")" + file + "\"}").text("batch_id");
  client.advance(1000);
  assert_true(client.look(id).json()["cancel_by_xai_message"].IsString());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(groq_mixes_models_and_pages_by_cursor),
      cmocka_unit_test(together_wraps_the_job_and_shouts_its_state),
      cmocka_unit_test(together_file_that_is_not_there_fails_later),
      cmocka_unit_test(azure_wants_its_file_ready_and_writes_times_as_text),
      cmocka_unit_test(doubleword_judges_lines_at_the_upload),
      cmocka_unit_test(mistral_judges_bodies_at_the_upload),
      cmocka_unit_test(mistral_job_answers_in_its_file),
      cmocka_unit_test(mistral_job_inline_answers_inside),
      cmocka_unit_test(xai_batch_is_counters_and_pages),
      cmocka_unit_test(xai_bad_file_cancels_the_batch),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
