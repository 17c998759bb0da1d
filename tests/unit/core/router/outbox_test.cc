// Every result is handed out once and none is forgotten, whoever reads, acknowledges or fetches again meanwhile.
#include "core/router/outbox.h"

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "batchrouter.h"
#include "support/cmocka.h"
#include "support/router_room.h"
#include "support/waiter.h"

namespace {

using br::Code;
using br::Delivered;
using br::Outbox;
using br::Result;
using br::Wait;
using br::test::Background;
using br::test::RouterRoom;

using Lines = std::vector<std::string>;

struct Room : RouterRoom {
  Room() { open(); }
  Outbox& box() { return parts->outbox; }
  // What there is now, up to so many: the lines, and in `taken` the results.
  Result<Wait> next(const std::string& id, std::size_t capacity) {
    taken.clear();
    return box().next(id, 0, capacity, &taken);
  }
  Lines take(const std::string& id, std::size_t capacity = 100) {
    const auto waited = next(id, capacity);
    if (!waited) return {"error: " + waited.error().message};
    if (*waited == Wait::ended) return {"ended"};
    Lines lines;
    for (const Delivered& each : taken) lines.push_back(each.line);
    return lines;
  }
  void save() {
    on_engine([this] { box().save_acknowledgements(br::Outbox::Save::at_once); });
  }
  void know(const std::string& id) { assert_true(parts->jobs.find(id).ok()); }
  std::vector<Delivered> taken;
};

void result_is_handed_out_once_over_several_readers(void**) {
  Room room;
  std::string text;
  constexpr int kRows = 300;
  for (int i = 0; i < kRows; ++i) text += "row " + std::to_string(i) + "\n";
  room.keep_finished("job_a", {text, text});
  room.know("job_a");
  room.run_engine();
  const auto read = [&room](const std::string& id) {
    std::vector<std::string> came;
    for (;;) {
      std::vector<Delivered> out;
      const auto waited = room.box().next(id, -1, 7, &out);
      if (!waited || *waited == Wait::ended) return came;
      for (const Delivered& each : out) {
        came.push_back(std::to_string(each.part) + each.line);
        room.box().acknowledge(each);
      }
    }
  };
  std::multiset<std::string> all;
  {
    Background<std::vector<std::string>> first([&] { return read("job_a"); }), second([&] { return read(""); }),
        third([&] { return read(""); });
    for (auto* reader : {&first, &second, &third}) {
      for (const std::string& line : reader->get()) all.insert(line);
    }
  }
  assert_int_equal(all.size(), 2 * kRows);
  assert_int_equal(std::set<std::string>(all.begin(), all.end()).size(), 2 * kRows);
  room.save();
  assert_true(br::is_settled(room.kept("job_a")));
}

// What is handed out is recorded, which would wait for an engine that an observer does not have.
void observer_is_refused_and_told_of_cursors(void**) {
  RouterRoom owner;
  owner.open();
  owner.keep_finished("job_a", {"row\n"});
  owner.set("state.mode", "observer");
  br::RouterState beside(&owner.world, &owner.events);
  assert_true(beside.open(owner.config).ok());
  const br::RouterBase base = {&owner.config, &owner.world, &owner.monitor, &owner.gate, &owner.events, &beside, &owner.prices};
  br::RouterParts parts(base, owner.world.make_transport({}), [](const char*) {});
  std::vector<Delivered> taken;
  for (const char* id : {"job_a", ""}) {
    const auto waited = parts.outbox.next(id, -1, 1, &taken);
    assert_false(waited.ok());
    assert_int_equal(waited.error().code, Code::locked);
    assert_non_null(std::strstr(waited.error().hint.c_str(), "br_results_open"));
  }
  assert_true(taken.empty());
}

void jobs_are_served_in_turn(void**) {
  Room room;
  room.run_engine();
  for (const char* id : {"job_a", "job_b", "job_c"}) {
    room.keep_finished(id, {std::string(id) + " 1\n" + id + " 2\n"});
    room.know(id);
  }
  Lines lines;
  for (int i = 0; i < 6; ++i) lines.push_back(room.take("", 1).front());
  assert_true(lines == Lines({"job_a 1", "job_b 1", "job_c 1", "job_a 2", "job_b 2", "job_c 2"}));
  assert_true(room.take("", 1) == Lines({"ended"}));
}

void end_comes_only_when_nothing_is_left(void**) {
  Room room;
  room.run_engine();
  room.keep_running("job_a");
  room.know("job_a");
  for (const char* id : {"", "job_a"}) assert_true(room.take(id).empty());
  room.grow("job_a", "one\n");
  assert_true(room.take("job_a") == Lines({"one"}));
  for (const char* id : {"", "job_a"}) assert_true(room.take(id).empty());
  room.grow("job_a", "two\n");
  room.finish("job_a");
  assert_true(room.take("") == Lines({"two"}));
  for (const char* id : {"", "job_a"}) assert_true(room.take(id) == Lines({"ended"}));
}

void job_that_is_not_there_is_not_found(void**) {
  Room room;
  const auto waited = room.next("job_x", 1);
  assert_true(!waited.ok() && waited.error().code == Code::not_found);
}

void blocked_job_is_told_when_nothing_can_come(void**) {
  Room room;
  room.run_engine();
  br::Job job = room.keep_running("job_a");
  room.know("job_a");
  room.grow("job_a", "one\n");
  assert_true(room.take("") == Lines({"one"}));
  job.batches[0].blocked = true;
  job.batches[0].error = br::Error(Code::auth, "the key is wrong");
  room.publish(job);
  room.grow("job_a", "two\n");
  assert_true(room.take("") == Lines({"two"}));
  for (const char* id : {"", "job_a"}) assert_true(room.take(id) == Lines({"error: the key is wrong"}));
}

// The other jobs go on; and at the end nobody is told that all is handed out.
void damage_is_told_once_and_instead_of_the_end(void**) {
  Room room;
  room.run_engine();
  br::Job damaged = room.finished_job("job_a", {"lost\n"});
  damaged.batches[0].results_sum = "another file's";
  room.keep(damaged, {"lost\n"});
  room.keep_finished("job_b", {"one\ntwo\n"});
  room.know("job_a");
  room.know("job_b");
  auto told = room.next("", 10);
  assert_true(!told.ok() && told.error().code == Code::store);
  assert_true(room.take("", 1) == Lines({"one"}));
  assert_true(room.take("", 1) == Lines({"two"}));
  told = room.next("", 1);
  assert_true(!told.ok() && told.error().code == Code::store);
  assert_false(room.next("job_a", 1).ok());
}

void damage_behind_other_results_does_not_hide_them(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\n"});
  br::Job damaged = room.finished_job("job_b", {"lost\n"});
  damaged.batches[0].results_sum = "another file's";
  room.keep(damaged, {"lost\n"});
  room.know("job_a");
  room.know("job_b");
  assert_true(room.take("") == Lines({"one"}));
  assert_false(room.next("", 10).ok());
}

void result_that_is_given_back_is_the_next_one(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\ntwo\nthree\n"});
  assert_true(room.take("job_a", 2) == Lines({"one", "two"}));
  const std::vector<Delivered> taken = room.taken;
  room.box().give_back(taken[1]);
  assert_true(room.take("job_a") == Lines({"two", "three"}));
  assert_true(room.take("job_a") == Lines({"ended"}));
  room.box().give_back(taken[0]);
  assert_true(room.take("") == Lines({"one"}));
  assert_int_equal(room.box().delivered(), 3);
}

void acknowledged_result_cannot_be_given_back(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\ntwo\n"});
  assert_true(room.take("job_a") == Lines({"one", "two"}));
  const std::vector<Delivered> taken = room.taken;
  room.box().acknowledge(taken[0]);
  room.box().acknowledge(taken[1]);
  for (const Delivered& each : taken) room.box().give_back(each);
  assert_true(room.take("job_a") == Lines({"ended"}));
}

void acknowledgement_counts_once_all_before_it_are(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\ntwo\nthree\n"});
  (void)room.take("job_a");
  const std::vector<Delivered> taken = room.taken;
  room.box().acknowledge(taken[1]);
  room.save();
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 0);
  room.box().acknowledge(taken[0]);
  room.save();
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 2);
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_bytes, 8);
  room.box().acknowledge(taken[0]);
  room.box().acknowledge(taken[2]);
  assert_true(room.box().has_unsaved());
  room.save();
  assert_false(room.box().has_unsaved());
  assert_true(br::is_settled(room.kept("job_a")));
}

