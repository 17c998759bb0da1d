// Request files are what was written, and audit files of one job never take the place of another's.
#include "store/spool.h"

#include <set>

#include "support/cmocka.h"
#include "support/fake_files.h"
#include "support/scratch.h"
#include "sys/file_system.h"

namespace {

br::Job job_of(const std::string& id, const std::string& name, const std::string& model) {
  br::Job job;
  job.id = id;
  job.name = name;
  br::RemoteBatch batch;
  batch.job_id = id;
  batch.provider = "openai";
  batch.model = model;
  batch.status.id = "batch_" + id;
  job.batches.push_back(batch);
  return job;
}

struct Room {
  Room() : spool(br::posix_files(), scratch.path()) {}
  void link(const br::Job& job) const {
    assert_true(spool.make_job_directory(job.id).ok());
    for (const std::string& path : {spool.requests(job.id, 0), spool.results(job.batches[0])}) {
      if (!br::posix_files()->exists(path)) std::ofstream(path) << job.id;
    }
    assert_true(spool.link_audit_files(job, job.batches[0]).ok());
  }
  std::vector<std::string> names() const { return br::posix_files()->list_directory(scratch.file("generated/openai")); }
  const Scratch scratch;
  const br::Spool spool;
};

void audit_files_of_the_first_job_have_the_plain_name(void**) {
  const Room room;
  room.link(job_of("job_aaaaaaaabbbb", "exp", "gpt"));
  assert_true(room.names() ==
              std::vector<std::string>({"exp_gpt_openai_provider.jsonl", "exp_gpt_openai_results.jsonl"}));
}

void audit_files_of_two_jobs_of_one_name_are_both_there(void**) {
  const Room room;
  const br::Job first = job_of("job_aaaaaaaabbbb", "exp", "gpt"), second = job_of("job_ccccccccdddd", "e.xp", "gpt"),
                third = job_of("job_eeeeeeeeffff", "ex?p", "gpt"), fourth = job_of("job_gggggggghhhh", "e!xp", "gpt");
  for (const br::Job& job : {first, second, third, fourth}) room.link(job);
  // Again, as after a crash, in another order: the names stay.
  const auto before = room.names();
  assert_int_equal(before.size(), 8);
  for (const br::Job& job : {fourth, second, first, third}) room.link(job);
  assert_true(room.names() == before);
  std::set<std::string> texts;
  for (const std::string& name : before) texts.insert(read_text(room.scratch.file("generated/openai/" + name)));
  assert_int_equal(texts.size(), 4);
}

void requests_that_changed_are_not_sent(void**) {
  const Room room;
  br::RemoteBatch batch = job_of("job_a", "", "gpt").batches[0];
  assert_true(room.spool.make_job_directory("job_a").ok());
  const std::string path = room.spool.requests("job_a", 0), text = "{\"a\":1}\n{\"a\":2}\n";
  batch.rows = 2;
  batch.bytes = static_cast<std::int64_t>(text.size());
  const auto check = [&](const std::string& bytes, bool whole) {
    std::ofstream(path, std::ios::binary) << bytes;
    return room.spool.check_requests(batch, whole ? br::Spool::Check::content : br::Spool::Check::length);
  };
  assert_true(check(text, true).ok());  // written by a version without checksums
  batch.request_sum = br::checksum_of(text);
  assert_true(check(text, true).ok());
  for (const std::string& bad : {text.substr(0, 9), text + "{}\n", std::string()}) {
    auto refused = check(bad, false);
    assert_false(refused.ok());
    assert_true(refused.error().blocking);
    assert_true(refused.error().code == br::Code::store);
    assert_true(refused.error().message.find(path) != std::string::npos);
  }
  assert_false(check("{\"a\":1}\n{\"a\":3}\n", true).ok());
  br::posix_files()->remove_file(path);
  assert_false(room.spool.check_requests(batch, br::Spool::Check::length).ok());
  assert_int_equal(symlink("/etc/passwd", path.c_str()), 0);
  assert_false(room.spool.check_requests(batch, br::Spool::Check::length).ok());
}

void spool_itself_outlives_a_loss_of_power_after_its_first_job(void**) {
  br::test::FakeDisk disk;
  br::test::FakeFiles files(&disk);
  assert_true(files.make_directories("/state").ok());
  assert_true(files.sync_directory("/").ok());
  assert_true(br::Spool(&files, "/state").make_job_directory("job_a").ok());
  disk.crash();
  br::test::FakeFiles after(&disk);
  assert_true(after.exists("/state/spool"));
  assert_false(after.exists("/state/spool/job_a"));  // whoever fills it syncs that name
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(spool_itself_outlives_a_loss_of_power_after_its_first_job),
      cmocka_unit_test(audit_files_of_the_first_job_have_the_plain_name),
      cmocka_unit_test(audit_files_of_two_jobs_of_one_name_are_both_there),
      cmocka_unit_test(requests_that_changed_are_not_sent),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
