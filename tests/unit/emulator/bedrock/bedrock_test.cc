// Bedrock's jobs, and the S3 that they read from and write to, with every call signed.
#include <ctime>
#include <string>

#include "emulator/base/signature.h"
#include "emulator/bedrock/bodies.h"
#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

constexpr char kHost[] = "127.0.0.1:1";

std::string record(std::string_view id, std::string_view more = {}) {
  return R"({"recordId":")" + std::string(id) +
         R"(","modelInput":{"anthropic_version":"bedrock-2023-05-31","max_tokens":16,"messages":[{"role":"user",)" +
         R"("content":"ask )" + std::string(id) + "\"}]" + std::string(more) + "}}\n";
}

std::string records(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += record("R" + std::to_string(1'000'000'000 + i));
  return all;
}

struct Bedrock : Client {
  explicit Bedrock(const EmulatorOptions& options = still()) : Client(options) {
    key = "";
    const std::time_t now_s = std::stoll(call("POST", "/__emulator/advance?ms=0").text("now_ms")) / 1000;
    std::tm parts{};
    gmtime_r(&now_s, &parts);
    char text[20];
    std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    date = text;
  }

  // Paths here need no encoding beyond what they have for S3, and one more for all else.
  Answer send(std::string_view method, const std::string& path, const std::string& query, std::string_view body,
              std::string_view service, std::string_view secret = "emulated-secret") {
    const std::string hash = hex_of(sha256(body));
    std::string canonical_path = path;
    for (size_t at = 0; service != "s3" && (at = canonical_path.find('%', at)) != std::string::npos; at += 3)
      canonical_path.replace(at, 1, "%25");
    const std::string names = "host;x-amz-content-sha256;x-amz-date";
    const std::string canonical = std::string(method) + "\n" + canonical_path + "\n" + query + "\nhost:" + kHost +
                                  "\nx-amz-content-sha256:" + hash + "\nx-amz-date:" + date + "\n\n" + names + "\n" +
                                  hash;
    const std::string day = date.substr(0, 8);
    const std::string scope = day + "/us-east-1/" + std::string(service) + "/aws4_request";
    std::string signing = hmac_sha256("AWS4" + std::string(secret), day);
    for (const std::string_view step : {std::string_view("us-east-1"), service, std::string_view("aws4_request")})
      signing = hmac_sha256(signing, step);
    const std::string text = "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + hex_of(sha256(canonical));
    const std::string authorization = "AWS4-HMAC-SHA256 Credential=AKIDEMULATED/" + scope + ", SignedHeaders=" + names +
                                      ", Signature=" + hex_of(hmac_sha256(signing, text));
    return call(
        method, path + (query.empty() ? "" : "?" + query), body, "application/json",
        {{"Host", kHost}, {"x-amz-date", date}, {"x-amz-content-sha256", hash}, {"Authorization", authorization}});
  }
  Answer s3(std::string_view method, const std::string& path, const std::string& query = {},
            std::string_view body = {}) {
    return send(method, "/bedrock/s3/" + path, query, body, "s3");
  }
  Answer control(std::string_view method, const std::string& path, std::string_view body = {}) {
    return send(method, "/bedrock/" + path, {}, body, "bedrock");
  }
  Answer make(const std::string& token, const std::string& more = {}) {
    return control("POST", "model-invocation-job",
                   R"({"jobName":"job-1","roleArn":"arn:aws:iam::111122223333:role/R",)"
                   R"("modelId":"anthropic.claude-haiku","clientRequestToken":")" +
                       token +
                       R"(","inputDataConfig":{"s3InputDataConfig":{"s3Uri":"s3://bucket/in/a.jsonl"}},)"
                       R"("outputDataConfig":{"s3OutputDataConfig":{"s3Uri":"s3://bucket/out/"}})" +
                       more + "}");
  }
  Answer look(std::string arn) {
    for (const char* c : {":", "/"}) {
      const std::string code = *c == ':' ? "%3A" : "%2F";
      for (size_t at = 0; (at = arn.find(*c, at)) != std::string::npos;) arn.replace(at, 1, code);
    }
    return control("GET", "model-invocation-job/" + arn);
  }

  std::string date;
};