void hand_out_is_on_disk_before_the_caller_sees_it(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\ntwo\n"});
  assert_true(room.take("job_a", 1) == Lines({"one"}));
  assert_true(room.kept("job_a").batches[0].progress.handed_rows > 1);
  assert_false(room.taken[0].redelivered);
  assert_int_equal(*room.box().handed("job_a"), 1);
}

void acknowledgements_wait_for_their_interval(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\ntwo\n"});
  (void)room.take("job_a");
  room.box().acknowledge(room.taken[0]);
  room.on_engine([&] { room.box().save_acknowledgements(br::Outbox::Save::when_due); });
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 0);
  room.in.clock->advance(room.config.integer("delivery.ack_interval_ms"));
  room.on_engine([&] { room.box().save_acknowledgements(br::Outbox::Save::when_due); });
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 1);
}

// A program may leave with it, without closing anything.
void last_result_of_a_job_is_durable_when_it_is_acknowledged(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\n", "two\nthree\n"});
  (void)room.take("job_a");
  const std::vector<Delivered> taken = room.taken;
  assert_int_equal(taken.size(), 3);
  for (const std::size_t i : {2U, 0U}) room.box().acknowledge(taken[i]);
  assert_false(br::is_settled(room.kept("job_a")));
  room.box().acknowledge(taken[1]);
  assert_true(br::is_settled(room.kept("job_a")));
}

