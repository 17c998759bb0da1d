// Vertex AI: assertions for tokens, objects in Cloud Storage, jobs that read and write them.
#include <string>

#include "emulator/base/signature.h"
#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

constexpr char kJobs[] = "/vertex/v1/projects/p/locations/us-central1/batchPredictionJobs";

std::string base64url(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned group = 0;
  int bits = 0;
  for (const char c : bytes) {
    group = (group << 8 | static_cast<unsigned char>(c)) & 0xFFFFU;
    for (bits += 8; bits >= 6;) out += kDigits[group >> (bits -= 6) & 63U];
  }
  if (bits > 0) out += kDigits[group << (6 - bits) & 63U];
  return out;
}

// The claims of an assertion; each test bends one of them.
struct Claims {
  std::string alg = "RS256";
  std::string issuer;
  std::string audience = "https://oauth2.googleapis.com/token";
  std::string scope = "https://www.googleapis.com/auth/cloud-platform";
  int64_t issued_s = 0;
  int64_t life_s = 3600;

  std::string signed_by(const RsaKey& key) const {
    const std::string header = R"({"alg":")" + alg + R"(","typ":"JWT"})";
    json::Writer out;
    out.begin_object().field("iss", issuer).field("scope", scope).field("aud", audience);
    out.field("iat", issued_s).field("exp", issued_s + life_s).end_object();
    const std::string text = base64url(header) + "." + base64url(out.view());
    return text + "." + base64url(key.sign(text));
  }
};

struct Vertex : Client {
  Vertex() {
    const json::Document file = call("GET", "/__emulator/service-account").json();
    account = RsaKey::read(std::string(json::string_member(file, "private_key")));
    claims.issuer = std::string(json::string_member(file, "client_email"));
    claims.issued_s = std::stoll(call("POST", "/__emulator/advance?ms=0").text("now_ms")) / 1000;
  }
  Answer token(const Claims& with, const RsaKey& by) {
    const std::string form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
    return call("POST", "/vertex/token", form + with.signed_by(by), "application/x-www-form-urlencoded");
  }
  void sign_in() { key = token(claims, *account).text("access_token"); }
  Answer put(const std::string& name, const std::string& bytes, const std::string& more = {}) {
    return call("POST", "/vertex/upload/storage/v1/b/bucket/o?uploadType=media&name=" + name + more, bytes,
                "application/jsonl");
  }
  Answer make(const std::string& input, const std::string& more = {}, const std::string& model = "google/models/gemini") {
    return call(
        "POST", kJobs,
        R"({"displayName":"d","model":"publishers/)" + model + R"(","inputConfig":{"instancesFormat":"jsonl",)"
        R"("gcsSource":{"uris":["gs://bucket/)" +
            input +
            R"("]}},"outputConfig":{"predictionsFormat":"jsonl","gcsDestination":{"outputUriPrefix":)"
            R"("gs://bucket/out"}})" +
            more + "}");
  }
  std::string id_of(const Answer& job) {
    const std::string name = job.text("name");
    return name.substr(name.rfind('/') + 1);
  }
  Answer look(const std::string& id) { return call("GET", std::string(kJobs) + "/" + id); }

  std::unique_ptr<RsaKey> account;
  Claims claims;
};

std::string line(std::string_view id, std::string_view role = R"("role":"user",)") {
  return R"({"request":{"labels":{"custom_id":")" + std::string(id) + R"("},"contents":[{)" + std::string(role) +
         R"("parts":[{"text":"ask )" + std::string(id) + "\"}]}]}}\n";
}

void assertion_is_verified_claim_by_claim(void**) {
  Vertex client;
  const Answer good = client.token(client.claims, *client.account);
  assert_int_equal(good.status, 200);
  assert_int_equal(good.json()["expires_in"].GetInt(), 3599);
  const auto refused = [&](auto bend) {
    Claims claims = client.claims;
    bend(claims);
    const Answer answer = client.token(claims, *client.account);
    return answer.status == 400 ? answer.text("error") : "taken";
  };
  assert_string_equal(refused([](Claims& c) { c.alg = "HS256"; }).c_str(), "invalid_grant");
  assert_string_equal(refused([](Claims& c) { c.issuer = "other@example.com"; }).c_str(), "invalid_grant");
  assert_string_equal(refused([](Claims& c) { c.audience = "https://example.com/token"; }).c_str(), "invalid_grant");
  assert_string_equal(refused([](Claims& c) { c.issued_s -= 7200; }).c_str(), "invalid_grant");
  assert_string_equal(refused([](Claims& c) { c.issued_s += 7200; }).c_str(), "invalid_grant");
  assert_string_equal(refused([](Claims& c) { c.life_s = 7200; }).c_str(), "invalid_grant");
  assert_string_equal(refused([](Claims& c) { c.scope = "email"; }).c_str(), "invalid_scope");
  assert_int_equal(client.token(client.claims, *RsaKey::make()).status, 400);
}

