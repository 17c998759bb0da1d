// Answers that came late take their place once, and whatever goes wrong on the way leaves the results that were there.
#include "core/router/refetcher.h"

#include <cerrno>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "codec/result_line.h"
#include "core/results/id_file.h"
#include "core/results/result_file.h"
#include "support/cmocka.h"
#include "support/part_room.h"
#include "support/router_room.h"
#include "support/waiter.h"
#include "sys/checksum.h"

namespace {

using br::Code;
using br::Delivered;
using br::Job;
using br::RemoteBatch;
using br::Result;
using br::Wait;
using br::test::Background;
using br::test::FakeAnswer;
using br::test::ok_answer;
using br::test::RouterRoom;
using br::test::row_of;

const br::ResultContext kContext("openai", "job_a", "batch_job_a0");

std::string without_answer(const std::string& id, const char* type = "missing") {
  std::string line;
  br::append_synthetic_line("\"" + id + "\"", {br::ResultStatus::errored, type, type, "why", 0, true}, kContext, &line);
  return line + "\n";
}

std::string with_answer(const std::string& id) {
  const std::string token = "\"" + id + "\"";
  br::Row row;
  row.status = br::ResultStatus::succeeded;
  row.custom_id_json = token;
  row.response_json = "{}";
  row.text_json = "\"hi\"";
  std::string line;
  br::append_result_line(row, kContext, &line);
  return line + "\n";
}

// The vendor says of each batch that it has ended, and gives these rows of its file.
struct Vendor {
  FakeAnswer answer(const br::HttpRequest& request) {
    calls.push_back(request.method + " " + request.url.substr(request.url.find("/v1/") + 3));
    if (at_call) at_call();
    FakeAnswer none;
    none.response.status = 404;
    if (request.url.find("/batches/") != std::string::npos && has_batch)
      return ok_answer(R"({"id":"batch_job_a0","object":"batch","status":"completed","output_file_id":"file-out"})");
    if (request.url.ends_with("/content") && has_batch) return ok_answer(rows);
    return none;
  }
  bool has_batch = true;
  std::string rows;
  std::vector<std::string> calls;  // of the engine's thread
  std::function<void()> at_call;
};

// job_a is done: "a" has its answer, "b" has none. Both were acknowledged.
struct Room : RouterRoom {
  Room() : RouterRoom([this](const br::HttpRequest& request, const std::string&) { return vendor.answer(request); }) {
    vendor.rows = row_of("a") + row_of("b");
    open();
  }
  ~Room() { stop_engine(); }  // before the vendor goes
  Job job_of(const std::string& results) {
    Job job = finished_job("job_a", {results});
    RemoteBatch& batch = job.batches[0];
    batch.model = "m";
    batch.results.succeeded = batch.results.errored = 1;
    batch.progress = {2, static_cast<std::int64_t>(results.size()), 2};
    return job;
  }
  void keep_with_sum(Job job, const std::string& results, const std::string& on_disk) {
    br::IdSum ids;
    std::string text;
    for (const char* line : {"\"a\" 1", "\"b\" 2"}) ids.add(line), text.append(line).push_back('\n');
    job.batches[0].ids_sum = ids.last_line();
    br::Checksum sum;
    sum.add(results);
    job.batches[0].results_sum = sum.text();
    keep(job, {on_disk});
    write(state.spool().ids("job_a", 0), text + ids.last_line() + "\n");
  }
  void keep_done(const std::string& results) { keep_with_sum(job_of(results), results, results); }
  Result<Wait> refetch(std::int64_t timeout_ms = -1) { return parts->refetcher.refetch("job_a", timeout_ms, &changed); }
  // The results in force, by id: whether it is an answer. Fails where the record and the file differ.
  std::map<std::string, bool> in_force() {
    const Job job = kept("job_a");
    std::map<std::string, bool> found;
    const auto note = [&found](const br::Line& line, std::string_view id) -> Result<void> {
      const bool is_new = found.emplace(id, br::is_success_line({line.data, line.size})).second;
      assert_true(is_new);
      return {};
    };
    const auto read = br::for_each_result(br::result_file_of(state.spool(), job.batches.at(0)), note);
    if (!read) fail_msg("%s", read.error().message.c_str());
    return found;
  }
  bool is_untouched() {
    return in_force() == std::map<std::string, bool>{{"a", true}, {"b", false}} &&
           kept("job_a").batches[0].refetches == 0 && kept("job_a").batches[0].progress.acked_rows == 2 &&
           !in.files->exists(state.spool().job_directory("job_a/refetch"));
  }
  std::vector<std::string> handed_out() {
    std::vector<Delivered> results;
    const auto waited = parts->outbox.next("job_a", 0, 10, &results);
    std::vector<std::string> lines;
    if (!waited) lines.push_back(waited.error().message);
    for (const Delivered& each : results) lines.push_back(each.line.substr(0, each.line.find(",\"text\"")));
    return lines;
  }

