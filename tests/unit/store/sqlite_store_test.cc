// What was removed stays removed, and damage is said instead of taken for less work.
#include "store/sqlite_store.h"

#include "store/journal.h"
#include "store/record.h"
#include "store/wal_check.h"
#include "support/cmocka.h"
#include "support/scratch.h"
#include "sys/file_system.h"

namespace {

br::Job job_of(const std::string& id, int parts) {
  br::Job job;
  job.id = id;
  job.provider = "openai";
  for (int i = 0; i < parts; ++i) {
    br::RemoteBatch batch;
    batch.job_id = id;
    batch.provider = "openai";
    batch.part = i;
    batch.rows = 3;
    job.batches.push_back(batch);
  }
  return job;
}

std::unique_ptr<br::Store> open(const Scratch& scratch) {
  auto opened = br::open_sqlite_store(br::posix_files(), scratch.file("state.db"), false);
  assert_true(opened.ok());
  return std::move(*opened);
}

void job_removed_stays_removed_by_late_saves(void**) {
  const Scratch scratch;
  const auto store = open(scratch);
  const br::Job job = job_of("job_a", 2);
  assert_true(store->insert(job, nullptr).ok());
  assert_true(store->remove("job_a").ok());
  assert_true(store->save_batches(job.batches).ok());
  assert_true(store->save_job(job).ok());
  assert_true(store->load("job_a").error().code == br::Code::not_found);
  assert_int_equal(*store->count(), 0);
  // Nor has it left batches that a job of the same id would find.
  br::Job bare = job_of("job_a", 0);
  assert_true(store->insert(bare, nullptr).ok());
  assert_true(store->load("job_a").error().code == br::Code::store);
}

void job_without_its_batches_is_damaged(void**) {
  const Scratch scratch;
  const auto store = open(scratch);
  br::Job job = job_of("job_a", 2);
  assert_true(store->insert(job, nullptr).ok());
  job.batches.push_back(job_of("job_a", 3).batches.back());
  assert_true(store->save_job(job).ok());  // says three
  auto loaded = store->load("job_a");
  assert_false(loaded.ok());
  assert_true(loaded.error().code == br::Code::store);
  assert_true(loaded.error().message.find("job_a") != std::string::npos);
}

// Replaces bytes of the file while nobody has it open.
void change_file(const std::string& path, const std::string& from, const std::string& to) {
  std::string text = read_text(path);
  std::size_t found = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()), ++found)
    text.replace(at, from.size(), to);
  assert_true(found > 0);
  std::ofstream(path, std::ios::binary) << text;
}

void record_with_a_changed_byte_is_damaged(void**) {
  const Scratch scratch;
  assert_true(open(scratch)->insert(job_of("job_a", 1), nullptr).ok());
  change_file(scratch.file("state.db"), "\"rows\":3", "\"rows\":2");
  const auto store = open(scratch);
  auto loaded = store->load("job_a");
  assert_false(loaded.ok());
  assert_true(loaded.error().code == br::Code::store);
  assert_false(store->list("", 0).ok());
}

void unfinished_job_is_never_hidden_by_a_flipped_bit(void**) {
  const Scratch scratch;
  assert_true(open(scratch)->insert(job_of("job_a", 1), nullptr).ok());
  change_file(scratch.file("state.db"), "\"settled\":false", "\"settled\":true ");
  assert_false(open(scratch)->unsettled_ids().ok());
}

void record_of_an_older_version_is_read(void**) {
  std::string record = br::write_batch_record(job_of("job_a", 1).batches[0]);
  assert_true(br::read_batch_record(record).ok());
  const std::size_t at = record.find(",\"checked\":true");
  record.erase(at, sizeof ",\"checked\":true" - 1);
  record.replace(record.find(",\"sum\":"), std::string::npos, "}");
  assert_true(br::read_batch_record(record).ok());
}

void journal_gives_the_last_word_on_each_batch(void**) {
  const Scratch scratch;
  const std::string path = scratch.file("job.jsonl");
  br::Job job = job_of("job_a", 2);
  assert_true(br::write_journal(br::posix_files(), path, job).ok());
  job.batches[1].phase = br::Phase::running;
  job.batches[1].status.id = "batch_1";
  assert_true(br::append_to_journal(br::posix_files(), path, br::write_batch_record(job.batches[1])).ok());
  auto read = br::read_journal(br::posix_files(), path, "job_a");
  assert_true(read.ok() && read->has_value());
  assert_int_equal((*read)->batches.size(), 2);
  assert_true((*read)->batches[0].phase == br::Phase::planned);
  assert_true((*read)->batches[1].status.id == "batch_1");
  // Whatever is cut off from its end, it is whole, or older, or not there: never a job with fewer batches.
  const std::string text = read_text(path);
  for (std::size_t size = 0; size < text.size(); ++size) {
    scratch.write("job.jsonl", text.substr(0, size));
    read = br::read_journal(br::posix_files(), path, "job_a");
    assert_true(read.ok());
    if (*read) assert_int_equal((*read)->batches.size(), 2);
  }
  // A flipped bit is never believed.
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string flipped = text;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    scratch.write("job.jsonl", flipped);
    read = br::read_journal(br::posix_files(), path, "job_a");
    if (read.ok() && *read) {
      assert_int_equal((*read)->batches.size(), 2);
      assert_int_equal((*read)->batches[0].rows, 3);
    }
  }
}