void access_token_lives_an_hour(void**) {
  Vertex client;
  assert_int_equal(client.look("1").status, 401);
  client.sign_in();
  assert_int_equal(client.look("1").status, 404);
  client.advance(3'600'000);
  assert_string_equal(client.look("1").error("status").c_str(), "UNAUTHENTICATED");
  client.sign_in();
  assert_int_equal(client.look("1").status, 404);
}

void job_reads_and_writes_objects(void**) {
  Vertex client;
  client.sign_in();
  const std::string lines = line("a") + line("b") + line("c", "");
  assert_string_equal(client.put("in.jsonl", lines, "&ifGenerationMatch=0").text("bucket").c_str(), "bucket");
  assert_int_equal(client.put("in.jsonl", lines, "&ifGenerationMatch=0").status, 412);
  const Answer made = client.make("in.jsonl", R"(,"labels":{"run":"7"})");
  assert_int_equal(made.status, 200);
  const std::string id = client.id_of(made);
  assert_string_equal(client.look(id).text("state").c_str(), "JOB_STATE_QUEUED");
  client.advance(1000);
  const json::Document ended = client.look(id).json();
  assert_string_equal(ended["state"].GetString(), "JOB_STATE_SUCCEEDED");
  assert_string_equal(ended["completionStats"]["successfulCount"].GetString(), "2");
  assert_string_equal(ended["completionStats"]["failedCount"].GetString(), "1");
  const std::string directory = ended["outputInfo"]["gcsOutputDirectory"].GetString();
  const std::string prefix = directory.substr(std::string("gs://bucket/").size());
  const json::Document listed = client.call("GET", "/vertex/storage/v1/b/bucket/o?prefix=" + prefix).json();
  assert_int_equal(listed["items"].Size(), 1);
  std::string name = listed["items"][0]["name"].GetString();
  for (size_t at = 0; (at = name.find('/', at)) != std::string::npos;) name.replace(at, 1, "%2F");
  const auto rows = rows_of(client.call("GET", "/vertex/storage/v1/b/bucket/o/" + name + "?alt=media").body);
  assert_int_equal(rows.size(), 3);
  assert_true(holds(rows, "answer to a ["));
  assert_true(holds(rows, R"("status":"Bad Request: {\"error\":{\"code\":400)"));
}

void jobs_are_found_by_what_they_were_given(void**) {
  Vertex client;
  client.sign_in();
  client.put("in.jsonl", line("a"));
  client.make("in.jsonl", R"(,"labels":{"run":"7"})");
  const auto found = [&](const std::string& filter) {
    const json::Document list = client.call("GET", std::string(kJobs) + "?filter=" + filter).json();
    return json::member(list, "batchPredictionJobs") != nullptr;
  };
  assert_true(found("display_name%3D%22d%22"));
  assert_false(found("display_name%3D%22e%22"));
  assert_true(found("labels.run%3D%227%22%20AND%20display_name%3D%22d%22"));
  assert_int_equal(client.call("GET", std::string(kJobs) + "?filter=nonsense").status, 400);
}

void job_without_its_input_fails_later(void**) {
  Vertex client;
  client.sign_in();
  assert_int_equal(client.make("in.jsonl", R"(,"surprise":1)").status, 400);
  const std::string id = client.id_of(client.make("none.jsonl"));
  client.advance(1000);
  const json::Document ended = client.look(id).json();
  assert_string_equal(ended["state"].GetString(), "JOB_STATE_FAILED");
  assert_true(ended["error"]["message"].IsString());
}

void key_field_stands_in_place_of_the_line(void**) {
  Vertex client;
  client.sign_in();
  client.put("in.jsonl", R"({"key":"k1","request":{"contents":[{"role":"user","parts":[{"text":"x"}]}]}})");
  const std::string id = client.id_of(client.make("in.jsonl", R"(,"instanceConfig":{"keyField":"key"})"));
  client.advance(1000);
  const json::Document ended = client.look(id).json();
  std::string place = ended["outputInfo"]["gcsOutputDirectory"].GetString();
  place = place.substr(std::string("gs://bucket/").size()) + "/predictions.jsonl";
  for (size_t at = 0; (at = place.find('/', at)) != std::string::npos;) place.replace(at, 1, "%2F");
  const std::string row = client.call("GET", "/vertex/storage/v1/b/bucket/o/" + place + "?alt=media").body;
  assert_true(row.find(R"({"key":"k1","status":"")") == 0);
  assert_true(row.find("\"request\"") == std::string::npos);
}

void claude_is_asked_and_answers_in_anthropics_form(void**) {
  Vertex client;
  client.sign_in();
  const auto asked = [](const char* id, const char* head) {
    return R"({"custom_id":")" + std::string(id) + R"(","request":{)" + head +
           R"("max_tokens":5,"messages":[{"role":"user","content":"ask"}]}})" + "\n";
  };
  const std::string version = R"("anthropic_version":"vertex-2023-10-16",)";
  client.put("in.jsonl", asked("good", version.c_str()) + asked("without", "") +
                             asked("named", (version + R"("model":"claude-opus-4",)").c_str()) +
                             R"({"custom_id":"gemini","request":{"contents":[{"role":"user","parts":[{"text":"x"}]}]}})");
  const std::string id = client.id_of(client.make("in.jsonl", {}, "anthropic/models/claude-opus-4"));
  client.advance(1000);
  const json::Document ended = client.look(id).json();
  assert_string_equal(ended["completionStats"]["successfulCount"].GetString(), "1");
  assert_string_equal(ended["completionStats"]["failedCount"].GetString(), "3");
  std::string place = ended["outputInfo"]["gcsOutputDirectory"].GetString();
  place = place.substr(std::string("gs://bucket/").size()) + "/predictions.jsonl";
  for (size_t at = 0; (at = place.find('/', at)) != std::string::npos;) place.replace(at, 1, "%2F");
  for (const std::string& row : rows_of(client.call("GET", "/vertex/storage/v1/b/bucket/o/" + place + "?alt=media").body)) {
    json::Document document;
    assert_true(json::parse(row, document));
    const std::string_view custom_id = json::string_member(document, "custom_id");
    assert_true(document["request"].IsObject());
    if (custom_id != "good") {
      assert_true(json::string_member(document, "status").find("Bad Request: ") == 0);
      continue;
    }
    const json::Value& message = document["response"];
    assert_string_equal(message["type"].GetString(), "message");
    assert_string_equal(message["model"].GetString(), "claude-opus-4");
    assert_true(std::string(message["content"][0]["text"].GetString()).find("answer to good [") == 0);
  }
}

void another_project_in_the_path_sees_nothing(void**) {
  Vertex client;
  client.sign_in();
  client.put("in/a.jsonl", line("a"));
  const std::string id = client.id_of(client.make("in/a.jsonl"));
  const std::string other = "/vertex/v1/projects/q/locations/us-central1/batchPredictionJobs";
  assert_int_equal(client.look(id).status, 200);
  assert_int_equal(client.call("GET", other + "/" + id).status, 404);
  assert_int_equal(client.call("POST", other + "/" + id + ":cancel").status, 404);
  assert_string_equal(client.call("GET", other).body.c_str(), "{}");
  assert_int_equal(client.call("GET", kJobs).json()["batchPredictionJobs"].Size(), 1);
}

void stranger_has_a_job_and_objects_of_its_own(void**) {
  Vertex client;
  client.sign_in();
  client.put("in/a.jsonl", line("a"));
  client.fault("batch look_alikes\nGET " + std::string(kJobs) + " list_entry form=empty_id nth=2");
  const std::string id = client.id_of(client.make("in/a.jsonl", R"(,"labels":{"mark":"m1"})"));
  const json::Document list = client.call("GET", kJobs).json();
  assert_int_equal(list["batchPredictionJobs"].Size(), 2);
  const auto& theirs = list["batchPredictionJobs"][0];
  assert_string_equal(theirs["displayName"].GetString(), "nightly");
  assert_false(theirs.HasMember("labels"));
  const std::string name = theirs["name"].GetString();
  assert_true(name.find(id) == std::string::npos);
  assert_string_equal(client.call("GET", kJobs).json()["batchPredictionJobs"][0]["name"].GetString(), "");
  client.advance(1000);
  const json::Document ended = client.look(name.substr(name.rfind('/') + 1)).json();
  assert_string_equal(ended["completionStats"]["successfulCount"].GetString(), "1");
  assert_true(std::string(ended["outputInfo"]["gcsOutputDirectory"].GetString()).find("gs://bucket/nightly/out/") == 0);
  assert_int_equal(client.ledger().stranger_touches.size(), 1);
}

void lost_results_are_no_such_object(void**) {
  Vertex client;
  client.sign_in();
  client.fault("batch results_gone");
  client.put("in/a.jsonl", line("a"));
  const std::string id = client.id_of(client.make("in/a.jsonl"));
  client.advance(1000);
  const json::Document ended = client.look(id).json();
  std::string place = ended["outputInfo"]["gcsOutputDirectory"].GetString();
  place = place.substr(std::string("gs://bucket/").size()) + "/predictions.jsonl";
  for (size_t at = 0; (at = place.find('/', at)) != std::string::npos;) place.replace(at, 1, "%2F");
  const Answer gone = client.call("GET", "/vertex/storage/v1/b/bucket/o/" + place + "?alt=media");
  assert_int_equal(gone.status, 404);
  assert_true(gone.body.find(R"("reason":"notFound")") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(assertion_is_verified_claim_by_claim),
      cmocka_unit_test(access_token_lives_an_hour),
      cmocka_unit_test(job_reads_and_writes_objects),
      cmocka_unit_test(jobs_are_found_by_what_they_were_given),
      cmocka_unit_test(job_without_its_input_fails_later),
      cmocka_unit_test(key_field_stands_in_place_of_the_line),
      cmocka_unit_test(claude_is_asked_and_answers_in_anthropics_form),
      cmocka_unit_test(another_project_in_the_path_sees_nothing),
      cmocka_unit_test(stranger_has_a_job_and_objects_of_its_own),
      cmocka_unit_test(lost_results_are_no_such_object),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