void acknowledging_all_of_a_finished_job_settles_it(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\n", "two\nthree\n"});
  assert_true(room.take("job_a", 1).size() == 1);
  assert_true(room.box().acknowledge_all("job_a").ok());
  assert_true(br::is_settled(room.kept("job_a")));
  assert_int_equal(room.kept("job_a").batches[1].progress.acked_bytes, 10);
  assert_true(room.take("job_a") == Lines({"ended"}));
  assert_true(room.take("") == Lines({"ended"}));
}

// What is not collected yet was seen by nobody.
void acknowledging_all_of_a_running_job_counts_what_was_handed_out(void**) {
  Room room;
  room.run_engine();
  room.keep_running("job_a");
  room.know("job_a");
  room.grow("job_a", "one\ntwo\nthree\n");
  (void)room.take("job_a", 2);
  assert_true(room.box().acknowledge_all("job_a").ok());
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 2);
  assert_true(room.take("job_a") == Lines({"three"}));
}

// Nobody has it: after a crash it has to come again.
void result_that_was_given_back_is_not_acknowledged_with_all(void**) {
  Room room;
  room.run_engine();
  room.keep_running("job_a");
  room.know("job_a");
  room.grow("job_a", "one\ntwo\nthree\n");
  (void)room.take("job_a", 3);
  room.box().give_back(room.taken[1]);
  assert_true(room.box().acknowledge_all("job_a").ok());
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 1);
  assert_true(room.take("job_a") == Lines({"two"}));
  assert_true(room.box().acknowledge_all("job_a").ok());
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 3);
}

void damaged_results_are_not_acknowledged_at_once(void**) {
  Room room;
  room.run_engine();
  br::Job damaged = room.finished_job("job_a", {"lost\n"});
  damaged.batches[0].results_sum = "another file's";
  room.keep(damaged, {"lost\n"});
  const auto done = room.box().acknowledge_all("job_a");
  assert_true(!done.ok() && done.error().code == Code::store);
  assert_int_equal(room.kept("job_a").batches[0].progress.acked_rows, 0);
}

void acknowledging_all_of_a_job_that_is_removed_meanwhile_is_not_found(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\n"});
  room.in.database.at_repeat_of = [&] {
    assert_true(room.parts->jobs.begin_removal("job_a", [](const br::Job&) { return Result<void>(); }).ok());
  };
  const auto done = room.box().acknowledge_all("job_a");
  assert_true(!done.ok() && done.error().code == Code::not_found);
}

