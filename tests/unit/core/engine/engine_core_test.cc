// What the parts of the engine share: events that reach only the run they are for, timers, whose key goes where, and
// whose a batch in a vendor's list is.
#include "core/engine/engine_core.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "batchrouter.h"
#include "support/part_room.h"

namespace {

using br::EventKind;
using br::Op;
using br::PartKey;
using br::Phase;
using br::test::PartRoom;

const PartKey kFirst{"job_a", 0}, kSecond{"job_a", 1}, kGone{"job_x", 0};

// A driver that only counts its stops.
class Stopped : public br::Driver {
 public:
  void tune(br::StepRules*) const override {}
  void call(Op, const br::Account&) override {}
  bool is_calling(Op) const override { return false; }
  bool poll_again() override { return false; }
  void probe(const br::Account&) override {}
  std::vector<br::Download> sources(const br::Account&) const override { return {}; }
  void bring(const br::Account&) override {}
  void stop_bringing() override {}
  void stop() override { ++stops; }
  void list(const br::Account&, std::int64_t, std::function<void(br::Result<br::Outcome>)>) override {}
  void delete_file(const br::Account&, const std::string&, Refused) override {}
  int stops = 0;
};

// Remembers what is told of jobs.
struct Teller : br::test::SilentListener {
  void job_event(std::int32_t event, const br::Job& job, const br::RemoteBatch*, const std::string&) override {
    events.emplace_back(event, job.id);
  }
  void store_failed(const br::Error& error) override { failures.push_back(error.message); }
  std::vector<std::pair<std::int32_t, std::string>> events;
  std::vector<std::string> failures;
};

// A core beside that of the room, that tells `teller`.
struct TellingRoom : PartRoom {
  Teller teller;
  br::EngineCore telling{{store.get(), &transport, &clock, &random, &executor, &teller, &spool, &config}};
};

br::RemoteStatus listed(const std::string& id, const std::string& marker) {
  br::RemoteStatus status;
  status.id = id;
  status.marker = marker;
  return status;
}

// Another job of the state directory has the batch of that id.
void insert_owner(PartRoom* room, const std::string& job_id, const std::string& batch_id) {
  br::Job job;
  job.id = job_id;
  br::RemoteBatch batch = room->batch();
  batch.job_id = job_id;
  batch.status.id = batch_id;
  job.batches.push_back(batch);
  assert_true(room->store->insert(job, nullptr).ok());
}

// The owners that the part is told with a list of such a batch.
std::vector<std::string> owners_of(PartRoom* room, const br::RemoteStatus& status) {
  br::Outcome outcome;
  outcome.listed.push_back(status);
  room->core.call_done(kFirst, Op::list, std::move(outcome));
  return room->event().outcome.owners;
}

void posted_work_of_any_thread_waits_for_the_loop(void**) {
  PartRoom room;
  int ran = 0;
  std::thread([&] { room.core.post([&ran] { ++ran; }); }).join();
  assert_int_equal(ran, 0);
  for (const auto& work : room.core.drain_posted()) work();
  assert_int_equal(ran, 1);
  assert_true(room.core.drain_posted().empty());
}

void part_that_is_not_there_is_not_found(void**) {
  PartRoom room;
  assert_non_null(room.core.part(kFirst));
  assert_null(room.core.part(kSecond));
  assert_null(room.core.part(kGone));
  assert_null(room.core.find("job_x"));
}

void events_come_in_the_order_in_which_they_happened(void**) {
  PartRoom room(2);
  room.core.push(kSecond, {.kind = EventKind::refresh});
  room.core.push(kFirst, {.kind = EventKind::done});
  auto event = room.core.next_event();
  assert_true(event && event->first == kSecond && event->second.kind == EventKind::refresh);
  event = room.core.next_event();
  assert_true(event && event->first == kFirst && event->second.kind == EventKind::done);
  assert_false(room.core.next_event().has_value());
}

void events_of_a_run_that_goes_are_dropped_and_no_others(void**) {
  PartRoom room;
  room.core.push(kFirst, {.kind = EventKind::done});
  room.core.push(kGone, {.kind = EventKind::refresh});
  room.core.push(kFirst, {.kind = EventKind::failed});
  room.core.drop_events("job_a");
  const auto event = room.core.next_event();
  assert_true(event && event->first == kGone);
  assert_false(room.core.next_event().has_value());
}

void timer_is_due_once_at_its_time(void**) {
  PartRoom room;
  assert_int_equal(room.core.idle_ms(), -1);
  room.core.set_timer(kFirst, room.clock.now_ms() + 100);
  assert_int_equal(room.core.idle_ms(), 100);
  room.clock.advance(99);
  assert_false(room.core.next_due().has_value());
  room.clock.advance(1);
  assert_int_equal(room.core.idle_ms(), 0);
  const auto due = room.core.next_due();
  assert_true(due && *due == kFirst);
  assert_false(room.core.next_due().has_value());
  assert_int_equal(room.part().timer_ms, -1);
}

void timer_that_is_set_anew_replaces_the_one_before(void**) {
  PartRoom room(2);
  const std::int64_t now = room.clock.now_ms();
  room.core.set_timer(kFirst, now + 10);
  room.core.set_timer(kFirst, now + 30);
  room.core.set_timer(kSecond, now + 20);
  assert_int_equal(room.core.idle_ms(), 20);
  room.clock.advance(30);
  assert_true(*room.core.next_due() == kSecond);
  assert_true(*room.core.next_due() == kFirst);
  assert_false(room.core.next_due().has_value());
}

void timer_that_is_taken_back_is_never_due(void**) {
  PartRoom room;
  room.core.set_timer(kFirst, room.clock.now_ms() + 10);
  room.core.set_timer(kFirst, -1);
  room.core.set_timer(kGone, room.clock.now_ms());  // there is nobody to wake
  room.clock.advance(10);
  assert_false(room.core.next_due().has_value());
  assert_int_equal(room.core.idle_ms(), -1);
}

void provider_that_this_build_lacks_has_no_account(void**) {
  PartRoom room;
  room.part().provider = nullptr;
  const auto account = room.core.account_of(kFirst);
  assert_int_equal(account.error().code, br::Code::no_provider);
}

// A state directory may come from anywhere: what it remembers is no reason to send a key there.
void key_does_not_go_to_an_address_that_is_only_remembered(void**) {
  PartRoom room;
  room.part().address_is_given = false;
  room.batch().base_url = "https://thief.example/v1";
  const auto account = room.core.account_of(kFirst);
  assert_false(account.ok());
  assert_int_equal(account.error().code, br::Code::auth);
  room.part().address_is_given = true;
  assert_true(room.core.account_of(kFirst).ok());
}

void account_is_resolved_once_until_it_is_forgotten(void**) {
  PartRoom room;
  assert_string_equal(room.core.account_of(kFirst)->api_key.c_str(), "the key");
  assert_true(room.core.find("job_a")->config.set("openai.api_key", "another").ok());
  assert_string_equal(room.core.account_of(kFirst)->api_key.c_str(), "the key");
  room.part().account.reset();
  assert_string_equal(room.core.account_of(kFirst)->api_key.c_str(), "another");
}

void batch_of_another_job_is_told_with_its_owner(void**) {
  PartRoom room;
  room.batch().marker = "ours";
  insert_owner(&room, "job_b", "batch_9");
  assert_string_equal(owners_of(&room, listed("batch_9", "ours")).at(0).c_str(), "job_b");
}

void batch_of_nobody_and_of_the_job_itself_has_no_other_owner(void**) {
  PartRoom room;
  room.batch().marker = "ours";
  insert_owner(&room, "job_a", "batch_9");
  for (const char* id : {"batch_8", "batch_9"})
    assert_string_equal(owners_of(&room, listed(id, "ours")).at(0).c_str(), "");
}

void batch_at_another_address_is_another(void**) {
  PartRoom room;
  room.batch().marker = "ours";
  insert_owner(&room, "job_b", "batch_9");
  room.batch().base_url = "https://other.example/v1";
  assert_string_equal(owners_of(&room, listed("batch_9", "ours")).at(0).c_str(), "");
}

// Where likeness says where to look, every batch of the list may be somebody's.
void owner_is_asked_for_where_batches_are_found_by_their_shape(void**) {
  PartRoom room;
  insert_owner(&room, "job_b", "batch_9");
  assert_string_equal(owners_of(&room, listed("batch_9", "")).at(0).c_str(), "");
  room.part().rules.match_by_shape = true;
  assert_string_equal(owners_of(&room, listed("batch_9", "")).at(0).c_str(), "job_b");
}

void probed_batch_is_told_with_its_owner_status_and_proof(void**) {
  PartRoom room;
  room.batch().marker = "ours";
  insert_owner(&room, "job_b", "batch_9");
  room.core.probed(kFirst, listed("batch_9", "ours"), br::RowProof::ours);
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::probed && event.proof == br::RowProof::ours);
  assert_string_equal(event.outcome.status->id.c_str(), "batch_9");
  assert_string_equal(event.outcome.owners.at(0).c_str(), "job_b");
}

