#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

constexpr char kUpload[] = "/google/upload/v1beta/files";
constexpr char kCreate[] = "/google/v1beta/models/gemini-x:batchGenerateContent";
constexpr char kBatches[] = "/google/v1beta/batches";

std::string content(std::string_view id, std::string_view more = {}) {
  return R"({"contents":[{"role":"user","parts":[{"text":"ask )" + std::string(id) + "\"}]}]" + std::string(more) + "}";
}

std::string row(std::string_view id, std::string_view more = {}) {
  return R"({"key":")" + std::string(id) + R"(","request":)" + content(id, more) + "}\n";
}

std::string row_inline(std::string_view id) {
  return R"({"request":)" + content(id) + R"(,"metadata":{"key":")" + std::string(id) + "\"}}";
}

struct Google : Client {
  explicit Google(const EmulatorOptions& options = still()) : Client(options) {
    key = "";
    headers = {{"x-goog-api-key", "k"}};
  }
  // The path of the address that the bytes go to; empty if the upload is refused.
  std::string announce(size_t bytes, const char* type = "application/jsonl") {
    const Answer answer = call("POST", kUpload, R"({"file":{"displayName":"in.jsonl"}})", "application/json",
                               {{"X-Goog-Upload-Protocol", "resumable"},
                                {"X-Goog-Upload-Command", "start"},
                                {"X-Goog-Upload-Header-Content-Length", std::to_string(bytes)},
                                {"X-Goog-Upload-Header-Content-Type", type}});
    const std::string url = answer.header("x-goog-upload-url");
    return url.empty() ? url : url.substr(url.find("/google/"));
  }
  Answer send(const std::string& url, std::string_view bytes, size_t offset, const char* command) {
    return call("POST", url, bytes, "application/octet-stream",
                {{"X-Goog-Upload-Offset", std::to_string(offset)}, {"X-Goog-Upload-Command", command}});
  }
  std::string upload(std::string_view bytes) {
    const json::Document file = send(announce(bytes.size()), bytes, 0, "upload, finalize").json();
    return file["file"]["name"].GetString();
  }
  Answer create(const std::string& file) {
    return call("POST", kCreate, R"({"batch":{"displayName":"d","inputConfig":{"fileName":")" + file + "\"}}}");
  }
  Answer look(const std::string& name) { return call("GET", "/google/v1beta/" + name); }
};

std::string state(const Answer& operation) { return operation.json()["metadata"]["state"].GetString(); }

void key_missing_or_wrong_is_refused_as_google_does(void**) {
  EmulatorOptions options = still();
  options.keys = {"right"};
  Google client(options);
  client.headers = {};
  assert_int_equal(client.call("GET", kBatches).status, 403);
  client.headers = {{"x-goog-api-key", "wrong"}};
  const Answer wrong = client.call("GET", kBatches);
  assert_int_equal(wrong.status, 400);
  assert_true(wrong.body.find("\"reason\":\"API_KEY_INVALID\"") != std::string::npos);
  client.headers = {};
  assert_int_equal(client.call("GET", std::string(kBatches) + "?key=right").status, 200);
  assert_string_equal(client.call("GET", std::string(kBatches) + "?key=right").body.c_str(), "{}");
}

void upload_in_chunks_keeps_their_order(void**) {
  Google client;
  const std::string bytes(256 * 1024 + 10, 'x');
  const std::string url = client.announce(bytes.size());
  assert_int_equal(client.send(url, bytes.substr(0, 100), 5, "upload").status, 400);
  const Answer first = client.send(url, bytes.substr(0, 256 * 1024), 0, "upload");
  assert_string_equal(first.header("x-goog-upload-status").c_str(), "active");
  assert_int_equal(client.send(url, bytes.substr(256 * 1024), 0, "upload, finalize").status, 400);
  const Answer query = client.send(url, {}, 0, "query");
  assert_string_equal(query.header("x-goog-upload-size-received").c_str(), "262144");
  const Answer last = client.send(url, bytes.substr(256 * 1024), 256 * 1024, "upload, finalize");
  assert_string_equal(last.header("x-goog-upload-status").c_str(), "final");
  const json::Document file = last.json();
  assert_string_equal(file["file"]["sizeBytes"].GetString(), "262154");
  assert_string_equal(file["file"]["state"].GetString(), "ACTIVE");
  const std::string name = file["file"]["name"].GetString();
  assert_int_equal(client.look(name).status, 200);
  assert_int_equal(client.call("GET", "/google/v1beta/files").json()["files"].Size(), 1);
  assert_string_equal(client.call("DELETE", "/google/v1beta/" + name).body.c_str(), "{}");
  assert_int_equal(client.look(name).status, 403);
  assert_int_equal(client.ledger().uploads, 1);
}