void after_a_pause_handing_out_begins_behind_what_was_acknowledged(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\ntwo\nthree\n"});
  (void)room.take("job_a", 2);
  room.box().acknowledge(room.taken[0]);
  {
    const Outbox::Pause pause(&room.box(), "job_a");
    assert_int_equal(pause.job().batches[0].progress.acked_rows, 1);
    for (const char* id : {"job_a", ""}) assert_true(room.take(id).empty());
    room.publish(pause.job());
  }
  assert_true(room.take("") == Lines({"two", "three"}));
  assert_true(room.taken[0].redelivered);
}

void after_a_pause_the_files_in_force_are_read(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"old\n"});
  assert_true(room.take("job_a") == Lines({"old"}));
  const Delivered old = room.taken[0];
  {
    const Outbox::Pause pause(&room.box(), "job_a");
    br::Job job = pause.job();
    job.batches[0].refetches = 1;
    room.write(room.state.spool().results(job.batches[0]), "new\n");
    room.publish(job);  // with the files that it names
  }
  // Of another file than the one in force.
  room.box().acknowledge(old);
  room.box().give_back(old);
  assert_true(room.take("job_a") == Lines({"new"}));
  assert_int_equal(room.taken[0].refetches, 1);
}

void end_of_a_pause_is_not_taken_for_the_end_of_all_results(void**) {
  Room room;
  room.run_engine();
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "row\n";
  room.keep_finished("job_a", {text});
  room.know("job_a");
  std::atomic<bool> stop{false}, has_ended{false};
  std::atomic<int> looks{0};
  Background<bool> reading([&] {
    while (!stop && !has_ended) {
      std::vector<Delivered> out;
      const auto waited = room.box().next("", 0, 1, &out);
      if (!waited || *waited == Wait::ended) has_ended = true;
      ++looks;
      if (!out.empty()) room.box().give_back(std::move(out[0]));
    }
    return has_ended.load();
  });
  for (int i = 0; i < 1000; ++i) {
    const Outbox::Pause pause(&room.box(), "job_a");
    // Until the reader has looked at the job in vain, so that it is not among those that have results.
    for (const int before = looks; looks < before + 2 && !has_ended;) std::this_thread::yield();
  }
  stop = true;
  assert_false(reading.get());
}

void results_arrived_is_told_when_there_were_none(void**) {
  Room room;
  room.run_engine();
  const auto arrived = [&] {
    room.poll();
    return room.events_of(BR_EVENT_RESULTS_ARRIVED);
  };
  room.keep_finished("job_a", {"one\n"});
  room.know("job_a");
  assert_int_equal(arrived(), 1);  // of an earlier process
  (void)room.take("job_a");
  room.keep_running("job_b");
  room.know("job_b");
  assert_int_equal(arrived(), 1);
  room.grow("job_b", "one\ntwo\n");
  assert_int_equal(arrived(), 2);
  room.grow("job_b", "three\n");
  assert_int_equal(arrived(), 2);
  (void)room.take("job_b", 1);
  room.grow("job_b", "four\n");
  assert_int_equal(arrived(), 2);
  assert_int_equal(room.take("").size(), 3);
  assert_int_equal(arrived(), 2);
  room.box().give_back(room.taken[0]);
  assert_int_equal(arrived(), 3);
}

// What happens at the moment a file is opened.
class HookedFiles : public br::test::FakeFiles {
 public:
  using FakeFiles::FakeFiles;
  br::Result<br::File> open_file(const std::string& path, br::OpenMode mode) override {
    if (at_open) at_open(path);
    return FakeFiles::open_file(path, mode);
  }
  std::function<void(const std::string& path)> at_open;
};

