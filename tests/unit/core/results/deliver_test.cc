// The results of one job are handed out in turn over its batches, and acknowledged in whatever order they come back.
#include "core/results/deliver.h"

#include <deque>
#include <string>
#include <vector>

#include "core/results/result_file.h"
#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Delivered;
using br::Delivery;
using br::Job;
using br::ResultFeed;

struct Room {
  // A batch of a job, with its results file.
  void add(const std::string& text, std::int64_t acked_rows = 0, std::int64_t acked_bytes = 0) {
    br::RemoteBatch& batch = job.batches.emplace_back();
    batch.part = static_cast<std::int32_t>(job.batches.size() - 1);
    batch.progress.acked_rows = acked_rows;
    batch.progress.acked_bytes = acked_bytes;
    const std::string path = "/p" + std::to_string(batch.part);
    auto file = files.create(path);
    assert_true(file.ok() && file->append(text).ok());
    feeds.push_back(std::make_shared<ResultFeed>(&files, path));
    feeds.back()->length = text.size();
    feeds.back()->complete = true;
  }
  Delivery& open() {
    job.id = "job_a";
    delivery = std::make_unique<Delivery>(job, feeds);
    return *delivery;
  }
  std::string next() {
    auto more = delivery->next(&last);
    if (!more) return "error";
    return *more ? last.line : "";
  }
  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  Job job;
  std::vector<std::shared_ptr<ResultFeed>> feeds;
  std::unique_ptr<Delivery> delivery;
  Delivered last;
};

void every_result_of_every_batch_comes_once(void**) {
  Room room;
  room.add("one\ntwo\n");
  room.add("");
  room.add("three\n");
  Delivery& delivery = room.open();
  assert_true(room.next() == "one" && room.last.part == 0 && room.last.row == 0 && room.last.job_id == "job_a");
  assert_true(room.next() == "two" && room.last.row == 1);
  assert_false(delivery.ended());
  assert_true(room.next() == "three" && room.last.part == 2 && room.last.row == 0);
  assert_true(room.next().empty());
  assert_true(delivery.ended());
  assert_int_equal(delivery.handed(), 3);
}

void file_that_grows_is_read_on(void**) {
  Room room;
  room.add("one\n");
  room.feeds[0]->complete = false;
  Delivery& delivery = room.open();
  assert_true(room.next() == "one");
  assert_true(room.next().empty());
  assert_false(delivery.ended());
  auto file = room.files.open_append("/p0");
  assert_true(file->append("two\nnot announced\n").ok());
  assert_true(room.next().empty());
  room.feeds[0]->length = 8;
  assert_true(room.next() == "two" && room.last.row == 1);
  assert_true(room.next().empty());
  room.feeds[0]->complete = true;
  assert_true(room.next().empty());
  assert_true(delivery.ended());
}

void handing_out_begins_behind_what_was_acknowledged(void**) {
  Room room;
  room.add("one\ntwo\nthree\n", 1, 4);
  room.job.batches[0].progress.handed_rows = 2;
  room.open();
  assert_true(room.next() == "two" && room.last.row == 1 && room.last.redelivered);
  assert_true(room.next() == "three" && !room.last.redelivered);
}

void acknowledgement_counts_when_all_before_it_are(void**) {
  Room room;
  room.add("one\ntwo\nthree\n");
  Delivery& delivery = room.open();
  while (!room.next().empty()) {
  }
  std::vector<br::PartProgress> progress;
  assert_true(delivery.consume_progress(&progress));
  assert_false(delivery.consume_progress(&progress));
  delivery.acknowledge(0, 1, 0);
  assert_false(delivery.consume_progress(&progress));
  assert_true(delivery.is_open(0, 0, 0));
  assert_false(delivery.is_open(0, 1, 0));
  delivery.acknowledge(0, 0, 0);
  assert_true(delivery.consume_progress(&progress));
  assert_true(progress[0].progress.acked_rows == 2 && progress[0].progress.acked_bytes == 8);
  delivery.acknowledge(0, 2, 0);
  assert_true(delivery.progress()[0].progress.acked_bytes == 14);
}