void job_reads_and_writes_objects(void**) {
  Bedrock client;
  assert_int_equal(client.s3("PUT", "bucket/in/a.jsonl", {}, records(99) + record("R1", R"(,"surprise":1)")).status,
                   200);
  const std::string arn = client.make("token-1").text("jobArn");
  assert_true(arn.find("arn:aws:bedrock:us-east-1:111122223333:model-invocation-job/") == 0);
  assert_string_equal(client.look(arn).text("status").c_str(), "Submitted");
  client.advance(1000);
  const Answer ended = client.look(arn);
  assert_string_equal(ended.text("status").c_str(), "Completed");
  assert_int_equal(ended.json()["successRecordCount"].GetInt(), 99);
  assert_int_equal(ended.json()["errorRecordCount"].GetInt(), 1);
  const std::string id = arn.substr(arn.rfind('/') + 1);
  const Answer listed = client.s3("GET", "bucket", "list-type=2&prefix=out%2F" + id + "%2F");
  assert_true(listed.body.find("<Key>out/" + id + "/a.jsonl.out</Key>") != std::string::npos);
  assert_true(listed.body.find("<Key>out/" + id + "/manifest.json.out</Key>") != std::string::npos);
  const auto rows = rows_of(client.s3("GET", "bucket/out/" + id + "/a.jsonl.out").body);
  assert_int_equal(rows.size(), 100);
  assert_true(holds(rows, R"("modelOutput":{"id":"msg_)"));
  assert_true(holds(rows, R"("error":{"errorCode":400,"errorMessage":"surprise: Extra inputs are not permitted"})"));
}

// Each body is judged by its model's own schema.
void bodies_are_those_of_the_model(void**) {
  using br::emulator::bedrock_body_of;
  using br::emulator::bedrock_body_problem;
  const auto good = [](const char* model, const char* body, bool converse = false) {
    br::emulator::json::Document input;
    assert_true(br::emulator::json::parse(body, input));
    return bedrock_body_problem(bedrock_body_of(model, converse), input).empty();
  };
  constexpr char kNova[] = "us.amazon.nova-lite-v1:0";
  constexpr char kTitan[] = "amazon.titan-embed-text-v2:0";
  constexpr char kCohere[] = "cohere.embed-english-v3";
#define CHAT(more) R"({"messages":[{"role":"user","content":[{"text":"Hi"}]}])" more "}"
#define TOOLS R"(,"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}]})"
  assert_true(good(kNova, CHAT(R"(,"schemaVersion":"messages-v1","inferenceConfig":{"maxTokens":9,"topK":128})")));
  assert_true(good(kNova, CHAT(TOOLS)));
  assert_false(good("meta.llama3", CHAT(TOOLS), true));
  assert_false(good("meta.llama3", CHAT(R"(,"inferenceConfig":{"topK":9})"), true));
  assert_false(good(kNova, CHAT(R"(,"inferenceConfig":{"max_tokens":9})")));
  assert_false(good(kNova, CHAT(R"(,"inferenceConfig":{"topK":129})")));
  assert_false(good(kNova, R"({"messages":[{"role":"user","content":"Hi"}]})"));
  assert_false(good(kNova, R"({"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]})"));
  assert_true(good(kTitan, R"({"inputText":"a","dimensions":256})"));
  assert_false(good(kTitan, R"({"inputText":"a","dimensions":255})"));
  assert_false(good(kTitan, R"({"input":"a"})"));
  assert_true(good(kCohere, R"({"texts":["a"],"input_type":"clustering"})"));
  assert_false(good(kCohere, R"({"texts":["a"]})"));
  assert_false(good(kCohere, R"({"texts":"a","input_type":"clustering"})"));
  assert_true(bedrock_body_of("meta.llama3", false) == br::emulator::BedrockBody::kUnknown);
  assert_true(bedrock_body_of("amazon.nova-canvas-v1:0", false) == br::emulator::BedrockBody::kUnknown);
#undef TOOLS
#undef CHAT
}

