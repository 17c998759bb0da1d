// Answers that came late: which results may change, and what of the delivery stays.
#include "core/results/refetch.h"

#include <cstring>
#include <limits>

#include "codec/result_line.h"
#include "core/results/result_file.h"
#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

const br::ResultContext kContext("openai", "job_a", "batch_1");

std::string failed(const char* id, const char* type) {
  std::string line;
  br::append_synthetic_line(std::string("\"") + id + "\"", {br::ResultStatus::errored, type, type, "why", 0, true},
                            kContext, &line);
  return line + "\n";
}

std::string answered(const char* id) {
  const std::string token = std::string("\"") + id + "\"";
  br::Row row;
  row.status = br::ResultStatus::succeeded;
  row.custom_id_json = token;
  row.response_json = "{}";
  row.text_json = "\"hi\"";
  std::string line;
  br::append_result_line(row, kContext, &line);
  return line + "\n";
}

void only_rows_that_did_not_come_may_change(void**) {
  assert_true(br::may_change(failed("a", "missing")));
  assert_true(br::may_change(failed("a", "malformed")));
  assert_true(br::may_change(failed("a", "results_gone")));
  assert_false(br::may_change(failed("a", "batch_failed")));
  assert_false(br::may_change(failed("a", "not_submitted")));
  assert_false(br::may_change(answered("a")));
  // A vendor's own error of the same name.
  br::Row row;
  row.custom_id_json = "\"a\"";
  row.status = br::ResultStatus::errored;
  row.error_type_json = "\"missing\"";
  row.response_json = "{\"x\":1}";
  row.model_json = "\"m\"";
  std::string line;
  br::append_result_line(row, kContext, &line);
  assert_false(br::may_change(line));
}

void answers_replace_and_follow_what_stays(void**) {
  const Scratch scratch;
  const std::string gone = failed("b", "results_gone");
  const std::string old_path = scratch.write("old", answered("a") + gone + failed("c", "missing") + answered("d"));
  // "a" is final: an answer for it changes nothing.
  const std::string new_path = scratch.file("new");
  const auto replaced = br::merge_answers({br::posix_files(), old_path, 4, ""}, scratch.write("answers", answered("b")), new_path, 1);
  assert_true(replaced.ok());
  assert_int_equal(replaced->size(), 1);
  assert_int_equal(replaced->front().first, 1);
  assert_string_equal(read_text(new_path).c_str(),
                      (answered("a") + failed("c", "missing") + answered("d") + answered("b")).c_str());

  br::RemoteBatch batch;
  batch.results.total = batch.progress.handed_rows = batch.progress.acked_rows = 4;
  batch.results.succeeded = batch.results.errored = 2;
  batch.progress.acked_bytes = static_cast<std::int64_t>(read_text(old_path).size());
  batch.model_tokens = {{"m", {}}, {"n", {}}};
  batch.model_tokens[0].tokens.output = 2;
  br::Fetched fetched{{}, *replaced, false};
  fetched.answers.results.total = fetched.answers.results.succeeded = 1;
  fetched.answers.tokens.output = 7;
  fetched.answers.model_tokens = {{"m", fetched.answers.tokens}};
  const br::RemoteBatch now = br::with_answers(batch, fetched);
  assert_int_equal(now.refetches, 1);
  assert_int_equal(now.results.total, 4);
  assert_int_equal(now.results.succeeded, 3);
  assert_int_equal(now.results.errored, 1);
  assert_int_equal(now.tokens.output, 7);
  assert_int_equal(now.model_tokens.size(), 2);
  assert_int_equal(now.model_tokens[0].tokens.output, 9);
  assert_int_equal(now.progress.acked_rows, 3);
  assert_int_equal(now.progress.acked_bytes, batch.progress.acked_bytes - static_cast<std::int64_t>(gone.size()));
  assert_true(now.progress.handed_rows == std::numeric_limits<std::int64_t>::max());
}

void damaged_results_are_not_merged(void**) {
  const Scratch scratch;
  const std::string old_path = scratch.write("old", answered("a") + "zz\n");
  const auto replaced = br::merge_answers({br::posix_files(), old_path, 2, ""}, scratch.write("answers", ""), scratch.file("new"), 1);
  assert_false(replaced.ok());
  assert_int_equal(replaced.error().code, br::Code::store);
}

void results_that_replace_a_damaged_file_are_handed_out_again(void**) {
  br::RemoteBatch batch;
  batch.results.total = batch.results.succeeded = batch.progress.acked_rows = 4;
  batch.progress.acked_bytes = 100;
  br::Fetched fetched{batch, {}, true};
  fetched.answers.tokens.output = 7;
  const br::RemoteBatch now = br::with_answers(batch, fetched);
  assert_int_equal(now.refetches, 1);
  assert_int_equal(now.results.total, 4);
  assert_int_equal(now.results.succeeded, 4);
  assert_int_equal(now.tokens.output, 7);
  assert_int_equal(now.progress.acked_rows, 0);
  assert_int_equal(now.progress.acked_bytes, 0);
  assert_true(now.progress.handed_rows == std::numeric_limits<std::int64_t>::max());
}

void fewer_answers_do_not_replace_a_damaged_file(void**) {
  const Scratch scratch;
  br::Fetched fetched{{}, {}, true};
  fetched.answers.results.total = 4;
  fetched.answers.results.succeeded = 2;
  br::Counts before;
  before.total = 4;
  before.succeeded = 3;
  const std::string answers = scratch.write("answers", answered("a"));
  const br::ResultFile damaged{br::posix_files(), scratch.file("old"), -1, ""};
  assert_int_equal(br::replace_results(fetched, before, damaged, answers, scratch.file("new"), 1).error().code, br::Code::store);
  assert_string_equal(read_text(answers).c_str(), answered("a").c_str());
  before.succeeded = 2;
  assert_true(br::replace_results(fetched, before, damaged, answers, scratch.file("new"), 1).ok());
  assert_string_equal(read_text(scratch.file("new")).c_str(), answered("a").c_str());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(only_rows_that_did_not_come_may_change),
      cmocka_unit_test(answers_replace_and_follow_what_stays),
      cmocka_unit_test(damaged_results_are_not_merged),
      cmocka_unit_test(results_that_replace_a_damaged_file_are_handed_out_again),
      cmocka_unit_test(fewer_answers_do_not_replace_a_damaged_file),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