// Copied or appended by hand: a record of another job is none of this one's.
void journal_with_records_of_another_job_gives_its_own(void**) {
  const Scratch scratch;
  const std::string path = scratch.file("job.jsonl");
  assert_true(br::write_journal(br::posix_files(), path, job_of("job_b", 2)).ok());
  const std::string others = read_text(path);
  assert_false(br::read_journal(br::posix_files(), path, "job_a").ok());
  assert_true(br::write_journal(br::posix_files(), path, job_of("job_a", 2)).ok());
  scratch.write("job.jsonl", read_text(path) + others);
  const auto read = br::read_journal(br::posix_files(), path, "job_a");
  assert_true(read.ok() && read->has_value());
  assert_string_equal((*read)->id.c_str(), "job_a");
  assert_int_equal((*read)->batches.size(), 2);
  for (const br::RemoteBatch& batch : (*read)->batches) assert_string_equal(batch.job_id.c_str(), "job_a");
}

void batch_is_told_by_its_address_as_well(void**) {
  const Scratch scratch;
  const auto store = open(scratch);
  br::Job job = job_of("job_a", 1);
  job.batches[0].base_url = "http://one/v1";
  job.batches[0].status.id = "batch_1";
  assert_true(store->insert(job, nullptr).ok());
  const std::string provider = job.batches[0].provider;
  assert_string_equal(store->owner_of(provider, "http://one/v1", "batch_1")->c_str(), "job_a");
  assert_string_equal(store->owner_of(provider, "http://two/v1", "batch_1")->c_str(), "");
  assert_string_equal(store->owner_of("other", "http://one/v1", "batch_1")->c_str(), "");
}

void job_with_a_batch_that_is_not_collected_is_not_done(void**) {
  const Scratch scratch;
  const auto store = open(scratch);
  br::Job job = job_of("job_a", 2);
  job.done = true;
  job.batches[0].phase = br::Phase::collected;
  job.batches[1].phase = br::Phase::running;
  assert_true(store->insert(job, nullptr).ok());
  assert_false(store->load("job_a")->done);
  job.batches[1].phase = br::Phase::collected;
  assert_true(store->save_batches(job.batches).ok());
  assert_true(store->load("job_a")->done);
}

void log_with_a_bad_frame_is_said(void**) {
  const Scratch scratch;
  const std::string wal = scratch.file("state.db-wal"), copy = scratch.file("copy");
  const auto store = open(scratch);
  for (const char* id : {"job_a", "job_b", "job_c"}) assert_true(store->insert(job_of(id, 1), nullptr).ok());
  const std::string good = read_text(wal);
  assert_true(good.size() > 3 * 4096);
  scratch.write("copy", good);
  assert_false(br::damage_in_wal(br::posix_files(), copy).has_value());
  assert_false(br::damage_in_wal(br::posix_files(), scratch.file("none")).has_value());
  for (std::size_t at = 0; at < good.size(); at += 97) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 16);
    scratch.write("copy", bad);
    // The salts of the last frame alone look like the frame of an older generation.
    if (at + 4120 < good.size()) assert_true(br::damage_in_wal(br::posix_files(), copy).has_value());
  }
  scratch.write("copy", good.substr(0, good.size() - 1000));
  assert_false(br::damage_in_wal(br::posix_files(), copy).has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(job_removed_stays_removed_by_late_saves),
      cmocka_unit_test(job_without_its_batches_is_damaged),
      cmocka_unit_test(record_with_a_changed_byte_is_damaged),
      cmocka_unit_test(unfinished_job_is_never_hidden_by_a_flipped_bit),
      cmocka_unit_test(record_of_an_older_version_is_read),
      cmocka_unit_test(journal_gives_the_last_word_on_each_batch),
      cmocka_unit_test(log_with_a_bad_frame_is_said),
      cmocka_unit_test(journal_with_records_of_another_job_gives_its_own),
      cmocka_unit_test(batch_is_told_by_its_address_as_well),
      cmocka_unit_test(job_with_a_batch_that_is_not_collected_is_not_done),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
