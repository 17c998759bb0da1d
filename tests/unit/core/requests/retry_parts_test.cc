// A retry behind a canary that did not pass tries one of its own; each request stands in exactly one of its batches.
#include "core/requests/retry_parts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "codec/result_line.h"
#include "core/protocol/canary.h"
#include "core/requests/pack.h"
#include "core/requests/retry_job.h"
#include "core/results/result_file.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Job;
using br::Phase;
using br::RemoteBatch;

const br::ResultContext kContext("openai", "job_parent", "batch_1");

struct Asked {
  std::string id, model = "m", path = "/v1/chat/completions";
};

// A job whose every request is in its files, and what became of it.
struct Room {
  explicit Room(const char* provider = "openai", std::int64_t least = 0) : name(provider) {
    assert_true(files.make_directory("/state").ok() && spool.make_job_directory("job_parent").ok());
    limits = br::find_provider(name)->capability();
    limits.min_requests = least > 0 ? least : limits.min_requests;
    parent.id = "job_parent";
    child.id = "job_child0000000000";
  }
  void pack(const std::vector<Asked>& requests, std::int64_t canary) {
    br::Packer packer({parent.id, &spool, true, false, 1024, br::id_tag_of(parent.id), canary});
    std::uint64_t number = 0;
    for (const Asked& asked : requests) {
      br::Request request;
      request.custom_id = asked.id;
      request.model = asked.model;
      request.endpoint = asked.path == "/v1/responses" ? br::Endpoint::responses : br::Endpoint::chat;
      const std::string id_json = "\"" + asked.id + "\"";
      const std::string line = "{\"custom_id\":" + id_json + R"(,"method":"POST","url":")" + asked.path +
                               R"(","body":{"model":")" + asked.model + "\"}}\n";
      assert_true(packer.add(*br::find_provider(name), {request, id_json, "", "", ++number, "", line, limits}).ok());
    }
    auto packed = packer.finish();
    assert_true(packed.ok());
    parent.batches = std::move(*packed);
    br::hold_for_canaries(&parent);
  }
  // Every row of the part ended so.
  void collect(std::size_t part, const char* type, const char* refusal = "") {
    RemoteBatch& batch = parent.batches.at(part);
    std::string results;
    assert_true(br::for_each_id(br::id_file_of(spool, batch), [&](const br::IdEntry& entry) {
                  br::append_synthetic_line(entry.token, {br::ResultStatus::errored, type, type, "why", 0, false},
                                            kContext, &results);
                  results += "\n";
                }).ok());
    auto file = files.create(spool.results(batch));
    assert_true(file.ok() && file->append(results).ok());
    batch.phase = Phase::collected;
    batch.results.total = batch.rows;
    batch.results_sum = *br::sum_of_file(&files, spool.results(batch));
    batch.canary_refusal = refusal;
    batch.held = false;
  }
  // "c: a b; c d e": the ids of each batch of the retry, c: of the canaries.
  std::string retry(std::int64_t canary = 0, bool again = false) {
    const auto made = br::write_retry(spool, parent, {again, canary, 7}, &child);
    if (!made) return made.error().message;
    std::string out;
    for (const RemoteBatch& batch : child.batches) {
      out += std::string(out.empty() ? "" : "; ") + (batch.canary ? "c:" : "");
      assert_true(batch.held == (!batch.canary && out.find("c:") != std::string::npos));
      assert_true(spool.check_requests(batch, br::Spool::Check::content).ok());
      assert_true(br::for_each_id(br::id_file_of(spool, batch), [&](const br::IdEntry& entry) {
                    out += (out.empty() || out.ends_with("; ") ? "" : " ") + std::string(entry.custom_id);
                  }).ok());
    }
    return out;
  }

  const std::string name;
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::Spool spool{&files, "/state"};
  br::Capability limits;
  Job parent, child;
};

std::vector<Asked> many(int count, const std::string& model = "m") {
  std::vector<Asked> requests;
  for (int i = 0; i < count; ++i) requests.push_back({model + std::to_string(i), model});
  return requests;
}