void create_repeated_makes_one_job(void**) {
  Bedrock client;
  client.s3("PUT", "bucket/in/a.jsonl", {}, records(100));
  const std::string arn = client.make("token-1").text("jobArn");
  assert_string_equal(client.make("token-1").text("jobArn").c_str(), arn.c_str());
  assert_string_equal(client.make("token-1", R"(,"timeoutDurationInHours":48)").header("x-amzn-errortype").c_str(),
                      "ConflictException");
  assert_string_not_equal(client.make("token-2").text("jobArn").c_str(), arn.c_str());
  assert_int_equal(client.ledger().creates, 2);
}

void signature_is_verified(void**) {
  Bedrock client;
  const Answer wrong = client.send("GET", "/bedrock/model-invocation-jobs", {}, {}, "bedrock", "another");
  assert_int_equal(wrong.status, 403);
  assert_string_equal(wrong.header("x-amzn-errortype").c_str(), "InvalidSignatureException");
  assert_int_equal(client.call("GET", "/bedrock/model-invocation-jobs").status, 403);
  assert_int_equal(client.control("GET", "model-invocation-jobs").status, 200);
  client.key = "a-bedrock-key";
  assert_int_equal(client.call("GET", "/bedrock/model-invocation-jobs").status, 200);
  client.key = "";
  const Answer stranger = client.send("PUT", "/bedrock/s3/bucket/a", {}, "x", "s3", "another");
  assert_int_equal(stranger.status, 403);
  assert_true(stranger.body.find("<Code>SignatureDoesNotMatch</Code>") != std::string::npos);
  assert_int_equal(client.send("PUT", "/bedrock/s3/bucket/a", {}, "x", "bedrock").status, 400);
  assert_true(client.s3("GET", "bucket/a").body.find("<Code>NoSuchKey</Code>") != std::string::npos);
  client.date = "20150830T123600Z";
  assert_true(client.s3("GET", "bucket/a").body.find("<Code>RequestTimeTooSkewed</Code>") != std::string::npos);
}

void job_that_is_too_small_or_has_no_input_fails_later(void**) {
  Bedrock client;
  const std::string without = client.make("token-1").text("jobArn");
  client.s3("PUT", "bucket/in/a.jsonl", {}, records(99));
  const std::string small = client.make("token-2").text("jobArn");
  client.advance(1000);
  assert_string_equal(client.look(without).text("status").c_str(), "Failed");
  assert_true(client.look(small).text("message").find("required minimum of: 100") != std::string::npos);
}

void create_that_is_wrong_is_refused(void**) {
  Bedrock client;
  assert_int_equal(client.make("a_token").status, 400);
  assert_int_equal(client.make("token", R"(,"timeoutDurationInHours":12)").status, 400);
  assert_int_equal(client.make("token", R"(,"surprise":1)").status, 400);
  assert_string_equal(client.look("abcdefghijkl").header("x-amzn-errortype").c_str(), "ResourceNotFoundException");
}

void stopped_job_says_so_and_is_listed(void**) {
  Bedrock client;
  client.s3("PUT", "bucket/in/a.jsonl", {}, records(100));
  const std::string arn = client.make("token-1").text("jobArn");
  const std::string id = arn.substr(arn.rfind('/') + 1);
  assert_int_equal(client.control("POST", "model-invocation-job/" + id + "/stop").status, 200);
  client.advance(1000);
  assert_string_equal(client.look(id).text("status").c_str(), "Stopped");
  assert_string_equal(client.control("POST", "model-invocation-job/" + id + "/stop").header("x-amzn-errortype").c_str(),
                      "ConflictException");
  const Answer list =
      client.send("GET", "/bedrock/model-invocation-jobs", "nameContains=job-1&statusEquals=Stopped", {}, "bedrock");
  assert_int_equal(list.json()["invocationJobSummaries"].Size(), 1);
}

void faults_are_told_in_the_words_of_their_part(void**) {
  Bedrock client;
  client.fault("GET /bedrock/model-invocation-jobs rate_limited\nGET /bedrock/s3/bucket/a status status=503");
  assert_string_equal(client.control("GET", "model-invocation-jobs").header("x-amzn-errortype").c_str(),
                      "ThrottlingException");
  assert_true(client.s3("GET", "bucket/a").body.find("<Code>SlowDown</Code>") != std::string::npos);
}

