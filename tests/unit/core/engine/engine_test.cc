// What the engine does with a job that it is handed: events after the state they are about, and what a crash left open.
#include <deque>
#include <memory>
#include <new>
#include <vector>

#include "batchrouter.h"
#include "core/engine/engine.h"
#include "core/protocol/account_proof.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/fake_files.h"
#include "support/fake_store.h"
#include "support/fake_transport.h"

namespace {

struct Recorder : br::EngineListener {
  void job_changed(br::SnapshotRef snapshot) override {
    const br::Job& job = snapshot->job;
    seen_blocked = br::is_blocked(job);
    ever_blocked = ever_blocked || seen_blocked;
    seen_done = job.done;
  }
  void job_event(std::int32_t event, const br::Job&, const br::RemoteBatch*, const std::string&) override {
    if (event == BR_EVENT_BLOCKED) blocked_when_told.push_back(seen_blocked);
  }
  void results_grew(const std::string&) override {}
  void external_work(br::ExternalWork) override {}
  void vendor_called(const std::string&) override {}
  void store_failed(const br::Error& error) override { fail_msg("%s", error.message.c_str()); }
  bool seen_blocked = false, ever_blocked = false, seen_done = false;
  std::deque<bool> blocked_when_told;
};

// An engine on a state of its own, in memory; the vendor answers every call with nothing.
struct EngineRoom {
  EngineRoom() { unsetenv("OPENAI_API_KEY"); }
  br::test::FakeAnswer answer(const br::HttpRequest& request) {
    methods.push_back(request.method);
    if (knows_nothing) {
      br::test::FakeAnswer answer;
      answer.response.status = 404;
      answer.response.body = R"({"error":{"message":"No such batch","type":"invalid_request_error"}})";
      return answer;
    }
    return br::test::ok_answer("");
  }
  void take(const br::Job& job, bool active = true) {
    assert_true(store->insert(job, nullptr).ok());
    br::Feeds feeds;
    std::vector<br::ProviderUse> uses;
    for (std::size_t i = 0; i < job.batches.size(); ++i) {
      feeds.push_back(std::make_shared<br::ResultFeed>(&files, ""));
      uses.push_back(br::use_provider("openai"));
    }
    engine.add({job, feeds, std::move(uses), active, true, true});
  }