void rows_of_the_canary_that_may_still_come_leave_the_next_ones_to_try(void**) {
  for (const char* type : {"missing", "malformed", "abandoned"}) {
    Room room;
    room.pack(many(5), 2);
    room.collect(0, type, "none of its requests was answered");
    room.collect(1, "not_submitted");
    assert_string_equal(room.retry().c_str(), "c: m2 m3; m4");
  }
}

void refused_canary_is_tried_again(void**) {
  Room room;
  room.pack(many(5), 2);
  room.collect(0, "invalid_request_error", "refused");
  room.collect(1, "not_submitted");
  assert_string_equal(room.retry().c_str(), "c: m0 m1; m2 m3 m4");
}

// One of two was answered before the other was refused: the next one of the rest fills the canary up.
void canary_is_filled_up_from_the_rest(void**) {
  Room room;
  room.pack(many(6), 3);
  room.collect(0, "invalid_request_error", "refused");
  room.collect(1, "not_submitted");
  std::string results;
  br::Row row;
  row.status = br::ResultStatus::succeeded;
  row.custom_id_json = "\"m1\"", row.response_json = "{}", row.text_json = "\"hi\"";
  br::append_result_line(row, kContext, &results);
  results += "\n";
  for (const char* id : {"\"m0\"", "\"m2\""}) {
    br::append_synthetic_line(id, {br::ResultStatus::errored, "refused", "", "why", 400, false}, kContext, &results);
    results += "\n";
  }
  assert_true(room.files.create(room.spool.results(room.parent.batches[0]))->append(results).ok());
  room.parent.batches[0].results_sum = *br::sum_of_file(&room.files, room.spool.results(room.parent.batches[0]));
  assert_string_equal(room.retry().c_str(), "c: m0 m2 m3; m4 m5");
}

void canary_that_passed_needs_none(void**) {
  Room room;
  room.pack(many(5), 2);
  room.collect(0, "server_error");
  room.collect(1, "server_error");
  assert_string_equal(room.retry().c_str(), "m0 m1; m2 m3 m4");
}

void canary_that_is_asked_for_now_counts(void**) {
  Room plain;
  plain.pack(many(4), 0);
  plain.collect(0, "server_error");
  assert_string_equal(plain.retry(1).c_str(), "c: m0; m1 m2 m3");
  assert_true(std::count(plain.child.settings.begin(), plain.child.settings.end(),
                         std::pair<std::string, std::string>("canary", "1")) == 1);
  Room passed;
  passed.pack(many(4), 2);
  passed.collect(0, "server_error");
  passed.collect(1, "server_error");
  assert_string_equal(passed.retry(3).c_str(), "c: m0 m1 m2; m3");
}

// The size that the job was given, also where fewer requests of a model were there.
void size_is_that_of_the_job(void**) {
  Room room;
  room.pack({{"a", "one"}, {"b", "two"}, {"c", "two"}, {"d", "two"}}, 3);
  room.collect(0, "refused", "refused");
  room.collect(1, "missing", "refused");
  room.parent.settings = {{"canary", "2"}};
  assert_int_equal(br::canary_of_retry(room.parent, 0), 2);
  room.parent.settings.clear();
  assert_int_equal(br::canary_of_retry(room.parent, 0), 3);
  assert_int_equal(br::canary_of_retry(room.parent, 9), 9);
}

void verdict_that_was_never_given_is_none(void**) {
  Room room;
  room.pack(many(5), 2);
  room.collect(0, "cancelled", "");
  room.parent.batches[0].phase = Phase::refused;
  assert_int_equal(br::canary_of_retry(room.parent, 0), 2);
}

