#include "emulator/openai/api.h"

#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

void key_missing_or_wrong_is_refused(void**) {
  EmulatorOptions options = still();
  options.keys = {"sk-right"};
  Client client(options);
  client.key = "sk-wrong";
  assert_int_equal(client.call("GET", "/v1/batches").status, 401);
  assert_string_equal(client.call("GET", "/v1/batches").error("code").c_str(), "invalid_api_key");
  client.key = "";
  assert_int_equal(client.call("GET", "/v1/batches").status, 401);
  client.key = "sk-right";
  assert_int_equal(client.call("GET", "/openai/v1/batches").status, 200);
  assert_int_equal(client.ledger().refused, 3);
}

void upload_wrong_forms_are_refused(void**) {
  Client client;
  assert_int_equal(client.upload(Client::form("batch", "in.jsonl", "x")).status, 200);
  assert_string_equal(client.upload(Client::form("batch", "in.txt", "x")).error("message").c_str(),
                      "Invalid file format for Batch API. Must be .jsonl");
  assert_string_equal(client.upload(Client::form("vision", "in.jsonl", "x")).error("param").c_str(), "purpose");
  const std::string no_purpose =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\nx\r\n--b--\r\n";
  assert_string_equal(client.upload(no_purpose).error("param").c_str(), "purpose");
  const std::string seconds = "--b\r\nContent-Disposition: form-data; name=\"expires_after[seconds]\"\r\n\r\n7200\r\n";
  const std::string anchor =
      "--b\r\nContent-Disposition: form-data; name=\"expires_after[anchor]\"\r\n\r\ncreated_at\r\n";
  assert_int_equal(client.upload(Client::form("batch", "a.jsonl", "x", seconds)).status, 400);
  assert_int_equal(client.upload(Client::form("batch", "a.jsonl", "x", anchor)).status, 400);
  assert_int_equal(client.upload(Client::form("batch", "a.jsonl", "x", anchor + seconds)).status, 200);
  assert_int_equal(client.upload("--b\r\nbroken").status, 400);
  assert_int_equal(client.call("POST", "/v1/files", "{}").status, 415);
  assert_int_equal(client.ledger().uploads, 2);
}

void create_wrong_requests_are_refused(void**) {
  Client client;
  const std::string file = client.upload_lines(lines(1));
  const auto param = [&](const std::string& body) { return client.call("POST", "/v1/batches", body).error("param"); };
  const std::string id = R"("input_file_id":")" + file + "\"";
  const std::string rest = R"(,"endpoint":"/v1/chat/completions","completion_window":"24h")";
  assert_string_equal(param("{" + rest.substr(1) + "}").c_str(), "input_file_id");
  assert_string_equal(param(R"({"input_file_id":"file-none")" + rest + "}").c_str(), "input_file_id");
  assert_string_equal(param("{" + id + R"(,"endpoint":"/v1/x","completion_window":"24h"})").c_str(), "endpoint");
  assert_string_equal(param("{" + id + R"(,"endpoint":"/v1/embeddings","completion_window":"1h"})").c_str(),
                      "completion_window");
  assert_string_equal(param("{" + id + rest + R"(,"surprise":1})").c_str(), "surprise");
  assert_string_equal(param("{" + id + rest + R"(,"metadata":{"a":1}})").c_str(), "metadata.a");
  assert_string_equal(param("{" + id + rest + R"(,"metadata":{"a":")" + std::string(513, 'x') + "\"}}").c_str(),
                      "metadata.a");
  assert_string_equal(param("{" + id + rest + R"(,"output_expires_after":{"seconds":5}})").c_str(),
                      "output_expires_after");
  assert_int_equal(client.call("POST", "/v1/batches", "not json").status, 400);
  assert_int_equal(client.ledger().creates, 0);
  assert_int_equal(client.create(file, R"(,"metadata":{"a":"b"})").status, 200);
}

