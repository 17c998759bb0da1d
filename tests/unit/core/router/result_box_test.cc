// What is handed out of one job: each result once, those given back first, and nothing after the box is closed.
#include "core/router/result_box.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Delivered;
using br::PartProgress;
using br::ResultBox;
using Lines = std::vector<std::string>;

struct Room {
  explicit Room(const std::string& text, bool complete = true) {
    job.id = "job_a";
    br::RemoteBatch& batch = job.batches.emplace_back();
    batch.job_id = "job_a";
    batch.results.total = std::count(text.begin(), text.end(), '\n');
    auto file = files.create("/p0");
    assert_true(file.ok() && file->append(text).ok());
    feed->length = text.size();
    feed->complete = complete;
    box = std::make_unique<ResultBox>(job, br::Feeds{feed});
  }
  Lines look(std::size_t capacity) {
    taken.clear();
    last = box->look(capacity, &taken);
    Lines lines;
    for (const Delivered& each : taken) lines.push_back(each.line);
    return lines;
  }
  std::int64_t acked() {
    std::vector<PartProgress> progress;
    return box->consume_progress(&progress) ? progress.at(0).progress.acked_rows : -1;
  }

  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::Job job;
  std::shared_ptr<br::ResultFeed> feed = std::make_shared<br::ResultFeed>(&files, "/p0");
  std::unique_ptr<ResultBox> box;
  std::vector<Delivered> taken;
  ResultBox::Look last;
};

void as_many_as_fit_are_handed_out_and_the_end_is_told_once_all_are(void**) {
  Room room("one\ntwo\nthree\n");
  assert_true(room.look(2) == Lines({"one", "two"}));
  assert_true(room.last.is_full && !room.last.has_ended && room.last.fresh == 2);
  assert_true(room.look(2) == Lines({"three"}));
  assert_true(room.last.has_ended && !room.last.is_full && room.last.fresh == 1);
  assert_true(room.look(2).empty() && room.last.has_ended);
  assert_int_equal(room.box->handed(), 3);
}

void what_stands_there_already_counts_as_room_taken(void**) {
  Room room("one\ntwo\n");
  room.taken.resize(1);
  (void)room.box->look(2, &room.taken);
  assert_int_equal(room.taken.size(), 2);
  assert_string_equal(room.taken[1].line.c_str(), "one");
}

void file_that_may_grow_has_no_end(void**) {
  Room room("one\n", false);
  assert_true(room.look(5) == Lines({"one"}));
  assert_false(room.last.has_ended || room.last.is_full);
}

void result_given_back_is_the_next_one_and_not_fresh(void**) {
  Room room("one\ntwo\nthree\n");
  (void)room.look(2);
  assert_true(room.box->give_back(room.taken[0], false));
  assert_true(room.look(2) == Lines({"one", "three"}));
  assert_int_equal(room.last.fresh, 1);
}

// Whoever acknowledged it has it: handed out again it would be worked on twice.
void acknowledged_result_is_not_given_back(void**) {
  Room room("one\ntwo\n");
  (void)room.look(2);
  room.box->acknowledge(&room.taken[0], &room.taken[0] + 1);
  assert_false(room.box->give_back(room.taken[0], false));
  assert_true(room.look(2).empty());
  // With automatic acknowledgement that is how it is handed out.
  assert_true(room.box->give_back(Delivered{"one", "job_a", 0, 0, false, 0}, true));
  assert_true(room.look(2) == Lines({"one"}));
}

void only_the_unbroken_beginning_is_saved_as_acknowledged(void**) {
  Room room("one\ntwo\nthree\n");
  (void)room.look(3);
  const std::vector<Delivered> all = room.taken;
  (void)room.acked();
  room.box->acknowledge(&all[1], &all[1] + 1);
  room.box->acknowledge(&all[0], &all[0] + 1);
  assert_int_equal(room.acked(), 2);
  assert_int_equal(room.acked(), -1);
}

void result_given_back_is_not_acknowledged_with_all_others(void**) {
  Room room("one\ntwo\nthree\n");
  (void)room.look(3);
  assert_true(room.box->give_back(room.taken[1], false));
  room.box->acknowledge_all();
  assert_int_equal(room.acked(), 1);
  assert_true(room.look(3) == Lines({"two"}));
}

void first_handing_out_is_told_once(void**) {
  Room room("one\ntwo\n");
  assert_false(room.box->consume_first_handed());
  (void)room.look(1);
  assert_true(room.box->consume_first_handed());
  (void)room.look(1);
  assert_false(room.box->consume_first_handed());
}

// A damage behind good results does not hide them, and is told by itself.
void damage_is_told_after_what_stands_before_it(void**) {
  Room room("one\ntwo\n");
  room.disk.inject({br::test::FileCall::read, "/p0", 5, 0, -1});
  assert_true(room.look(3).empty());
  assert_true(room.last.error.has_value() && !room.last.is_full && !room.last.has_ended);
}

void closed_box_gives_takes_and_saves_nothing(void**) {
  Room room("one\ntwo\n");
  (void)room.look(1);
  const Delivered one = room.taken[0];
  room.box->acknowledge(&one, &one + 1);
  const auto progress = room.box->close();
  assert_int_equal(progress.at(0).progress.acked_rows, 1);
  assert_true(room.look(2).empty() && !room.last.has_ended);
  assert_false(room.box->give_back(one, true));
  assert_int_equal(room.acked(), -1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(as_many_as_fit_are_handed_out_and_the_end_is_told_once_all_are),
      cmocka_unit_test(what_stands_there_already_counts_as_room_taken),
      cmocka_unit_test(file_that_may_grow_has_no_end),
      cmocka_unit_test(result_given_back_is_the_next_one_and_not_fresh),
      cmocka_unit_test(acknowledged_result_is_not_given_back),
      cmocka_unit_test(only_the_unbroken_beginning_is_saved_as_acknowledged),
      cmocka_unit_test(result_given_back_is_not_acknowledged_with_all_others),
      cmocka_unit_test(first_handing_out_is_told_once),
      cmocka_unit_test(damage_is_told_after_what_stands_before_it),
      cmocka_unit_test(closed_box_gives_takes_and_saves_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
