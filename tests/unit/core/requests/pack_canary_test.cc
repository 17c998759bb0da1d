// The first requests of each model and endpoint stand in batches of their own, and all of them together ask what the
// input asks.
#include <memory>
#include <string>
#include <vector>

#include "core/requests/pack.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/fake_files.h"

namespace {

using br::Code;
using br::Endpoint;
using br::Job;
using br::RemoteBatch;

struct Room {
  explicit Room(std::int64_t canary, bool split = false, bool on_disk = true) {
    assert_true(files.make_directory("/state").ok());
    assert_true(spool.make_job_directory("job_a").ok());
    packer =
        std::make_unique<br::Packer>(br::PackPlan{"job_a", on_disk ? &spool : nullptr, split, true, 1024, "", canary});
  }
  br::Result<void> take(const std::string& id, const std::string& model = "m") {
    br::Request request;
    request.custom_id = id;
    request.model = model;
    request.endpoint = endpoint;
    const std::string id_json = "\"" + id + "\"", native = "native " + id + "\n";
    return packer->add(*br::find_provider(provider),
                       {request, id_json, "", account, ++number, "unified", native, limits});
  }
  void take_all(const std::vector<std::string>& ids, const std::string& model = "m") {
    for (const std::string& id : ids) assert_true(take(id, model).ok());
  }
  std::vector<RemoteBatch> finish() {
    auto batches = packer->finish();
    if (!batches) fail_msg("%s", batches.error().message.c_str());
    return std::move(*batches);
  }
  std::string requests(int part) { return files.text(spool.requests("job_a", part)); }

  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::Spool spool{&files, "/state"};
  br::Capability limits;
  std::unique_ptr<br::Packer> packer;
  std::uint64_t number = 0;
  std::string provider = "openai", account;
  Endpoint endpoint = Endpoint::chat;
};

// "c2 4": two batches, a canary of two requests, and four others.
std::string shape(const std::vector<RemoteBatch>& batches) {
  std::string out;
  for (const RemoteBatch& batch : batches)
    out += std::string(out.empty() ? "" : " ") + (batch.canary ? "c" : "") + std::to_string(batch.rows);
  return out;
}

void canary_holds_the_first_requests_of_each_model(void**) {
  Room room(2), plain(0);
  for (Room* each : {&room, &plain}) {
    each->take_all({"a", "b", "c", "d", "e"});
    each->take_all({"x"}, "other");
  }
  const auto batches = room.finish(), unheld = plain.finish();
  assert_string_equal(shape(batches).c_str(), "c2 3 c1");
  assert_string_equal(batches[2].model.c_str(), "other");
  assert_string_equal(room.requests(0).c_str(), "native a\nnative b\n");
  assert_string_equal(br::input_of(batches, room.packer->digests()).c_str(),
                      br::input_of(unheld, plain.packer->digests()).c_str());
}

// xAI takes all of them in one batch.
void mix(Room* room) {
  room->provider = "xai";
  room->limits.one_model_per_batch = room->limits.one_endpoint_per_batch = false;
  room->take_all({"a1", "a2"});
  room->take_all({"b1"}, "late");
  room->endpoint = Endpoint::responses;
  room->take_all({"r1", "r2"});
  room->endpoint = Endpoint::chat;
  room->take_all({"a3"});
  room->take_all({"b2"}, "late");
}

void models_that_the_vendor_mixes_have_a_canary_each(void**) {
  Room room(1);
  mix(&room);
  const auto batches = room.finish();
  assert_string_equal(shape(batches).c_str(), "c1 4 c1 c1");
  assert_string_equal(room.requests(0).c_str(), "native a1\n");
  assert_string_equal(room.requests(1).c_str(), "native a2\nnative r2\nnative a3\nnative b2\n");
  assert_string_equal(room.requests(2).c_str(), "native b1\n");
  assert_string_equal(batches[2].model.c_str(), "late");
  assert_true(batches[3].endpoint == Endpoint::responses && batches[3].model == "m");
  for (const RemoteBatch& batch : batches)
    assert_true(room.spool.check_requests(batch, br::Spool::Check::content).ok());
}

// Given again with another canary or none it is the same work, also where only its files tell.
void canary_of_mixed_models_asks_what_the_input_asks(void**) {
  Room plain(0);
  mix(&plain);
  const auto unheld = plain.finish();
  const std::string input = br::input_of(unheld, plain.packer->digests());
  for (const std::int64_t size : {1, 2, 3}) {
    Room room(size);
    mix(&room);
    Job job;
    job.id = "job_a";
    job.batches = room.finish();
    assert_string_equal(br::input_of(job.batches, room.packer->digests()).c_str(), input.c_str());
    const auto read = br::input_of_files(room.spool, job);
    assert_true(read.ok());
    assert_string_equal(read->c_str(), input.c_str());
  }
}

void vendors_and_accounts_have_a_canary_each(void**) {
  Room room(1);
  room.take_all({"a", "b"});
  room.provider = "mistral";
  room.take_all({"c", "d"});
  room.account = "team";
  room.take_all({"e", "f"});
  const auto batches = room.finish();
  assert_string_equal(shape(batches).c_str(), "c1 1 c1 1 c1 1");
  assert_true(batches[2].provider == "mistral" && batches[4].account == "team");
}

void canary_of_more_than_there_are_is_the_whole_job(void**) {
  Room room(1'000'000);
  room.take_all({"a", "b", "c"});
  assert_string_equal(shape(room.finish()).c_str(), "c3");
}

void canary_over_a_limit_is_several_batches(void**) {
  Room rows(5, true);
  rows.limits.max_requests = 2;
  rows.take_all({"a", "b", "c", "d", "e", "f", "g", "h"});
  assert_string_equal(shape(rows.finish()).c_str(), "c2 c2 c1 2 1");
  Room bytes(3, true);
  bytes.limits.max_bytes = 18;  // two of the lines
  bytes.take_all({"a", "b", "c", "d", "e"});
  assert_string_equal(shape(bytes.finish()).c_str(), "c2 c1 2");
  Room whole(5);
  whole.limits.max_requests = 2;
  whole.take_all({"a", "b", "c"});
  assert_true(whole.packer->finish().error().code == Code::limit);
}

void fifty_thousand_requests_are_a_canary_at_the_limit(void**) {
  constexpr std::int64_t kMost = 50'000;
  Room room(kMost, true, false);
  room.limits.max_requests = kMost;
  for (std::int64_t i = 0; i < 2 * kMost; ++i) assert_true(room.take("r" + std::to_string(i)).ok());
  assert_string_equal(shape(room.finish()).c_str(), "c50000 50000");
}

void canary_is_as_large_as_the_vendor_demands(void**) {
  Room room(1);
  room.limits.min_requests = 3;
  room.take_all({"a", "b", "c", "d", "e", "f"});
  assert_string_equal(shape(room.finish()).c_str(), "c3 3");
  Room few(1);
  few.limits.min_requests = 3;
  few.take_all({"a", "b", "c", "d"});
  const auto refused = few.packer->finish();
  assert_false(refused.ok());
  assert_true(refused.error().message.find("behind the canary") != std::string::npos);
}

// Without a canary the two models would be one batch that is large enough.
void canary_of_few_requests_among_mixed_models_says_what_to_do(void**) {
  Room room(1);
  room.limits.min_requests = 3;
  room.limits.one_model_per_batch = false;
  room.take_all({"a", "b"});
  room.take_all({"c"}, "other");
  const auto refused = room.packer->finish();
  assert_false(refused.ok());
  assert_true(refused.error().message.find("a canary has only 2 requests (model m)") == 0);
  assert_true(refused.error().hint.find("leave --canary out") == 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(canary_holds_the_first_requests_of_each_model),
      cmocka_unit_test(models_that_the_vendor_mixes_have_a_canary_each),
      cmocka_unit_test(canary_of_mixed_models_asks_what_the_input_asks),
      cmocka_unit_test(vendors_and_accounts_have_a_canary_each),
      cmocka_unit_test(canary_of_more_than_there_are_is_the_whole_job),
      cmocka_unit_test(canary_over_a_limit_is_several_batches),
      cmocka_unit_test(fifty_thousand_requests_are_a_canary_at_the_limit),
      cmocka_unit_test(canary_is_as_large_as_the_vendor_demands),
      cmocka_unit_test(canary_of_few_requests_among_mixed_models_says_what_to_do),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
