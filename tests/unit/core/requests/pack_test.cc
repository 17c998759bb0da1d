// Requests become remote batches that the vendor takes: each stands in exactly one of them, on the disk before it
// counts.
#include "core/requests/pack.h"

#include <memory>
#include <string>
#include <vector>

#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Code;
using br::Packer;
using br::RemoteBatch;
using br::Result;

struct Room {
  Room() {
    assert_true(files.make_directory("/state").ok());
    assert_true(spool.make_job_directory("job_a").ok());
  }
  Packer& begin(bool split, bool on_disk = true) {
    packer = std::make_unique<Packer>(br::PackPlan{"job_a", on_disk ? &spool : nullptr, split, true});
    return *packer;
  }
  Result<void> take(const std::string& id, const std::string& model = "m", const std::string& account = "") {
    br::Request request;
    request.custom_id = id;
    request.model = model;
    const std::string id_json = "\"" + id + "\"", unified = "unified " + id, native = "native " + id + "\n";
    request.endpoint = path.empty() ? br::Endpoint::chat : br::Endpoint::other;
    request.path = path;
    const br::EncodedRequest encoded = {request, id_json, "", account, ++number, unified, native, limits, inputs};
    return packer->add(*br::find_provider("openai"), encoded);
  }
  std::string requests(int part) { return files.text(spool.requests("job_a", part)); }

  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::Spool spool{&files, "/state"};
  br::Capability limits;
  std::unique_ptr<Packer> packer;
  std::uint64_t number = 0;
  std::string path;         // of the endpoint of what is taken
  std::int64_t inputs = 0;  // and how many texts it embeds
};

void request_stands_in_its_batch_with_its_id(void**) {
  Room room;
  room.begin(false);
  assert_true(room.take("a").ok() && room.take("b").ok());
  const auto batches = room.packer->finish();
  assert_true(batches.ok() && batches->size() == 1);
  const RemoteBatch& batch = (*batches)[0];
  assert_string_equal(room.requests(0).c_str(), "native a\nnative b\n");
  assert_true(batch.rows == 2 && batch.bytes == 18 && batch.part == 0 && batch.job_id == "job_a");
  assert_true(room.spool.check_requests(batch, br::Spool::Check::content).ok());
  std::vector<std::string> ids;
  assert_true(br::for_each_id(br::id_file_of(room.spool, batch), [&](const br::IdEntry& entry) {
                ids.push_back(std::string(entry.custom_id) + std::to_string(entry.number));
              }).ok());
  assert_true(ids == std::vector<std::string>({"a1", "b2"}));
  assert_string_equal(room.files.text(room.spool.unified("job_a", 0)).c_str(), "unified a\nunified b\n");
}

void packed_requests_outlive_a_loss_of_power(void**) {
  Room room;
  room.begin(false);
  assert_true(room.take("a").ok());
  assert_true(room.packer->finish().ok());
  for (const char* directory : {"/", "/state", "/state/spool", "/state/spool/job_a"})
    assert_true(room.files.sync_directory(directory).ok());
  room.disk.crash();
  br::test::FakeFiles after(&room.disk);
  assert_string_equal(after.text("/state/spool/job_a/p0.requests.jsonl").c_str(), "native a\n");
  assert_true(after.text("/state/spool/job_a/p0.ids.jsonl").find("\"a\" 1\n#") == 0);
}

void too_many_requests_are_split_or_refused(void**) {
  Room room;
  room.limits.max_requests = 2;
  room.begin(true);
  for (const char* id : {"a", "b", "c", "d", "e"}) assert_true(room.take(id).ok());
  const auto batches = room.packer->finish();
  assert_true(batches.ok() && batches->size() == 3);
  assert_string_equal(room.requests(1).c_str(), "native c\nnative d\n");
  assert_string_equal(room.requests(2).c_str(), "native e\n");
  assert_int_equal(room.packer->digests().size(), 3);
  for (const RemoteBatch& batch : *batches) assert_true(room.spool.check_requests(batch, br::Spool::Check::content).ok());
  room.begin(false);
  for (const char* id : {"a", "b", "c"}) assert_true(room.take(id).ok());
  assert_true(room.packer->finish().error().code == Code::limit);
}

void too_many_inputs_are_split_or_refused(void**) {
  Room room;
  room.limits.max_batch_inputs = 5;
  room.inputs = 2;
  for (const bool split : {true, false}) {
    room.begin(split);
    for (const char* id : {"a", "b", "c"}) assert_true(room.take(id).ok());
    const auto batches = room.packer->finish();
    assert_true(batches.ok() == split);
    if (split) assert_true(batches->size() == 2 && (*batches)[0].rows == 2);
    else assert_true(batches.error().code == Code::limit && batches.error().message.find("5 embedding inputs") != std::string::npos);
  }
}