void upload_of_another_type_or_length_is_refused(void**) {
  Google client;
  assert_string_equal(client.announce(3, "image/png").c_str(), "");
  const std::string url = client.announce(3);
  assert_int_equal(client.send(url, "ab", 0, "upload, finalize").status, 400);
  assert_int_equal(client.send(url, "cde", 2, "upload, finalize").status, 400);
  assert_int_equal(client.send("/google/upload/v1beta/files?upload_id=none", "ab", 0, "upload").status, 404);
}

void batch_from_a_file_ends_with_a_file(void**) {
  Google client;
  const Answer made = client.create(client.upload(row("a") + row("b", R"(,"generationConfig":{"temperature":9})") + row("c")));
  const std::string name = made.text("name");
  assert_string_equal(state(made).c_str(), "BATCH_STATE_PENDING");
  assert_true(made.json()["metadata"]["batchStats"].ObjectEmpty());
  client.advance(200);
  const Answer running = client.look(name);
  assert_string_equal(state(running).c_str(), "BATCH_STATE_RUNNING");
  assert_string_equal(running.json()["metadata"]["batchStats"]["requestCount"].GetString(), "3");
  assert_true(json::member(running.json(), "done") == nullptr);
  client.advance(800);
  const json::Document ended = client.look(name).json();
  assert_true(ended["done"].GetBool());
  assert_string_equal(ended["metadata"]["batchStats"]["successfulRequestCount"].GetString(), "2");
  assert_string_equal(ended["metadata"]["batchStats"]["failedRequestCount"].GetString(), "1");
  const std::string file = ended["response"]["responsesFile"].GetString();
  assert_int_equal(client.look(file).status, 400);  // its name is longer than the API takes
  const auto rows = rows_of(client.call("GET", "/google/download/v1beta/" + file + ":download?alt=media").body);
  assert_int_equal(rows.size(), 3);
  assert_true(holds(rows, R"({"key":"a","response":{"candidates":[{"content":{"parts":[{"text":"answer to a [)"));
  assert_true(holds(rows, R"({"key":"b","error":{"code":400,"message":"Unable to submit request because request.generationConfig.temperature)"));
  assert_int_equal(client.ledger().requests_billed, 2);
}

void unknown_field_of_a_request_refuses_the_whole_file(void**) {
  Google client;
  const std::string name = client.create(client.upload(row("a") + row("b", R"(,"thinking_config":{})"))).text("name");
  client.advance(1000);
  const Answer ended = client.look(name);
  assert_string_equal(state(ended).c_str(), "BATCH_STATE_FAILED");
  assert_string_equal(ended.error("message").c_str(),
                      "Invalid JSON payload received. Unknown name \"thinking_config\" at 'request': Cannot find field.");
  assert_int_equal(client.ledger().requests_billed, 0);
  const std::string inline_row = R"({"request":)" + content("a", R"(,"thinking_config":{})") + "}";
  const std::string body =
      R"({"batch":{"displayName":"d","inputConfig":{"requests":{"requests":[)" + inline_row + "]}}}}";
  assert_int_equal(client.call("POST", kCreate, body).status, 400);
}

void unknown_field_further_inside_refuses_the_whole_file_too(void**) {
  for (const auto& [request, message] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"max_tokens":1}})",
            "Unknown name \"max_tokens\" at 'request.generation_config'"},
           {R"({"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"thinking_config":{"effort":1}}})",
            "Unknown name \"effort\" at 'request.generation_config.thinking_config'"},
           {R"({"contents":[{"parts":[{"text":"x","cache_control":{}}]}]})",
            "Unknown name \"cache_control\" at 'request.contents[0].parts[0]'"},
           {R"({"contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"aGk","url":"x"}}]}]})",
            "Unknown name \"url\" at 'request.contents[0].parts[0].inline_data'"},
           {R"({"contents":[{"content":"x","parts":[{"text":"x"}]}]})",
            "Unknown name \"content\" at 'request.contents[0]'"},
           {R"({"contents":[{"parts":[{"text":"x"}]}],"system_instruction":{"text":"x"}})",
            "Unknown name \"text\" at 'request.systemInstruction'"}}) {
    Google client;
    const std::string bad = R"({"key":"b","request":)" + std::string(request) + "}\n";
    const std::string name = client.create(client.upload(row("a") + bad)).text("name");
    client.advance(1000);
    const Answer ended = client.look(name);
    assert_string_equal(state(ended).c_str(), "BATCH_STATE_FAILED");
    if (ended.error("message").find(message) == std::string::npos) fail_msg("%s", ended.error("message").c_str());
    assert_int_equal(client.ledger().requests_billed, 0);
  }
}

