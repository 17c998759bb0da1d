// A batch in the vendor's list is taken for ours only when its own rows say so, and is foreign only when they say that.
#include "core/engine/http_probe.h"

#include <memory>
#include <string>

#include "core/results/id_file.h"
#include "support/part_room.h"

namespace {

using br::Code;
using br::EventKind;
using br::RowProof;
using br::test::answer_of;
using br::test::PartRoom;
using br::test::row_of;

// The answer to a poll says how far the batch is.
class StatusApi : public br::test::SmallApi {
 public:
  br::Result<br::RemoteStatus> read_poll(const br::CallContext& context,
                                         const br::HttpResponse& response) const override {
    auto status = SmallApi::read_poll(context, response);
    if (status) status->state = state;
    return status;
  }
  br::State state = br::State::completed;
};

// A part with the requests "a" and "b", whose batch is looked for: the list shows "batch_x".
struct Room : PartRoom {
  Room() {
    br::IdSum sum;
    std::string ids;
    for (const char* line : {"\"a\" 1", "\"b\" 2"}) sum.add(line), ids.append(line).push_back('\n');
    write(spool.ids("job_a", 0), ids + sum.last_line() + "\n");
    batch().ids_sum = sum.last_line();
    batch().rows = 2;
    part().rules.match_by_shape = true;
    part().track.search.candidates.emplace_back().id = "batch_x";
    vendor->files = {br::test::SmallApi::file("/rows")};
  }
  void begin() { probe->probe(account()); }
  // It has ended, and its rows come.
  br::Event judged(const std::string& rows) {
    begin();
    transport.answer(answer_of(200, "batch_x"));
    const bool goes_on = transport.bring(answer_of(200), rows);
    br::HttpResponse end = answer_of(200);
    if (!goes_on) end.failure = br::Failure::local;
    transport.answer(std::move(end));
    return event();
  }

  StatusApi* const vendor = new StatusApi;  // the provider's
  const br::Provider listed{std::make_unique<br::test::SmallDialect>(), std::unique_ptr<const br::HttpApi>(vendor)};
  std::shared_ptr<br::HttpProbe> probe =
      std::make_shared<br::HttpProbe>(br::PartContext{&core, &http, {"job_a", 0}, &listed});
};

void candidate_is_asked_and_not_the_batch_that_the_part_has(void**) {
  Room room;
  room.begin();
  assert_int_equal(room.transport.sent.size(), 1);
  assert_string_equal(room.transport.sent[0].url.c_str(), "https://vendor.example/v1/batches/batch_x");
  assert_string_equal(room.transport.sent[0].method.c_str(), "GET");
}

void rows_with_our_ids_are_ours(void**) {
  Room room;
  const br::Event event = room.judged(row_of("a") + row_of("b"));
  assert_true(event.kind == EventKind::probed && event.proof == RowProof::ours);
  assert_string_equal(event.outcome.status->id.c_str(), "batch_x");
}

void rows_with_other_ids_are_somebody_elses(void**) {
  Room room;
  const br::Event event = room.judged(row_of("x") + row_of("y"));
  assert_true(event.kind == EventKind::probed && event.proof == RowProof::foreign);
}

void no_row_proves_nothing(void**) {
  Room room;
  const br::Event event = room.judged("");
  assert_true(event.kind == EventKind::probed && event.proof == RowProof::none);
}

// A download that broke off before it proved anything says nothing of whose batch it is: it is looked at again.
void rows_that_broke_off_are_a_failure_and_no_proof(void**) {
  Room room;
  room.begin();
  room.transport.answer(answer_of(200, "batch_x"));
  br::HttpResponse lost;
  lost.failure = br::Failure::broken;
  room.transport.answer(std::move(lost));
  assert_true(room.event().kind == EventKind::probe_failed);
}

void rows_that_are_gone_prove_nothing(void**) {
  for (const int status : {404, 410}) {
    Room room;
    room.begin();
    room.transport.answer(answer_of(200, "batch_x"));
    room.transport.answer(answer_of(status));
    const br::Event event = room.event();
    assert_true(event.kind == EventKind::probed && event.proof == RowProof::none);
  }
}

void candidate_that_still_runs_is_told_without_proof(void**) {
  Room room;
  room.vendor->state = br::State::in_progress;
  room.begin();
  room.transport.answer(answer_of(200, "batch_x"));
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::probed && event.proof == RowProof::none);
  assert_int_equal(room.transport.sent.size(), 1);
}