struct LineCase {
  std::string lines;
  const char* code;
  int64_t line;
};

void validation_bad_line_fails_the_whole_batch(void**) {
  EmulatorOptions options = still();
  options.max_requests = 3;
  Client client(options);
  const std::string good = line("a");
  std::string other_url = line("b");
  other_url.replace(other_url.find("/v1/chat"), 8, "/v2/chat");
  std::string other_model = line("b");
  other_model.replace(other_model.find("\"m\""), 3, "\"n\"");
  std::string no_model = line("b");
  no_model.replace(no_model.find("\"m\""), 3, "\"no-such-m\"");
  const LineCase cases[] = {
      {"", "empty_file", 0},
      {good + "{\n", "invalid_json_line", 2},
      {good + "\n", "invalid_json_line", 2},
      {good + line("\xff"), "invalid_json_line", 2},
      {good + "{\"method\":\"POST\"}\n", "missing_required_parameter", 2},
      {good + line(""), "missing_required_parameter", 2},
      {good + good, "duplicate_custom_id", 2},
      {good + other_url, "invalid_url", 2},
      {good + other_model, "mismatched_model", 2},
      {no_model, "model_not_found", 1},
      {good + line("b", ",\"stream\":true"), "streaming_unsupported", 2},
      {lines(4), "too_many_tasks", 4},
  };
  for (const LineCase& each : cases) {
    const std::string id = client.batch_of(each.lines);
    assert_string_equal(client.get(id).text("status").c_str(), "validating");
    client.advance(1000);
    const json::Document batch = client.get(id).json();
    assert_string_equal(batch["status"].GetString(), "failed");
    const json::Value& error = batch["errors"]["data"][0];
    assert_string_equal(error["code"].GetString(), each.code);
    assert_int_equal(error["line"].IsNull() ? 0 : error["line"].GetInt64(), each.line);
    assert_true(batch["output_file_id"].IsNull());
  }
  assert_int_equal(client.ledger().requests_billed, 0);
}

void validation_more_than_50000_embedding_inputs_fail_the_batch(void**) {
  Client client;
  const auto state_of = [&](int requests) {
    std::string inputs = "\"a\"";
    for (int i = 1; i < 2000; ++i) inputs += ",\"a\"";
    std::string all;
    for (int i = 0; i < requests; ++i) {
      all += R"({"custom_id":"e)" + std::to_string(i) +
             R"(","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":[)" + inputs + "]}}\n";
    }
    const std::string id = client
                               .call("POST", "/v1/batches",
                                     R"({"input_file_id":")" + client.upload_lines(all) +
                                         R"(","endpoint":"/v1/embeddings","completion_window":"24h"})")
                               .text("id");
    client.advance(1000);
    return client.get(id).text("status");
  };
  assert_string_equal(state_of(25).c_str(), "completed");
  assert_string_equal(state_of(26).c_str(), "failed");
}