void part_that_is_no_base64_is_a_rows_error(void**) {
  Google client;
  const auto picture = [](const char* id, const char* data) {
    return R"({"key":")" + std::string(id) +
           R"(","request":{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":")" + data + "\"}}]}]}}\n";
  };
  const std::string name = client.create(client.upload(picture("good", "aGk") + picture("bad", "photo.png"))).text("name");
  client.advance(1000);
  const std::string file = client.look(name).json()["response"]["responsesFile"].GetString();
  const auto rows = rows_of(client.call("GET", "/google/download/v1beta/" + file + ":download?alt=media").body);
  assert_true(holds(rows, R"({"key":"good","response":)"));
  assert_true(holds(rows, R"({"key":"bad","error":{"code":400,"message":"Invalid value at )"
                          R"('request.contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed for )"
                          R"(\"photo.png\"")"));
}

void batch_inline_answers_inside_the_operation(void**) {
  Google client;
  const std::string body = R"({"batch":{"displayName":"d","inputConfig":{"requests":{"requests":[)" + row_inline("a") +
                           "," + row_inline("b") + "]}}}}";
  const std::string name = client.call("POST", kCreate, body).text("name");
  client.advance(1000);
  const json::Document ended = client.look(name).json();
  const auto& rows = ended["response"]["inlinedResponses"]["inlinedResponses"];
  assert_int_equal(rows.Size(), 2);
  assert_true(rows == ended["metadata"]["output"]["inlinedResponses"]["inlinedResponses"]);
  assert_string_equal(rows[0]["response"]["modelVersion"].GetString(), "gemini-x");
  assert_true(rows[0]["metadata"]["key"].IsString());
}

void batch_of_embeddings_answers_with_vectors(void**) {
  Google client;
  const std::string body =
      R"({"batch":{"displayName":"d","inputConfig":{"requests":{"requests":[{"request":{"content":{"parts":[)"
      R"({"text":"x"}]},"outputDimensionality":3},"metadata":{"key":"e"}}]}}}})";
  const Answer made = client.call("POST", "/google/v1beta/models/emb:asyncBatchEmbedContent", body);
  client.advance(1000);
  const json::Document ended = client.look(made.text("name")).json();
  const auto& row = ended["response"]["inlinedResponses"]["inlinedResponses"][0];
  assert_int_equal(row["response"]["embedding"]["values"].Size(), 3);
}

void create_wrong_requests_are_refused(void**) {
  Google client;
  const auto made = [&](const std::string& batch) { return client.call("POST", kCreate, batch).status; };
  assert_int_equal(made("{}"), 400);
  assert_int_equal(made(R"({"batch":{"displayName":"d","inputConfig":{"fileName":"files/none"}}})"), 404);
  assert_int_equal(made(R"({"batch":{"displayName":"d","inputConfig":{}}})"), 400);
  assert_int_equal(made(R"({"batch":{"displayName":"d","inputConfig":{"requests":{"requests":[]}}}})"), 400);
  assert_int_equal(made(R"({"batch":{"displayName":"d","surprise":1,"inputConfig":{"fileName":"files/none"}}})"), 400);
  assert_int_equal(client.call("POST", "/google/v1beta/models/no-such-m:batchGenerateContent", "{}").status, 404);
  assert_int_equal(client.ledger().creates, 0);
}