// Where a marker tells, no rows are read.
void vendor_with_markers_is_asked_for_the_batch_only(void**) {
  Room room;
  room.part().rules.match_by_shape = false;
  room.begin();
  room.transport.answer(answer_of(200, "batch_x"));
  assert_true(room.event().kind == EventKind::probed);
  assert_int_equal(room.transport.active(), 0);
}

void candidate_that_is_gone_stays_in_doubt_and_other_refusals_are_failures(void**) {
  Room room;
  room.begin();
  room.transport.answer(answer_of(404));
  const br::Event gone = room.event();
  assert_true(gone.kind == EventKind::probed && gone.proof == RowProof::none);
  assert_string_equal(gone.outcome.status->id.c_str(), "batch_x");
  room.begin();
  room.transport.answer(answer_of(401));
  const br::Event refused = room.event();
  assert_true(refused.kind == EventKind::probe_failed && refused.error.code == Code::auth);
}

// Without our ids nothing can be compared: that is no proof that it is another's.
void damaged_ids_are_a_failure(void**) {
  Room room;
  room.write(room.spool.ids("job_a", 0), "zz\n");
  room.begin();
  room.transport.answer(answer_of(200, "batch_x"));
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::probe_failed && event.error.code == Code::store);
  assert_int_equal(room.transport.active(), 0);
}

void batch_of_another_job_is_told_with_its_owner(void**) {
  Room room;
  br::Job other;
  other.id = "job_b";
  other.provider = "openai";
  other.batches.push_back(room.batch());
  other.batches[0].job_id = "job_b";
  other.batches[0].status.id = "batch_x";
  assert_true(room.store->insert(other, nullptr).ok());
  const br::Event event = room.judged(row_of("a"));
  assert_int_equal(event.outcome.owners.size(), 1);
  assert_string_equal(event.outcome.owners[0].c_str(), "job_b");
}

void one_look_at_a_time_and_none_after_the_stop(void**) {
  Room room;
  room.begin();
  room.begin();
  assert_int_equal(room.transport.sent.size(), 1);
  room.probe->stop();
  assert_int_equal(room.transport.active(), 0);
  assert_true(room.is_quiet());
  room.begin();
  room.transport.answer(answer_of(200, "batch_x"));
  room.probe.reset();
  room.transport.answer(answer_of(200));
  assert_true(room.is_quiet());
}

void search_that_ended_meanwhile_is_told_nothing(void**) {
  Room room;
  room.begin();
  room.part().track.search = {};
  room.transport.answer(answer_of(200, "batch_x"));
  assert_true(room.is_quiet());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(candidate_is_asked_and_not_the_batch_that_the_part_has),
      cmocka_unit_test(rows_with_our_ids_are_ours),
      cmocka_unit_test(rows_with_other_ids_are_somebody_elses),
      cmocka_unit_test(no_row_proves_nothing),
      cmocka_unit_test(rows_that_broke_off_are_a_failure_and_no_proof),
      cmocka_unit_test(rows_that_are_gone_prove_nothing),
      cmocka_unit_test(candidate_that_still_runs_is_told_without_proof),
      cmocka_unit_test(vendor_with_markers_is_asked_for_the_batch_only),
      cmocka_unit_test(candidate_that_is_gone_stays_in_doubt_and_other_refusals_are_failures),
      cmocka_unit_test(damaged_ids_are_a_failure),
      cmocka_unit_test(batch_of_another_job_is_told_with_its_owner),
      cmocka_unit_test(one_look_at_a_time_and_none_after_the_stop),
      cmocka_unit_test(search_that_ended_meanwhile_is_told_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