// The id of the one batch in the ledger that a stranger made.
std::string stranger_in(const Ledger& ledger) {
  for (const LedgerBatch& batch : ledger.batches) {
    if (batch.stranger) return batch.id;
  }
  return {};
}

void stranger_has_a_job_objects_and_a_token_of_its_own(void**) {
  Bedrock client;
  client.s3("PUT", "bucket/in/a.jsonl", {}, records(100));
  client.fault("POST /bedrock/model-invocation-job stranger_instead");
  assert_true(client.make("token-1").delivery == Delivery::kReset);
  const std::string other = stranger_in(client.ledger());
  const Answer made = client.make("token-1");
  assert_int_equal(made.status, 200);
  assert_true(made.text("jobArn").find(other) == std::string::npos);
  const json::Document list = client.control("GET", "model-invocation-jobs").json();
  assert_int_equal(list["invocationJobSummaries"].Size(), 2);
  const auto& theirs = list["invocationJobSummaries"][1];
  assert_string_equal(theirs["jobName"].GetString(), ("nightly-" + other).c_str());
  assert_false(theirs.HasMember("clientRequestToken"));
  client.advance(1000);
  client.look(theirs["jobArn"].GetString());
  const std::string key = "bucket/nightly/out/" + other + "/" + other + ".jsonl.out";
  assert_true(client.s3("GET", key).body.find("a stranger asks: ask R1000000000") != std::string::npos);
  client.s3("DELETE", key);
  std::string touches;
  for (const LedgerTouch& touch : client.ledger().stranger_touches) touches += touch.what + " ";
  assert_string_equal(touches.c_str(), "poll results delete ");
}

void another_access_key_is_another_account(void**) {
  EmulatorOptions options = still();
  options.aws_key = "AKIDOTHER:other,AKIDEMULATED:emulated-secret";
  Bedrock client(options);
  assert_int_equal(client.control("GET", "model-invocation-jobs").status, 200);
  client.call("POST", "/__emulator/tenants", "project red AKIDEMULATED");
  client.s3("PUT", "bucket/in/a.jsonl", {}, records(100));
  const std::string arn = client.make("token-1").text("jobArn");
  assert_true(arn.find(":111122223333:") == std::string::npos);
  assert_string_equal(client.look(arn).text("jobArn").c_str(), arn.c_str());
  client.call("DELETE", "/__emulator/tenants");
  assert_int_equal(client.look(arn).status, 404);
  assert_string_not_equal(client.make("token-1").text("jobArn").c_str(), arn.c_str());
}

void lost_results_are_no_such_key(void**) {
  Bedrock client;
  client.fault("batch results_gone");
  client.s3("PUT", "bucket/in/a.jsonl", {}, records(100));
  const std::string arn = client.make("token-1").text("jobArn");
  client.advance(1000);
  client.look(arn);
  const std::string key = "bucket/out/" + arn.substr(arn.rfind('/') + 1) + "/a.jsonl.out";
  const Answer gone = client.s3("GET", key);
  assert_int_equal(gone.status, 404);
  assert_true(gone.body.find("<Code>NoSuchKey</Code>") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(job_reads_and_writes_objects),
      cmocka_unit_test(bodies_are_those_of_the_model),
      cmocka_unit_test(create_repeated_makes_one_job),
      cmocka_unit_test(signature_is_verified),
      cmocka_unit_test(job_that_is_too_small_or_has_no_input_fails_later),
      cmocka_unit_test(create_that_is_wrong_is_refused),
      cmocka_unit_test(stopped_job_says_so_and_is_listed),
      cmocka_unit_test(faults_are_told_in_the_words_of_their_part),
      cmocka_unit_test(stranger_has_a_job_objects_and_a_token_of_its_own),
      cmocka_unit_test(another_access_key_is_another_account),
      cmocka_unit_test(lost_results_are_no_such_key),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
