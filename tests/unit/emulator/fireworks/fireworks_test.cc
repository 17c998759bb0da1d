#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

constexpr char kRoot[] = "/fireworks/v1/accounts/a";

std::string short_line(std::string_view id, std::string_view more = {}) {
  return R"({"custom_id":")" + std::string(id) + R"(","body":{"messages":[{"role":"user","content":"ask )" +
         std::string(id) + "\"}]" + std::string(more) + "}}\n";
}

struct Fireworks : Client {
  Answer dataset(const std::string& id) {
    return call("POST", std::string(kRoot) + "/datasets",
                R"({"datasetId":")" + id + R"(","dataset":{"userUploaded":{},"exampleCount":"2"}})");
  }
  Answer fill(const std::string& id, const std::string& lines) {
    const std::string form =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\r\n" + lines + "\r\n--b--\r\n";
    return call("POST", std::string(kRoot) + "/datasets/" + id + ":upload", form, "multipart/form-data; boundary=b");
  }
  Answer address(const std::string& body) {
    return call("POST", std::string(kRoot) + "/datasets/in:getUploadEndpoint", body);
  }
  Answer validate() { return call("POST", std::string(kRoot) + "/datasets/in:validateUpload", "{}"); }
  Answer make(const std::string& job, const std::string& more = {}) {
    return call("POST", std::string(kRoot) + "/batchInferenceJobs?batchInferenceJobId=" + job,
                R"({"model":"accounts/fireworks/models/m","inputDatasetId":"accounts/a/datasets/in",)"
                R"("outputDatasetId":"accounts/a/datasets/)" +
                    job + "-out\"" + more + "}");
  }
  Answer look(const std::string& job) { return call("GET", std::string(kRoot) + "/batchInferenceJobs/" + job); }
  Answer addresses(const std::string& id) {
    return call("GET", std::string(kRoot) + "/datasets/" + id + ":getDownloadEndpoint");
  }
};

void job_answers_in_two_files_behind_signed_addresses(void**) {
  Fireworks client;
  assert_string_equal(client.dataset("in").text("state").c_str(), "UPLOADING");
  assert_int_equal(client.fill("in", short_line("x") + short_line("y", R"(,"surprise":1)")).status, 200);
  const Answer made = client.make("job-1", R"(,"displayName":"n")");
  assert_int_equal(made.status, 200);
  assert_string_equal(made.text("name").c_str(), "accounts/a/batchInferenceJobs/job-1");
  assert_int_equal(client.addresses("job-1-out").status, 400);
  client.advance(1000);
  const json::Document ended = client.look("job-1").json();
  assert_string_equal(ended["state"].GetString(), "JOB_STATE_COMPLETED");
  assert_int_equal(ended["jobProgress"]["successfullyProcessedRequests"].GetInt(), 1);
  assert_int_equal(ended["jobProgress"]["failedRequests"].GetInt(), 1);
  const json::Document files = client.addresses("job-1-out").json();
  std::string all;
  for (const auto& file : files["filenameToSignedUrls"].GetObject()) {
    const std::string address(json::view(file.value));
    const std::string target = address.substr(address.find("/fireworks"));
    assert_int_equal(client.call("GET", target).status, 400);  // with the key beside the signature
    client.key = "";
    all += client.call("GET", target).body;
    assert_int_equal(client.call("GET", target + "0").status, 403);
    client.key = "sk-test";
  }
  const auto rows = rows_of(all);
  assert_int_equal(rows.size(), 2);
  assert_true(holds(rows, R"("custom_id":"x","response":{"status_code":200)"));
  assert_true(holds(rows, R"("custom_id":"y","response":null,"error":{"code":400)"));
}

void repeated_ids_conflict(void**) {
  Fireworks client;
  client.dataset("in");
  assert_int_equal(client.dataset("in").status, 409);
  assert_int_equal(client.dataset("In").status, 400);
  client.fill("in", short_line("x"));
  assert_int_equal(client.fill("in", short_line("x")).status, 400);
  assert_int_equal(client.make("job").status, 200);
  assert_int_equal(client.make("job").status, 409);
  assert_int_equal(client.ledger().creates, 1);
}

void job_that_cannot_be_is_refused(void**) {
  Fireworks client;
  assert_int_equal(client.make("job").status, 404);
  client.dataset("in");
  assert_int_equal(client.make("job").status, 400);  // nothing in it yet
  client.fill("in", short_line("x"));
  assert_int_equal(client.make("job", R"(,"surprise":1)").status, 400);
  assert_int_equal(client.look("job").json()["code"].GetInt(), 5);
  client.key = "";
  assert_int_equal(client.look("job").json()["code"].GetInt(), 16);
}