  Vendor vendor;
  std::int64_t changed = -1;
};

const std::string kResults = with_answer("a") + without_answer("b");

void late_answer_takes_the_place_of_a_result_without_one_and_is_handed_out(void**) {
  Room room;
  room.keep_done(kResults);
  room.run_engine();
  const auto waited = room.refetch();
  if (!waited) fail_msg("%s", waited.error().message.c_str());
  assert_true(*waited == Wait::ready);
  assert_int_equal(room.changed, 1);
  assert_true((room.in_force() == std::map<std::string, bool>{{"a", true}, {"b", true}}));
  const RemoteBatch batch = room.kept("job_a").batches[0];
  assert_int_equal(batch.refetches, 1);
  assert_int_equal(batch.results.succeeded, 2);
  assert_int_equal(batch.results.errored, 0);
  assert_int_equal(batch.progress.acked_rows, 1);
  assert_true(room.handed_out() == std::vector<std::string>({R"({"custom_id":"b","status":"succeeded")"}));
  for (const std::string& call : room.vendor.calls) assert_true(call.starts_with("GET "));
}

void answers_that_changed_nothing_leave_all_as_it_is(void**) {
  Room room;
  room.keep_done(kResults);
  room.vendor.rows = row_of("a");
  room.run_engine();
  assert_true(room.refetch().ok());
  assert_int_equal(room.changed, 0);
  assert_true(room.is_untouched());
}

void job_without_anything_to_change_asks_nobody(void**) {
  Room room;
  const std::string results = with_answer("a") + without_answer("b", "batch_failed");
  room.keep_done(results);
  room.run_engine();
  assert_true(room.refetch().ok());
  assert_int_equal(room.changed, 0);
  assert_true(room.is_untouched());
  room.stop_engine();
  assert_true(room.vendor.calls.empty());
}

void job_that_is_not_done_or_not_there_is_refused(void**) {
  Room room;
  assert_int_equal(room.refetch().error().code, Code::not_found);
  room.keep_running("job_a");
  assert_int_equal(room.refetch().error().code, Code::not_complete);
}

void vendor_without_the_batch_leaves_the_results(void**) {
  Room room;
  room.keep_done(kResults);
  room.vendor.has_batch = false;
  room.run_engine();
  assert_false(room.refetch().ok());
  assert_true(room.is_untouched());
  room.vendor.has_batch = true;
  assert_true(room.refetch().ok());
  assert_int_equal(room.changed, 1);
}

// The engine is in a vendor call as long as the test wants.
struct HeldCall {
  explicit HeldCall(Room* room) {
    room->vendor.at_call = [this] {
      if (std::exchange(is_first, false)) began.set_value(), released.get_future().wait();
    };
  }
  void wait() { began.get_future().wait(); }
  void release() { released.set_value(); }
  bool is_first = true;
  std::promise<void> began, released;
};

void second_refetch_of_a_job_at_the_same_time_is_refused(void**) {
  Room room;
  room.keep_done(kResults);
  HeldCall held(&room);
  room.run_engine();
  Background<bool> first([&] { return room.refetch().ok(); });
  held.wait();
  std::int64_t none = -1;
  const auto second = room.parts->refetcher.refetch("job_a", -1, &none);
  held.release();
  assert_true(!second.ok() && second.error().code == Code::already);
  assert_int_equal(none, 0);
  assert_true(first.get());
  assert_int_equal(room.changed, 1);
}

void refetch_that_ran_out_of_time_changes_nothing_later(void**) {
  Room room;
  room.keep_done(kResults);
  HeldCall held(&room);
  room.run_engine();
  // What is asked while the call lasts is over before the vendor has answered.
  Background<Code> first([&] {
    const auto waited = room.refetch(0);
    return waited ? Code::internal : waited.error().code;
  });
  held.wait();
  assert_int_equal(first.get(), Code::timeout);
  held.release();
  room.on_engine([] {});
  assert_true(room.is_untouched());
  assert_true(room.refetch().ok());
  assert_int_equal(room.changed, 1);
}

void job_that_is_removed_meanwhile_gets_nothing(void**) {
  Room room;
  room.keep_done(kResults);
  HeldCall held(&room);
  room.run_engine();
  Background<Code> first([&] {
    const auto waited = room.refetch();
    return waited ? Code::internal : waited.error().code;
  });
  held.wait();
  assert_true(room.parts->jobs.begin_removal("job_a", [](const Job&) { return Result<void>(); }).ok());
  held.release();
  assert_int_equal(first.get(), Code::not_found);
  assert_true(room.is_untouched());
}

void store_that_refuses_leaves_the_old_results_in_force(void**) {
  Room room;
  room.keep_done(kResults);
  room.vendor.at_call = [&room] {
    const std::lock_guard lock(room.in.database.mutex);
    room.in.database.write_error = br::Error(Code::store, "the disk is full");
  };
  room.run_engine();
  assert_int_equal(room.refetch().error().code, Code::store);
  assert_true(room.is_untouched());
}

// ---- damaged results ----

const std::string kDamaged = with_answer("a") + without_answer("b").replace(0, 4, "zzzz");

void damaged_results_are_rebuilt_from_the_rows_here_without_the_vendor(void**) {
  Room room;
  // What the collector writes of those rows.
  const std::string collected = [] {
    Room other;
    other.keep_done(kResults);
    other.run_engine();
    other.vendor.rows = row_of("a") + row_of("b", "two");
    assert_true(other.refetch().ok());
    return other.in.files->text(other.state.spool().results(other.kept("job_a").batches[0]));
  }();
  // "a" is what with_answer() writes and not of those rows: only a file that is of the rows is built again.
  const std::string b_line = collected.substr(collected.find('\n') + 1);
  std::string results = b_line;
  results.replace(results.find("\"b\""), 3, "\"a\"");
  results += b_line;
  room.keep_with_sum(room.job_of(results), results, kDamaged);
  room.write(room.state.spool().output("job_a", 0), row_of("a", "two") + row_of("b", "two"));
  room.run_engine();
  const auto waited = room.refetch();
  if (!waited) fail_msg("%s", waited.error().message.c_str());
  assert_int_equal(room.changed, 0);
  assert_string_equal(room.in.files->text(room.state.spool().results(room.kept("job_a").batches[0])).c_str(),
                      results.c_str());
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 2);
  room.stop_engine();
  assert_true(room.vendor.calls.empty());
}