void each_path_has_a_batch_of_its_own(void**) {
  Room room;
  room.begin(false);
  assert_true(room.take("a").ok());
  room.path = "/v1/ocr";
  assert_true(room.take("b").ok());
  room.path = "/v1/videos";
  assert_true(room.take("c").ok() && room.take("d").ok());
  const auto batches = room.packer->finish();
  assert_true(batches.ok() && batches->size() == 3);
  assert_true((*batches)[0].path.empty() && (*batches)[1].path == "/v1/ocr" && (*batches)[2].path == "/v1/videos");
  assert_true((*batches)[2].rows == 2);
}

void too_many_bytes_are_split_or_refused(void**) {
  Room room;
  room.limits.max_bytes = 18;  // two of the lines
  room.begin(true);
  for (const char* id : {"a", "b", "c"}) assert_true(room.take(id).ok());
  auto batches = room.packer->finish();
  assert_true(batches.ok() && batches->size() == 2);
  assert_true((*batches)[0].bytes == 18 && (*batches)[1].bytes == 9);
  room.begin(false);
  for (const char* id : {"a", "b", "c"}) assert_true(room.take(id).ok());
  assert_true(room.packer->finish().error().code == Code::limit);
}

void request_that_is_too_large_alone_is_refused_also_when_split(void**) {
  Room room;
  room.limits.max_bytes = 8;
  room.begin(true);
  const auto taken = room.take("a");
  assert_true(!taken.ok() && taken.error().code == Code::limit);
  assert_true(taken.error().message.find("\"a\"") != std::string::npos);
}

void too_few_requests_are_refused(void**) {
  Room room;
  room.limits.min_requests = 2;
  room.begin(true);
  assert_true(room.take("a", "m").ok() && room.take("b", "m").ok() && room.take("c", "n").ok());
  const auto batches = room.packer->finish();
  assert_true(!batches.ok() && batches.error().code == Code::limit);
  assert_true(batches.error().message.find("(model n)") != std::string::npos);
}

void models_and_accounts_are_not_mixed(void**) {
  Room room;
  room.begin(false);
  assert_true(room.take("a", "m").ok() && room.take("b", "n").ok() && room.take("c", "m", "team").ok() &&
              room.take("d", "m").ok());
  auto batches = room.packer->finish();
  assert_true(batches.ok() && batches->size() == 3);
  assert_string_equal(room.requests(0).c_str(), "native a\nnative d\n");
  assert_true((*batches)[1].model == "n" && (*batches)[2].account == "team");
  assert_true(batches->front().model_tokens.empty());
  room.limits.one_model_per_batch = false;
  room.begin(false);
  assert_true(room.take("a", "m").ok() && room.take("b", "n").ok() && room.take("c", "m").ok());
  batches = room.packer->finish();
  assert_true(batches.ok() && batches->size() == 1);
  assert_string_equal(batches->front().model.c_str(), "m");  // of the first
  const auto& models = batches->front().model_tokens;
  assert_true(models.size() == 2 && models[0].model == "m" && models[1].model == "n");
  assert_int_equal(models[0].tokens.output, 2 * models[1].tokens.output);
  assert_int_equal(models[0].tokens.output + models[1].tokens.output, batches->front().tokens.output);
}

void counting_writes_nothing(void**) {
  Room room;
  room.limits.max_requests = 1;
  const std::uint64_t before = room.disk.calls();
  room.begin(true, false);
  assert_true(room.take("a").ok() && room.take("b").ok());
  assert_int_equal(room.packer->finish()->size(), 2);
  assert_int_equal(room.disk.calls(), before);
}

void every_failure_of_the_disk_is_one_of_the_state(void**) {
  Room count;
  count.begin(false);
  const std::uint64_t before = count.disk.calls();
  assert_true(count.take("a").ok() && count.packer->finish().ok());
  const std::uint64_t calls = count.disk.calls() - before;
  assert_true(calls > 4);
  for (std::uint64_t n = 1; n <= calls; ++n) {
    Room room;
    room.begin(false);
    room.disk.fail_at(room.disk.calls() + n, 28);
    const auto taken = room.take("a");
    if (!taken) assert_true(taken.error().code == Code::store);
    if (taken) assert_false(room.packer->finish().ok());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(request_stands_in_its_batch_with_its_id),
      cmocka_unit_test(packed_requests_outlive_a_loss_of_power),
      cmocka_unit_test(too_many_requests_are_split_or_refused),
      cmocka_unit_test(too_many_inputs_are_split_or_refused),
      cmocka_unit_test(each_path_has_a_batch_of_its_own),
      cmocka_unit_test(too_many_bytes_are_split_or_refused),
      cmocka_unit_test(request_that_is_too_large_alone_is_refused_also_when_split),
      cmocka_unit_test(too_few_requests_are_refused),
      cmocka_unit_test(models_and_accounts_are_not_mixed),
      cmocka_unit_test(counting_writes_nothing),
      cmocka_unit_test(every_failure_of_the_disk_is_one_of_the_state),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