void acknowledgement_of_what_was_not_handed_out_counts_nothing(void**) {
  Room room;
  room.add("one\ntwo\n");
  room.add("three\n");
  Delivery& delivery = room.open();
  assert_true(room.next() == "one");
  delivery.acknowledge(0, 1, 0);
  delivery.acknowledge(0, -1, 0);
  delivery.acknowledge(1, 0, 0);
  delivery.acknowledge(7, 0, 0);
  delivery.acknowledge(0, 0, 1);  // of another file
  assert_int_equal(delivery.progress()[0].progress.acked_rows, 0);
  delivery.acknowledge(0, 0, 0);
  delivery.acknowledge(0, 0, 0);
  assert_int_equal(delivery.progress()[0].progress.acked_rows, 1);
  assert_false(delivery.is_open(0, 0, 0));
}

void acknowledging_all_is_what_was_handed_out(void**) {
  Room room;
  room.add("one\ntwo\n");
  Delivery& delivery = room.open();
  assert_true(room.next() == "one");
  delivery.acknowledge_all({});
  assert_int_equal(delivery.progress()[0].progress.acked_rows, 1);
  assert_true(room.next() == "two");
}

void acknowledging_all_leaves_out_what_was_given_back(void**) {
  Room room;
  room.add("one\ntwo\nthree\n");
  Delivery& delivery = room.open();
  std::deque<Delivered> taken;
  while (!room.next().empty()) taken.push_back(room.last);
  Delivered elsewhere = taken[0];
  elsewhere.refetches = 1;  // of another file
  delivery.acknowledge_all({taken[1], elsewhere});
  assert_int_equal(delivery.progress()[0].progress.acked_rows, 1);
  assert_true(delivery.is_open(0, 1, 0));
  assert_false(delivery.is_open(0, 2, 0));
  delivery.acknowledge(0, 1, 0);
  assert_int_equal(delivery.progress()[0].progress.acked_rows, 3);
}

void first_hand_out_is_told_once(void**) {
  Room room;
  room.add("one\ntwo\n");
  Delivery& delivery = room.open();
  assert_false(delivery.consume_first_handed());
  (void)room.next();
  assert_true(delivery.consume_first_handed());
  (void)room.next();
  assert_false(delivery.consume_first_handed());
  // Saved once for all rows: each of them may have been handed out.
  assert_true(delivery.progress()[0].progress.handed_rows > 2);
}

void damaged_file_hands_out_nothing(void**) {
  Room room;
  room.add("one\n");
  room.feeds[0]->sum = "another";
  room.open();
  assert_true(room.next() == "error");
  assert_true(room.next() == "error");
  const auto sum = br::sum_of_file(&room.files, "/p0");
  assert_true(sum.ok());
  room.feeds[0]->sum = *sum;
  room.open();
  assert_true(room.next() == "one");
  assert_true(room.feeds[0]->checked);
}

void file_that_cannot_be_read_is_told_and_read_later(void**) {
  Room room;
  room.add("one\n");
  room.open();
  room.disk.inject({br::test::FileCall::open, "/p0", 24});
  assert_true(room.next() == "error");
  assert_true(room.next() == "one");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_result_of_every_batch_comes_once),
      cmocka_unit_test(file_that_grows_is_read_on),
      cmocka_unit_test(handing_out_begins_behind_what_was_acknowledged),
      cmocka_unit_test(acknowledgement_counts_when_all_before_it_are),
      cmocka_unit_test(acknowledgement_of_what_was_not_handed_out_counts_nothing),
      cmocka_unit_test(acknowledging_all_is_what_was_handed_out),
      cmocka_unit_test(acknowledging_all_leaves_out_what_was_given_back),
      cmocka_unit_test(first_hand_out_is_told_once),
      cmocka_unit_test(damaged_file_hands_out_nothing),
      cmocka_unit_test(file_that_cannot_be_read_is_told_and_read_later),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