void damaged_results_are_fetched_whole_and_the_damaged_file_stays(void**) {
  Room room;
  room.keep_with_sum(room.job_of(kResults), kResults, kDamaged);
  room.run_engine();
  const auto waited = room.refetch();
  if (!waited) fail_msg("%s", waited.error().message.c_str());
  assert_int_equal(room.changed, 2);
  assert_true((room.in_force() == std::map<std::string, bool>{{"a", true}, {"b", true}}));
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 0);
  assert_int_equal(room.handed_out().size(), 2);
  assert_string_equal(room.in.files->text(room.state.spool().results(room.kept("job_a").batches[0], 0)).c_str(),
                      kDamaged.c_str());
}

void damaged_results_are_not_given_up_for_fewer_answers(void**) {
  Room room;
  room.keep_with_sum(room.job_of(kResults), kResults, kDamaged);
  room.vendor.rows = row_of("b");
  room.run_engine();
  const auto waited = room.refetch();
  assert_true(!waited.ok() && waited.error().code == Code::store);
  assert_int_equal(room.kept("job_a").batches[0].refetches, 0);
  assert_string_equal(room.in.files->text(room.state.spool().results(room.kept("job_a").batches[0], 0)).c_str(),
                      kDamaged.c_str());
}

// Calls of the disk that a refetch makes.
std::uint64_t calls_of_a_refetch() {
  Room room;
  room.keep_done(kResults);
  const std::uint64_t before = room.in.disk.calls();
  room.run_engine();
  assert_true(room.refetch().ok());
  return room.in.disk.calls() - before;
}

// Each id has one result afterwards, no answer is lost, and another refetch brings what is still missing. A file that
// cannot be opened for want of descriptors is no damaged one.
void every_failure_of_the_disk_leaves_whole_results(void**) {
  const std::uint64_t calls = calls_of_a_refetch();
  assert_true(calls > 10);
  for (const int error_number : {ENOSPC, EMFILE}) {
    int failed = 0;
    for (std::uint64_t n = 1; n <= calls; ++n) {
      Room room;
      room.keep_done(kResults);
      room.run_engine();
      room.in.disk.fail_at(room.in.disk.calls() + n, error_number);
      const bool worked = room.refetch().ok();
      room.in.disk.heal();
      failed += worked ? 0 : 1;
      assert_true(error_number != EMFILE || room.changed <= 1);
      const bool answered = worked && room.changed > 0;
      assert_true((room.in_force() == std::map<std::string, bool>{{"a", true}, {"b", answered}}));
      if (!answered) assert_true(room.refetch().ok());
      assert_true((room.in_force() == std::map<std::string, bool>{{"a", true}, {"b", true}}));
    }
    assert_true(failed > 5);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(late_answer_takes_the_place_of_a_result_without_one_and_is_handed_out),
      cmocka_unit_test(answers_that_changed_nothing_leave_all_as_it_is),
      cmocka_unit_test(job_without_anything_to_change_asks_nobody),
      cmocka_unit_test(job_that_is_not_done_or_not_there_is_refused),
      cmocka_unit_test(vendor_without_the_batch_leaves_the_results),
      cmocka_unit_test(second_refetch_of_a_job_at_the_same_time_is_refused),
      cmocka_unit_test(refetch_that_ran_out_of_time_changes_nothing_later),
      cmocka_unit_test(job_that_is_removed_meanwhile_gets_nothing),
      cmocka_unit_test(store_that_refuses_leaves_the_old_results_in_force),
      cmocka_unit_test(damaged_results_are_rebuilt_from_the_rows_here_without_the_vendor),
      cmocka_unit_test(damaged_results_are_fetched_whole_and_the_damaged_file_stays),
      cmocka_unit_test(damaged_results_are_not_given_up_for_fewer_answers),
      cmocka_unit_test(every_failure_of_the_disk_leaves_whole_results),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