void call_that_failed_unsent_was_not_executed(void**) {
  PartRoom room;
  room.core.call_failed(kFirst, Op::create, br::Error(br::Code::network, "lost"), true);
  assert_false(room.event().error.not_executed);
  room.core.call_failed(kFirst, Op::create, br::Error(br::Code::network, "lost"), false);
  assert_true(room.event().error.not_executed);
}

// A full queue at the vendor is worth waiting for while batches of ours are in it.
void create_that_failed_tells_whether_others_of_its_account_run(void**) {
  struct Case {
    const char* name;
    void (*change)(br::RemoteBatch* other);
    Op op;
    bool expected;
  };
  const auto as_it_is = [](br::RemoteBatch*) {};
  const Case cases[] = {
      {"running", as_it_is, Op::create, true},
      {"not a create call", as_it_is, Op::upload, false},
      {"collected", [](br::RemoteBatch* other) { other->phase = Phase::collected; }, Op::create, false},
      {"another provider", [](br::RemoteBatch* other) { other->provider = "groq"; }, Op::create, false},
      {"another address", [](br::RemoteBatch* other) { other->base_url = "https://b.example"; }, Op::create, false},
      {"another key", [](br::RemoteBatch* other) { other->account = "team"; }, Op::create, false},
  };
  for (const Case& each : cases) {
    PartRoom room(2);
    room.batch(0).phase = Phase::running;  // the asking part itself does not count
    room.batch(1).phase = Phase::running;
    each.change(&room.batch(1));
    room.core.call_failed(kFirst, each.op, br::Error(br::Code::quota, "full"), true);
    if (room.event().others_run != each.expected) fail_msg("%s", each.name);
  }
}

