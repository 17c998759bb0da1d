#include "emulator/batches/batches.h"

#include <algorithm>
#include <set>
#include <string>

#include "support/cmocka.h"
#include "unit/emulator/drive.h"

namespace {

using namespace drive;

std::string status(Client& client, const std::string& id) { return client.get(id).text("status"); }

void batch_by_time_passes_every_stage(void**) {
  Client client;
  const std::string id = client.batch_of(lines(100));
  assert_string_equal(status(client, id).c_str(), "validating");
  client.advance(100);
  assert_string_equal(status(client, id).c_str(), "in_progress");
  client.advance(400);
  assert_int_equal(client.get(id).json()["request_counts"]["completed"].GetInt(), 50);
  client.advance(400);
  assert_string_equal(status(client, id).c_str(), "finalizing");
  assert_true(client.get(id).json()["output_file_id"].IsNull());
  client.advance(100);
  const json::Document batch = client.get(id).json();
  assert_string_equal(batch["status"].GetString(), "completed");
  assert_int_equal(batch["request_counts"]["completed"].GetInt(), 100);
  assert_int_equal(batch["completed_at"].GetInt64() - batch["created_at"].GetInt64(), 1);
  assert_true(batch["error_file_id"].IsNull());
}

void batch_by_reads_moves_one_stage_at_a_time(void**) {
  EmulatorOptions options = still();
  options.polls = 2;
  Client client(options);
  const std::string id = client.batch_of(lines(3));
  std::string seen;
  for (int i = 0; i < 6; ++i) seen += status(client, id) + " ";
  assert_string_equal(seen.c_str(), "validating in_progress in_progress finalizing finalizing completed ");
}

void cancel_half_way_keeps_what_was_answered(void**) {
  Client client;
  const std::string id = client.batch_of(lines(100));
  client.advance(500);
  const std::string cancel = "/v1/batches/" + id + "/cancel";
  assert_string_equal(client.call("POST", cancel).text("status").c_str(), "cancelling");
  client.advance(99);
  assert_string_equal(status(client, id).c_str(), "cancelling");
  client.advance(1);
  const Answer batch = client.get(id);
  assert_string_equal(batch.text("status").c_str(), "cancelled");
  const auto output = rows_of(client.content(batch.text("output_file_id")));
  const auto errors = rows_of(client.content(batch.text("error_file_id")));
  assert_int_equal(output.size(), 50);
  assert_int_equal(errors.size(), 50);
  std::set<std::string> ids;
  for (const auto& row : output) ids.insert(id_of(row));
  for (const auto& row : errors) {
    ids.insert(id_of(row));
    assert_true(row.find("\"response\":null,\"error\":{\"code\":\"batch_cancelled\"") != std::string::npos);
  }
  assert_int_equal(ids.size(), 100);
  assert_int_equal(client.ledger().requests_billed, 50);
  assert_int_equal(client.call("POST", cancel).status, 409);
}

void cancel_before_validation_answers_nothing(void**) {
  Client client;
  const std::string id = client.batch_of(lines(5));
  client.call("POST", "/v1/batches/" + id + "/cancel");
  client.advance(1000);
  const Answer batch = client.get(id);
  assert_true(batch.json()["output_file_id"].IsNull());
  assert_int_equal(rows_of(client.content(batch.text("error_file_id"))).size(), 5);
  assert_int_equal(client.ledger().requests_billed, 0);
}

void batch_longer_than_its_window_expires_with_partial_results(void**) {
  EmulatorOptions options = still();
  options.latency_ms = 2 * 86'400'000;
  Client client(options);
  const std::string id = client.batch_of(lines(40));
  client.advance(86'400'000);
  const Answer batch = client.get(id);
  assert_string_equal(batch.text("status").c_str(), "expired");
  const size_t output = rows_of(client.content(batch.text("output_file_id"))).size();
  const size_t errors = rows_of(client.content(batch.text("error_file_id"))).size();
  assert_true(output > 0 && errors > 0);
  assert_int_equal(output + errors, 40);
}

// One batch of 20 rows with that fault, run to its end.
struct Run {
  explicit Run(const std::string& kind) {
    assert_int_equal(client.fault("batch " + kind).status, 200);
    id = client.batch_of(lines(20));
    client.advance(1000);
    batch = client.get(id);
    const std::string file = batch.text("output_file_id");
    if (!file.empty()) output = client.content(file);
    const std::string error_file = batch.text("error_file_id");
    if (!error_file.empty()) errors = client.content(error_file);
  }
  Client client;
  std::string id;
  Answer batch;
  std::string output;
  std::string errors;
};

std::multiset<std::string> ids_of(const std::string& text) {
  std::multiset<std::string> ids;
  for (const std::string& row : rows_of(text)) ids.insert(id_of(row));
  return ids;
}

void faults_of_rows_change_just_these_rows(void**) {
  assert_int_equal(ids_of(Run("rows_missing rows=3").output).size(), 17);

  const Run duplicated("rows_duplicated rows=3");
  const auto ids = ids_of(duplicated.output);
  assert_int_equal(ids.size(), 23);
  assert_int_equal(std::set<std::string>(ids.begin(), ids.end()).size(), 20);
  const auto first = duplicated.output.find("answer to r");
  assert_true(first < duplicated.output.find("second answer to r"));

  const auto with_strangers = ids_of(Run("rows_unknown rows=2").output);
  assert_int_equal(with_strangers.size(), 22);
  assert_int_equal(with_strangers.count("unknown-2"), 1);

  const auto with_broken = ids_of(Run("rows_malformed rows=2").output);
  assert_int_equal(with_broken.size(), 20);
  assert_int_equal(with_broken.count(""), 2);
}

void faults_of_text_leave_the_rows_whole(void**) {
  assert_int_equal(Run("bom").output.find("\xEF\xBB\xBF{"), 0);
  const std::string crlf = Run("crlf").output;
  assert_int_equal(std::count(crlf.begin(), crlf.end(), '\r'), 20);
  assert_true(Run("blank_lines").output.find("\n\n") != std::string::npos);
  assert_true(Run("no_final_newline").output.back() == '}');
}

void faults_of_the_end_change_the_outcome(void**) {
  const Run expired("expire share=0.25");
  assert_string_equal(expired.batch.text("status").c_str(), "expired");
  assert_int_equal(rows_of(expired.output).size(), 5);
  assert_int_equal(rows_of(expired.errors).size(), 15);
  assert_true(expired.errors.find("batch_expired") != std::string::npos);

  const Run failed("fail code=token_limit_exceeded");
  assert_string_equal(failed.batch.text("status").c_str(), "failed");
  assert_string_equal(failed.batch.json()["errors"]["data"][0]["code"].GetString(), "token_limit_exceeded");

  const Run error_only("error_file_only");
  assert_true(error_only.output.empty());
  assert_int_equal(rows_of(error_only.errors).size(), 20);
  assert_int_equal(error_only.client.ledger().requests_billed, 0);

  Run stalled("stall share=0.5");
  stalled.client.advance(3'600'000);
  const json::Document still_running = stalled.client.get(stalled.id).json();
  assert_string_equal(still_running["status"].GetString(), "in_progress");
  assert_int_equal(still_running["request_counts"]["completed"].GetInt(), 10);
}

void faults_of_the_object_change_what_a_read_shows(void**) {
  Run late("output_late polls=2");
  assert_string_equal(late.batch.text("status").c_str(), "completed");
  assert_true(late.output.empty());
  assert_true(late.client.get(late.id).json()["output_file_id"].IsNull());
  assert_false(late.client.get(late.id).json()["output_file_id"].IsNull());

  Run unseen("not_found polls=2");
  assert_int_equal(unseen.batch.status, 404);
  assert_int_equal(unseen.client.get(unseen.id).status, 404);
  assert_int_equal(unseen.client.get(unseen.id).status, 200);

  Run hidden("listing_lag lists=1");
  assert_int_equal(hidden.client.call("GET", "/v1/batches").json()["data"].Size(), 0);
  assert_int_equal(hidden.client.call("GET", "/v1/batches").json()["data"].Size(), 1);

  assert_string_equal(Run("status_upper").batch.text("status").c_str(), "COMPLETED");
  Run word("status_word word=pondering polls=1");
  assert_string_equal(word.batch.text("status").c_str(), "pondering");
  assert_string_equal(word.client.get(word.id).text("status").c_str(), "completed");
  assert_true(Run("null_fields").batch.json()["request_counts"].IsNull());
}

void ledger_same_input_twice_is_twice_paid(void**) {
  Client client;
  const std::string first = client.batch_of(lines(7));
  client.advance(1000);
  client.get(first);
  assert_int_equal(client.ledger().batches_twice_paid, 0);
  const std::string second = client.batch_of(lines(7));
  client.advance(1000);
  client.get(second);
  const Ledger ledger = client.ledger();
  assert_int_equal(ledger.requests_billed, 14);
  assert_int_equal(ledger.requests_twice_paid, 7);
  assert_int_equal(ledger.batches_twice_paid, 1);
  assert_string_equal(ledger.batches[1].twice_paid_with.c_str(), first.c_str());
}

void ledger_resend_of_an_unbilled_batch_is_not_twice_paid(void**) {
  Client client;
  const std::string first = client.batch_of(lines(7));
  client.call("POST", "/v1/batches/" + first + "/cancel");
  client.advance(1000);
  client.get(first);
  const std::string second = client.batch_of(lines(7));
  client.advance(1000);
  client.get(second);
  assert_int_equal(client.ledger().batches_twice_paid, 0);
  assert_int_equal(client.ledger().requests_twice_paid, 0);
}

void fail_rate_fails_the_same_rows_again(void**) {
  EmulatorOptions options = still();
  options.fail_rate = 0.5;
  std::string errors[2];
  for (std::string& each : errors) {
    Client client(options);
    const std::string id = client.batch_of(lines(100));
    client.advance(1000);
    each = client.content(client.get(id).text("error_file_id"));
  }
  const size_t rows = rows_of(errors[0]).size();
  assert_true(rows > 20 && rows < 80);
  assert_true(ids_of(errors[0]) == ids_of(errors[1]));
  assert_true(errors[0].find("\"status_code\":500") != std::string::npos);
}

void background_work_changes_nothing_that_a_reader_sees(void**) {
  Client plain;
  Client worked;
  std::string files[2];
  int at = 0;
  for (Client* client : {&plain, &worked}) {
    const std::string id = client->batch_of(lines(1500));
    for (int i = 0; i < 10; ++i) {
      client->advance(100);
      if (client == &worked) client->work_to_the_end();
    }
    files[at++] = client->content(client->get(id).text("output_file_id"));
  }
  assert_int_equal(rows_of(files[0]).size(), 1500);
  assert_true(ids_of(files[0]) == ids_of(files[1]));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(batch_by_time_passes_every_stage),
      cmocka_unit_test(batch_by_reads_moves_one_stage_at_a_time),
      cmocka_unit_test(cancel_half_way_keeps_what_was_answered),
      cmocka_unit_test(cancel_before_validation_answers_nothing),
      cmocka_unit_test(batch_longer_than_its_window_expires_with_partial_results),
      cmocka_unit_test(faults_of_rows_change_just_these_rows),
      cmocka_unit_test(faults_of_text_leave_the_rows_whole),
      cmocka_unit_test(faults_of_the_end_change_the_outcome),
      cmocka_unit_test(faults_of_the_object_change_what_a_read_shows),
      cmocka_unit_test(ledger_same_input_twice_is_twice_paid),
      cmocka_unit_test(ledger_resend_of_an_unbilled_batch_is_not_twice_paid),
      cmocka_unit_test(fail_rate_fails_the_same_rows_again),
      cmocka_unit_test(background_work_changes_nothing_that_a_reader_sees),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