void cancelled_job_says_so(void**) {
  Fireworks client;
  client.dataset("in");
  client.fill("in", short_line("x"));
  client.make("job");
  assert_int_equal(client.call("POST", std::string(kRoot) + "/batchInferenceJobs/job:cancel", "{}").status, 200);
  client.advance(1000);
  assert_string_equal(client.look("job").text("state").c_str(), "JOB_STATE_CANCELLED");
  const json::Document list = client.call("GET", std::string(kRoot) + "/batchInferenceJobs?pageSize=5").json();
  assert_int_equal(list["batchInferenceJobs"].Size(), 1);
}

// The address is for one hour, one file, one size, and covers two headers.
void large_file_goes_to_a_signed_address(void**) {
  Fireworks client;
  const std::string lines = short_line("x") + short_line("y");
  const std::string size = std::to_string(lines.size());
  client.dataset("in");
  assert_int_equal(client.address("{}").status, 400);
  assert_int_equal(client.address(R"({"filenameToSize":{"in.jsonl":0}})").status, 400);
  assert_int_equal(client.address(R"({"filenameToSize":{"in.jsonl":1},"surprise":1})").status, 400);
  const json::Document given = client.address(R"({"filenameToSize":{"in.jsonl":")" + size + "\"}}").json();
  const std::string address = given["filenameToSignedUrls"]["in.jsonl"].GetString();
  const std::string target = address.substr(address.find("/fireworks"));
  const Client::Headers range = {{"x-goog-content-length-range", size + "," + size}};
  constexpr char kBytes[] = "application/octet-stream";
  assert_int_equal(client.validate().status, 400);                                 // before the file is there
  assert_int_equal(client.call("PUT", target, lines, kBytes, range).status, 400);  // with the key beside the signature
  const std::string key = client.key;
  client.key = "";
  assert_int_equal(client.call("PUT", target, lines, "application/json", range).status, 403);
  assert_int_equal(client.call("PUT", target, lines, kBytes).status, 403);
  assert_int_equal(client.call("PUT", target + "0", lines, kBytes, range).status, 403);
  assert_int_equal(client.call("PUT", target, lines + "x", kBytes, range).status, 400);
  assert_int_equal(client.call("PUT", target, lines.substr(1), kBytes, range).status, 400);
  assert_int_equal(client.call("PUT", target, lines, kBytes, range).status, 200);
  client.key = key;
  assert_int_equal(client.make("early").status, 400);  // the dataset is not READY
  assert_int_equal(client.validate().status, 200);
  assert_int_equal(client.make("job-1").status, 200);
  assert_int_equal(client.address(R"({"filenameToSize":{"in.jsonl":1}})").status, 400);
  client.advance(1000);
  assert_string_equal(client.look("job-1").text("state").c_str(), "JOB_STATE_COMPLETED");
}

void another_account_or_project_sees_nothing(void**) {
  Fireworks client;
  client.call("POST", "/__emulator/tenants", "project red sk-test\nproject blue sk-blue");
  client.dataset("in");
  client.fill("in", short_line("x"));
  assert_int_equal(client.make("job-1").status, 200);
  assert_int_equal(client.look("job-1").status, 200);
  assert_int_equal(client.call("GET", "/fireworks/v1/accounts/b/batchInferenceJobs/job-1").status, 404);
  assert_int_equal(
      client.call("GET", "/fireworks/v1/accounts/b/batchInferenceJobs").json()["batchInferenceJobs"].Size(), 0);
  client.key = "sk-blue";
  assert_int_equal(client.look("job-1").status, 404);
  assert_int_equal(client.call("GET", std::string(kRoot) + "/datasets/in").status, 404);
}

void stranger_leaves_the_ids_of_the_client_free(void**) {
  Fireworks client;
  client.dataset("in");
  client.fill("in", short_line("x"));
  client.fault("POST * stranger_instead");
  assert_true(client.make("job-1").delivery == Delivery::kReset);
  assert_int_equal(client.make("job-1").status, 200);
  const json::Document list = client.call("GET", std::string(kRoot) + "/batchInferenceJobs").json();
  assert_int_equal(list["batchInferenceJobs"].Size(), 2);
  const auto& theirs = list["batchInferenceJobs"][1];
  client.advance(1000);
  client.call("GET", "/fireworks/v1/" + std::string(theirs["name"].GetString()));
  client.call("GET", "/fireworks/v1/" + std::string(theirs["outputDatasetId"].GetString()) + ":getDownloadEndpoint");
  client.call("DELETE", "/fireworks/v1/" + std::string(theirs["inputDatasetId"].GetString()));
  std::string touches;
  for (const LedgerTouch& touch : client.ledger().stranger_touches) touches += touch.what + " ";
  assert_string_equal(touches.c_str(), "poll results delete ");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(job_answers_in_two_files_behind_signed_addresses),
      cmocka_unit_test(repeated_ids_conflict),
      cmocka_unit_test(job_that_cannot_be_is_refused),
      cmocka_unit_test(large_file_goes_to_a_signed_address),
      cmocka_unit_test(cancelled_job_says_so),
      cmocka_unit_test(another_account_or_project_sees_nothing),
      cmocka_unit_test(stranger_leaves_the_ids_of_the_client_free),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