// A look that took nothing from those that have results is no reason to wait: nobody would tell of its end.
void look_without_anything_to_take_does_not_keep_others_from_the_end(void**) {
  RouterRoom room;
  HookedFiles files(&room.in.disk);
  room.world.files = &files;
  room.open().run_engine();
  room.keep_finished("job_a", {"one\n"});
  assert_true(room.parts->jobs.find("job_a").ok());
  std::vector<Delivered> out;
  assert_true(*room.parts->outbox.next("job_a", 0, 10, &out) == Wait::ready);
  // A second one looks at the job at the same moment; nobody announced its row.
  room.write(room.parts->jobs.results("job_a").feeds[0]->path, "one\ntwo\n");
  room.parts->jobs.results("job_a").feeds[0]->length = 8;
  std::optional<Wait> other;
  files.at_open = [&](const std::string& path) {
    if (!path.ends_with(".results.jsonl") || other) return;
    other = Wait::ready;
    std::vector<Delivered> none;
    other = *room.parts->outbox.next("", 0, 10, &none);
  };
  assert_true(*room.parts->outbox.next("job_a", 0, 10, &out) == Wait::ready);
  assert_true(other == Wait::ended);
}

void removed_job_hands_out_nothing(void**) {
  Room room;
  room.run_engine();
  room.keep_finished("job_a", {"one\ntwo\n"});
  (void)room.take("job_a", 1);
  const Delivered taken = room.taken[0];
  assert_true(room.parts->jobs.begin_removal("job_a", [](const br::Job&) { return Result<void>(); }).ok());
  room.box().remove("job_a");
  room.box().acknowledge(taken);
  room.box().give_back(taken);
  assert_true(room.take("") == Lines({"ended"}));
  assert_false(room.box().handed("job_a").has_value());
}

void automatic_acknowledgement_settles_what_was_handed_out(void**) {
  RouterRoom room;
  room.set("delivery.auto_ack", "1");
  room.open().run_engine();
  room.keep_finished("job_a", {"one\ntwo\n"});
  std::vector<Delivered> out;
  assert_true(*room.parts->outbox.next("job_a", 0, 10, &out) == Wait::ready);
  room.on_engine([&] { room.parts->outbox.save_acknowledgements(br::Outbox::Save::at_once); });
  assert_true(br::is_settled(room.kept("job_a")));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(result_is_handed_out_once_over_several_readers),
      cmocka_unit_test(observer_is_refused_and_told_of_cursors),
      cmocka_unit_test(jobs_are_served_in_turn),
      cmocka_unit_test(end_comes_only_when_nothing_is_left),
      cmocka_unit_test(job_that_is_not_there_is_not_found),
      cmocka_unit_test(blocked_job_is_told_when_nothing_can_come),
      cmocka_unit_test(damage_is_told_once_and_instead_of_the_end),
      cmocka_unit_test(damage_behind_other_results_does_not_hide_them),
      cmocka_unit_test(result_that_is_given_back_is_the_next_one),
      cmocka_unit_test(acknowledged_result_cannot_be_given_back),
      cmocka_unit_test(acknowledgement_counts_once_all_before_it_are),
      cmocka_unit_test(hand_out_is_on_disk_before_the_caller_sees_it),
      cmocka_unit_test(acknowledgements_wait_for_their_interval),
      cmocka_unit_test(last_result_of_a_job_is_durable_when_it_is_acknowledged),
      cmocka_unit_test(acknowledging_all_of_a_finished_job_settles_it),
      cmocka_unit_test(acknowledging_all_of_a_running_job_counts_what_was_handed_out),
      cmocka_unit_test(result_that_was_given_back_is_not_acknowledged_with_all),
      cmocka_unit_test(damaged_results_are_not_acknowledged_at_once),
      cmocka_unit_test(acknowledging_all_of_a_job_that_is_removed_meanwhile_is_not_found),
      cmocka_unit_test(after_a_pause_handing_out_begins_behind_what_was_acknowledged),
      cmocka_unit_test(after_a_pause_the_files_in_force_are_read),
      cmocka_unit_test(end_of_a_pause_is_not_taken_for_the_end_of_all_results),
      cmocka_unit_test(results_arrived_is_told_when_there_were_none),
      cmocka_unit_test(look_without_anything_to_take_does_not_keep_others_from_the_end),
      cmocka_unit_test(removed_job_hands_out_nothing),
      cmocka_unit_test(automatic_acknowledgement_settles_what_was_handed_out),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