  br::test::FakeDisk disk;
  br::test::FakeFiles files{&disk};
  br::test::FakeDatabase database;
  std::unique_ptr<br::Store> store = br::test::open_fake_store(&database);
  br::test::FakeClock clock;
  std::vector<std::string> methods;
  bool knows_nothing = false;
  br::test::FakeTransport transport{
      &clock, &files, [this](const br::HttpRequest& request, const std::string&) { return answer(request); }};
  br::SeededRandom random{1};
  br::Executor executor{[](const char* what) { fail_msg("%s", what); }};
  Recorder recorder;
  const br::Spool spool{&files, "/state"};
  br::Config config;
  br::Engine engine{{store.get(), &transport, &clock, &random, &executor, &recorder, &spool, &config}};
};

br::Job job_in(br::Phase phase) {
  br::Job job;
  job.id = "job_a";
  br::RemoteBatch batch;
  batch.job_id = job.id;
  batch.provider = "openai";
  batch.rows = 1;
  batch.phase = phase;
  job.batches.push_back(batch);
  return job;
}

void blocked_event_told_after_the_state_shows_it(void**) {
  EngineRoom room;
  room.take(job_in(br::Phase::planned));
  assert_int_equal(room.recorder.blocked_when_told.size(), 1);
  assert_true(room.recorder.blocked_when_told.front());
  assert_int_equal(room.transport.stats().requests, 0);
}

// Whoever waits for the job after resume() would take the old block for the answer.
void resumed_job_with_a_collected_batch_never_shows_the_old_block(void**) {
  EngineRoom room;
  setenv("OPENAI_API_KEY", "k", 1);
  br::Job job = job_in(br::Phase::collected);
  job.batches.push_back(job.batches.front());
  job.batches[1].part = 1;
  job.batches[1].phase = br::Phase::unknown;
  job.batches[1].blocked = true;
  job.batches[1].error = br::Error(br::Code::auth, "the key was wrong", "");
  room.take(job, false);
  room.engine.resume("job_a");
  assert_false(room.recorder.ever_blocked);
  assert_int_equal(room.transport.stats().requests, 1);
  const auto saved = room.store->load("job_a");
  assert_true(saved.ok());
  assert_false(saved->batches[1].blocked);
}

void refreshed_job_with_a_running_batch_never_shows_the_old_block(void**) {
  EngineRoom room;
  setenv("OPENAI_API_KEY", "k", 1);
  br::Job job = job_in(br::Phase::collected);
  job.batches.push_back(job.batches.front());
  job.batches[1].part = 1;
  job.batches[1].phase = br::Phase::running;
  job.batches[1].status.id = "batch_1";
  job.batches[1].blocked = true;
  room.take(job, false);
  room.engine.refresh("job_a");
  assert_false(room.recorder.ever_blocked);
  assert_int_equal(room.transport.stats().requests, 1);
}

void process_ended_between_last_batch_and_job_job_done(void**) {
  EngineRoom room;
  room.take(job_in(br::Phase::collected));
  const auto saved = room.store->load("job_a");
  assert_true(saved.ok());
  assert_true(saved->done);
  assert_true(room.recorder.seen_done);
}

void router_closed_while_remote_files_are_deleted_they_are(void**) {
  EngineRoom room;
  setenv("OPENAI_API_KEY", "k", 1);
  assert_true(room.config.set("files.delete_remote", "all").ok());
  br::Job job = job_in(br::Phase::collected);
  job.batches.front().input_file_id = "file-1";
  job.batches.front().status.output.id = "file-2";
  room.take(job);
  assert_int_equal(room.transport.active(), 2);
  room.engine.finish_deletions(60'000);
  assert_int_equal(room.transport.active(), 0);
  for (const std::string& method : room.methods) assert_string_equal(method.c_str(), "DELETE");
}

class ThrowingReader : public br::RowReader {
 public:
  bool read(char*, std::size_t, br::Row*) override { throw std::bad_alloc(); }
};

// There is no memory left to read a row of it.
class HungryDialect : public br::Dialect {
 public:
  std::string_view name() const override { return openai_.name(); }
  const br::Capability& capability() const override { return openai_.capability(); }
  std::span<const br::Property> properties() const override { return openai_.properties(); }
  bool encode(const br::Request&, const br::EncodeOptions&, std::string*, br::Issue*,
              std::vector<std::string>*) const override {
    return false;
  }
  std::unique_ptr<br::RowReader> row_reader() const override { return std::make_unique<ThrowingReader>(); }

 private:
  const br::Provider& openai_ = *br::find_provider("openai");
};

// Its runs have ended, their results are a file on this machine.
class EndedProgram : public br::LocalProgram {
 public:
  br::Result<std::vector<std::string>> command(const br::Account&, const br::RemoteBatch&, const std::string&,
                                               const std::string&) const override {
    return std::vector<std::string>{"true"};
  }
  br::RemoteStatus read_run(const br::RemoteBatch& batch, const br::LocalRun&) const override {
    br::RemoteStatus status = batch.status;
    status.state = br::State::completed;
    return status;
  }
};

void rows_that_cannot_be_read_for_want_of_memory_block_their_job_only(void**) {
  EngineRoom room;  // its executor fails the test when something is thrown past the job
  setenv("OPENAI_API_KEY", "k", 1);
  const br::Provider hungry(std::make_unique<HungryDialect>(), std::make_unique<EndedProgram>());
  br::Job job = job_in(br::Phase::running);
  job.attached = true;
  job.batches.front().status.id = job.batches.front().marker = "batch_1";
  assert_true(room.files.make_directories(room.spool.job_directory(job.id)).ok());
  assert_true(room.files.create(room.spool.local(job.id, 0, "out.jsonl"))->append("{}\n").ok());
  assert_true(room.store->insert(job, nullptr).ok());
  auto feed = std::make_shared<br::ResultFeed>(&room.files, "/rows");
  room.engine.add({job, {feed}, {{&hungry, nullptr}}, true, true, true});
  room.engine.refresh(job.id);
  while (!room.recorder.seen_blocked) room.engine.turn(0);
  const auto saved = room.store->load("job_a");
  assert_true(saved.ok());
  assert_int_equal(saved->batches.front().error->code, br::Code::no_memory);
  assert_int_equal(saved->batches.front().phase, br::Phase::fetching);
}

// What is asked with a key that nobody had when the job came in is asked by the account that made the batch.
void key_that_comes_later_is_known_as_the_jobs_own(void**) {
  EngineRoom room;
  room.knows_nothing = true;
  const auto keys = std::make_shared<br::KeyRing>();
  room.config.use_key_ring(keys);
  br::Config knowing = room.config;
  const auto known = std::make_shared<br::KeyRing>();
  known->add("openai", "k1", {{"api_key", "sk-late"}});
  knowing.use_key_ring(known);
  br::Job job = job_in(br::Phase::running);
  br::RemoteBatch& batch = job.batches.front();
  batch.account = "k1";
  batch.base_url = "https://vendor.example/v1";
  batch.status.id = "batch_1";
  batch.key_salt = "salt";
  const br::Provider& openai = *br::find_provider("openai");
  const auto account = br::resolve_account(knowing, openai, batch.base_url, batch.account);
  assert_true(account.ok());
  br::learn_account(br::account_proof(openai, *account, batch.key_salt), &batch);
  room.take(job);
  room.engine.turn(0);
  assert_true(room.recorder.seen_blocked);
  assert_int_equal(room.methods.size(), 0);
  keys->add("openai", "k1", {{"api_key", "sk-late"}});
  room.engine.resume("job_a");
  while (room.methods.empty()) room.engine.turn(0);
  room.engine.turn(0);
  assert_false(room.recorder.seen_blocked);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(key_that_comes_later_is_known_as_the_jobs_own),
                              cmocka_unit_test(rows_that_cannot_be_read_for_want_of_memory_block_their_job_only),
                              cmocka_unit_test(blocked_event_told_after_the_state_shows_it),
                              cmocka_unit_test(resumed_job_with_a_collected_batch_never_shows_the_old_block),
                              cmocka_unit_test(router_closed_while_remote_files_are_deleted_they_are),
                              cmocka_unit_test(refreshed_job_with_a_running_batch_never_shows_the_old_block),
                              cmocka_unit_test(process_ended_between_last_batch_and_job_job_done)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