void fetch_that_failed_tells_how_far_it_came(void**) {
  PartRoom room;
  room.core.fetch_failed(kFirst, br::Error(br::Code::network, "lost"), 12);
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::fetch_failed);
  assert_int_equal(event.bytes, 12);
}

void events_of_a_refetch_are_told_of_its_job_where_they_matter(void**) {
  TellingRoom room;
  br::Run& run = *room.core.find("job_a");
  room.telling.tell_event(run, BR_EVENT_JOB_DONE, run.job.batches[0], "");
  assert_int_equal(room.teller.events.size(), 1);
  run.refetch = std::make_unique<br::RefetchOrder>();
  run.refetch->job_id = "job_b";
  room.telling.tell_event(run, BR_EVENT_JOB_DONE, run.job.batches[0], "");
  assert_int_equal(room.teller.events.size(), 1);
  room.telling.tell_event(run, BR_EVENT_WARNING, run.job.batches[0], "");
  assert_int_equal(room.teller.events.size(), 2);
  assert_string_equal(room.teller.events[1].second.c_str(), "job_b");
}

// What cannot be written down must not be paid for.
void store_that_fails_stops_every_part_and_timer(void**) {
  TellingRoom room;
  auto run = std::make_unique<br::Run>();
  run->job.id = "job_a";
  run->job.batches.resize(2);
  run->parts.resize(2);
  const auto driver = std::make_shared<Stopped>();
  run->parts[1].driver = driver;  // the first has none, as where the provider is gone
  room.telling.runs["job_a"] = std::move(run);
  room.telling.set_timer(kFirst, room.clock.now_ms());
  assert_false(room.telling.store_failed());
  room.telling.fail_store(br::Error(br::Code::store, "no room"));
  assert_true(room.telling.store_failed());
  assert_int_equal(driver->stops, 1);
  assert_false(room.telling.next_due().has_value());
  assert_int_equal(room.teller.failures.size(), 1);
  assert_string_equal(room.teller.failures[0].c_str(), "no room");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(posted_work_of_any_thread_waits_for_the_loop),
      cmocka_unit_test(part_that_is_not_there_is_not_found),
      cmocka_unit_test(events_come_in_the_order_in_which_they_happened),
      cmocka_unit_test(events_of_a_run_that_goes_are_dropped_and_no_others),
      cmocka_unit_test(timer_is_due_once_at_its_time),
      cmocka_unit_test(timer_that_is_set_anew_replaces_the_one_before),
      cmocka_unit_test(timer_that_is_taken_back_is_never_due),
      cmocka_unit_test(provider_that_this_build_lacks_has_no_account),
      cmocka_unit_test(key_does_not_go_to_an_address_that_is_only_remembered),
      cmocka_unit_test(account_is_resolved_once_until_it_is_forgotten),
      cmocka_unit_test(batch_of_another_job_is_told_with_its_owner),
      cmocka_unit_test(batch_of_nobody_and_of_the_job_itself_has_no_other_owner),
      cmocka_unit_test(batch_at_another_address_is_another),
      cmocka_unit_test(owner_is_asked_for_where_batches_are_found_by_their_shape),
      cmocka_unit_test(probed_batch_is_told_with_its_owner_status_and_proof),
      cmocka_unit_test(call_that_failed_unsent_was_not_executed),
      cmocka_unit_test(create_that_failed_tells_whether_others_of_its_account_run),
      cmocka_unit_test(fetch_that_failed_tells_how_far_it_came),
      cmocka_unit_test(events_of_a_refetch_are_told_of_its_job_where_they_matter),
      cmocka_unit_test(store_that_fails_stops_every_part_and_timer),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