void each_model_that_the_vendor_mixes_is_tried(void**) {
  Room room("xai");
  room.pack({{"a1"},
             {"a2"},
             {"b1", "late"},
             {"r1", "m", "/v1/responses"},
             {"a3"},
             {"b2", "late"},
             {"r2", "m", "/v1/responses"}},
            1);
  assert_int_equal(room.parent.batches.size(), 4);
  room.collect(0, "refused", "refused");    // a1
  room.collect(1, "not_submitted");         // a2 a3 b2 r2
  room.collect(2, "abandoned", "refused");  // b1
  room.collect(3, "refused", "refused");    // r1
  assert_string_equal(room.retry().c_str(), "c: a1; c: r1; c: b2; a2 a3 r2");
  assert_true(room.child.batches[2].model == "late" && room.child.batches[0].model == "m");
  assert_true(room.child.batches[1].endpoint == br::Endpoint::responses);
  assert_true(room.child.batches[1].path == room.parent.batches[3].path);
}

// Sent again whole it is the same work as the input.
void retry_of_all_asks_what_the_parent_asks(void**) {
  for (const char* vendor : {"openai", "xai"}) {
    Room room(vendor);
    room.pack({{"a1"}, {"b1", "late"}, {"a2"}, {"b2", "late"}, {"a3"}}, 1);
    for (std::size_t part = 0; part < room.parent.batches.size(); ++part) room.collect(part, "refused", "refused");
    const auto before = br::input_of_files(room.spool, room.parent);
    room.retry(2);
    const auto after = br::input_of_files(room.spool, room.child);
    assert_true(before.ok() && after.ok());
    assert_string_equal(before->c_str(), after->c_str());
  }
}

// The retry behind a canary that passed has none, and its own retry may have one: the first of each model are the
// first.
void retry_of_a_retry_keeps_the_order_of_the_input(void**) {
  Room room("xai");
  room.pack({{"a1"}, {"a2"}, {"b1", "late"}, {"b2", "late"}, {"a3"}}, 1);
  for (std::size_t part = 0; part < room.parent.batches.size(); ++part) room.collect(part, "server_error");
  const auto asked = br::input_of_files(room.spool, room.parent);
  assert_string_equal(room.retry().c_str(), "a1; b1; a2 b2 a3");
  const auto again = br::input_of_files(room.spool, room.child);
  assert_true(asked.ok() && again.ok());
  assert_string_equal(asked->c_str(), again->c_str());
  room.parent = room.child;
  room.child = Job();
  room.child.id = "job_grandchild000000";
  for (std::size_t part = 0; part < room.parent.batches.size(); ++part) room.collect(part, "server_error");
  assert_string_equal(room.retry(2).c_str(), "c: a1 a2; c: b1 b2; a3");
}

void vendor_that_takes_no_small_batch_gets_none(void**) {
  Room room("bedrock");
  room.pack(many(350), 1);
  assert_true(room.parent.batches[0].rows == 100 && room.parent.batches[1].rows == 250);
  room.collect(0, "refused", "refused");
  room.collect(1, "not_submitted");
  room.retry();
  assert_true(room.child.batches.size() == 2 && room.child.batches[0].canary && room.child.batches[0].rows == 100);
  Room rest("bedrock");
  rest.pack(many(250), 1);
  rest.collect(0, "abandoned", "none of its requests was answered");
  rest.collect(1, "not_submitted");
  rest.retry();
  assert_true(rest.child.batches.size() == 1 && rest.child.batches[0].rows == 150 && rest.child.batches[0].canary);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(rows_of_the_canary_that_may_still_come_leave_the_next_ones_to_try),
      cmocka_unit_test(refused_canary_is_tried_again),
      cmocka_unit_test(canary_is_filled_up_from_the_rest),
      cmocka_unit_test(canary_that_passed_needs_none),
      cmocka_unit_test(canary_that_is_asked_for_now_counts),
      cmocka_unit_test(size_is_that_of_the_job),
      cmocka_unit_test(verdict_that_was_never_given_is_none),
      cmocka_unit_test(each_model_that_the_vendor_mixes_is_tried),
      cmocka_unit_test(retry_of_all_asks_what_the_parent_asks),
      cmocka_unit_test(retry_of_a_retry_keeps_the_order_of_the_input),
      cmocka_unit_test(vendor_that_takes_no_small_batch_gets_none),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