void batch_that_does_not_end_well_has_no_results(void**) {
  Google client;
  const std::string cancelled = client.create(client.upload(row("a") + row("b"))).text("name");
  client.advance(500);
  assert_string_equal(client.call("POST", "/google/v1beta/" + cancelled + ":cancel", "{}").body.c_str(), "{}");
  client.advance(500);
  const json::Document ended = client.look(cancelled).json();
  assert_string_equal(ended["metadata"]["state"].GetString(), "BATCH_STATE_CANCELLED");
  assert_int_equal(ended["error"]["code"].GetInt(), 1);
  assert_true(json::member(ended, "response") == nullptr);
  assert_int_equal(client.call("POST", "/google/v1beta/" + cancelled + ":cancel", "{}").status, 400);
  const std::string failed = client.create(client.upload("no json\n")).text("name");
  client.advance(1000);
  assert_string_equal(state(client.look(failed)).c_str(), "BATCH_STATE_FAILED");
  assert_int_equal(client.call("GET", std::string(kBatches) + "?pageSize=1").json()["operations"].Size(), 1);
  const std::string token = client.call("GET", std::string(kBatches) + "?pageSize=1").text("nextPageToken");
  const json::Document next = client.call("GET", std::string(kBatches) + "?pageToken=" + token).json();
  assert_string_equal(next["operations"][0]["name"].GetString(), cancelled.c_str());
}

void stranger_has_a_batch_and_a_file_of_its_own(void**) {
  Google client;
  client.fault("batch look_alikes");
  const std::string name = client.create(client.upload(row("a"))).text("name");
  const json::Document list = client.call("GET", kBatches).json();
  assert_int_equal(list["operations"].Size(), 2);
  const std::string other = list["operations"][0]["name"].GetString();
  assert_string_not_equal(other.c_str(), name.c_str());
  assert_string_equal(list["operations"][0]["metadata"]["displayName"].GetString(), "nightly");
  client.advance(1000);
  const std::string file = client.look(other).json()["response"]["responsesFile"].GetString();
  const Answer rows = client.call("GET", "/google/download/v1beta/" + file + ":download?alt=media");
  assert_true(rows.body.find(R"("key":"r1")") != std::string::npos);
  client.call("DELETE", "/google/v1beta/" + other);
  std::string touches;
  for (const LedgerTouch& touch : client.ledger().stranger_touches) touches += touch.what + " ";
  assert_string_equal(touches.c_str(), "poll results delete ");
}

void unreadable_operation_and_pages_without_end(void**) {
  Google client;
  const std::string name = client.create(client.upload(row("a"))).text("name");
  client.fault("GET /google/v1beta/batches list_entry form=empty_id\nGET /google/v1beta/batches empty_page nth=2");
  const json::Document spoilt = client.call("GET", kBatches).json();
  assert_string_equal(spoilt["operations"][0]["name"].GetString(), "");
  assert_string_equal(spoilt["operations"][0]["metadata"]["name"].GetString(), "");
  const Answer empty = client.call("GET", kBatches);
  assert_int_equal(empty.json()["operations"].Size(), 0);
  const Answer next = client.call("GET", std::string(kBatches) + "?pageToken=" + empty.text("nextPageToken"));
  assert_string_equal(next.json()["operations"][0]["name"].GetString(), name.c_str());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(key_missing_or_wrong_is_refused_as_google_does),
      cmocka_unit_test(upload_in_chunks_keeps_their_order),
      cmocka_unit_test(upload_of_another_type_or_length_is_refused),
      cmocka_unit_test(batch_from_a_file_ends_with_a_file),
      cmocka_unit_test(unknown_field_of_a_request_refuses_the_whole_file),
      cmocka_unit_test(unknown_field_further_inside_refuses_the_whole_file_too),
      cmocka_unit_test(part_that_is_no_base64_is_a_rows_error),
      cmocka_unit_test(batch_inline_answers_inside_the_operation),
      cmocka_unit_test(batch_of_embeddings_answers_with_vectors),
      cmocka_unit_test(create_wrong_requests_are_refused),
      cmocka_unit_test(batch_that_does_not_end_well_has_no_results),
      cmocka_unit_test(stranger_has_a_batch_and_a_file_of_its_own),
      cmocka_unit_test(unreadable_operation_and_pages_without_end),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