void run_bad_bodies_become_rows_of_the_error_file(void**) {
  Client client;
  const char* const bodies[][2] = {
      {",\"temperature\":2.5", "temperature"},
      {",\"temperature\":\"hot\"", "temperature"},
      {",\"max_tokens\":1.5", "max_tokens"},
      {",\"top_k\":4", "top_k"},
      {",\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\"]", "stop"},
      {",\"tools\":{}", "tools"},
  };
  std::string all = line("good", ",\"temperature\":0.5,\"max_completion_tokens\":5,\"seed\":1");
  int number = 0;
  for (const auto& each : bodies) all += line(each[1] + std::to_string(number++), each[0]);
  std::string robot = line("role");
  robot.replace(robot.find("\"user\""), 6, "\"robot\"");
  std::string silent = line("messages");
  silent.replace(silent.find("[{"), silent.find("}]") + 2 - silent.find("[{"), "[]");
  const std::string id = client.batch_of(all + robot + silent);
  client.advance(1000);
  const Answer batch = client.get(id);
  assert_int_equal(batch.json()["request_counts"]["completed"].GetInt(), 1);
  assert_int_equal(batch.json()["request_counts"]["failed"].GetInt(), 8);
  for (const std::string& row : rows_of(client.content(batch.text("error_file_id")))) {
    json::Document document;
    assert_true(json::parse(row, document));
    assert_int_equal(document["response"]["status_code"].GetInt(), 400);
    assert_true(document["error"].IsNull());
    const std::string param = document["response"]["body"]["error"]["param"].GetString();
    const std::string custom_id = document["custom_id"].GetString();
    if (custom_id.find(param) != 0 && param.find(custom_id) != 0 && param != "messages[0].role") {
      fail_msg("row %s blames %s", custom_id.c_str(), param.c_str());
    }
  }
  assert_string_equal(id_of(client.content(batch.text("output_file_id"))).c_str(), "good");
  assert_int_equal(client.ledger().requests_billed, 1);
}

void run_answer_names_the_request_it_answers(void**) {
  Client client;
  const std::string id = client.batch_of(lines(200));
  client.advance(1000);
  const Answer batch = client.get(id);
  bool in_order = true;
  int number = 0;
  for (const std::string& row : rows_of(client.content(batch.text("output_file_id")))) {
    json::Document document;
    assert_true(json::parse(row, document));
    const std::string custom_id = document["custom_id"].GetString();
    const std::string text = document["response"]["body"]["choices"][0]["message"]["content"].GetString();
    assert_int_equal(text.find("answer to " + custom_id + " ["), 0);
    assert_true(text.find("]: ask " + custom_id) != std::string::npos);
    in_order = in_order && custom_id == "r" + std::to_string(number);
    ++number;
  }
  assert_int_equal(number, 200);
  assert_false(in_order);
}

void list_pages_through_all_newest_first(void**) {
  Client client;
  const std::string file = client.upload_lines(lines(1));
  std::string ids;
  for (int i = 0; i < 5; ++i) ids = client.create(file).text("id") + " " + ids;
  std::string seen;
  std::string after;
  for (int page = 0; page < 3; ++page) {
    const json::Document list = client.call("GET", "/v1/batches?limit=2" + after).json();
    for (const auto& each : list["data"].GetArray()) seen += std::string(each["id"].GetString()) + " ";
    assert_int_equal(list["has_more"].GetBool(), page < 2);
    after = std::string("&after=") + list["last_id"].GetString();
  }
  assert_string_equal(seen.c_str(), ids.c_str());
  assert_int_equal(client.call("GET", "/v1/batches?limit=101").status, 400);
  assert_int_equal(client.call("GET", "/v1/batches?after=batch_none").status, 404);
}

void file_deleted_is_gone(void**) {
  Client client;
  const std::string id = client.upload_lines("x");
  assert_string_equal(client.content(id).c_str(), "x");
  assert_true(client.call("DELETE", "/v1/files/" + id).json()["deleted"].GetBool());
  assert_int_equal(client.call("GET", "/v1/files/" + id + "/content").status, 404);
  assert_int_equal(client.call("DELETE", "/v1/files/" + id).status, 404);
  assert_int_equal(client.create(id).status, 400);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(key_missing_or_wrong_is_refused),
      cmocka_unit_test(upload_wrong_forms_are_refused),
      cmocka_unit_test(create_wrong_requests_are_refused),
      cmocka_unit_test(validation_bad_line_fails_the_whole_batch),
      cmocka_unit_test(validation_more_than_50000_embedding_inputs_fail_the_batch),
      cmocka_unit_test(run_bad_bodies_become_rows_of_the_error_file),
      cmocka_unit_test(run_answer_names_the_request_it_answers),
      cmocka_unit_test(list_pages_through_all_newest_first),
      cmocka_unit_test(file_deleted_is_gone),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
