// An event is told after the state that it is about can be seen.
#include <deque>
#include <memory>

#include "batchrouter.h"
#include "core/engine.h"
#include "store/sqlite_store.h"
#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

// No network: whatever is sent stays without an answer.
class SilentTransport : public br::Transport {
 public:
  std::uint64_t start(br::HttpRequest, br::BodySink, Done) override { return ++started; }
  void abort(std::uint64_t) override {}
  std::size_t active() const override { return 0; }
  const br::TransportStats& stats() const override { return stats_; }
  void wait(std::int64_t) override {}
  void wake() override {}
  std::uint64_t started = 0;

 private:
  br::TransportStats stats_;
};

struct Recorder : br::EngineListener {
  void job_changed(const br::Job& job, const std::vector<br::Track>&) override { seen_blocked = br::is_blocked(job); }
  void job_event(std::int32_t event, const br::Job&, const br::RemoteBatch*, const std::string&) override {
    if (event == BR_EVENT_BLOCKED) blocked_when_told.push_back(seen_blocked);
  }
  void results_grew(const std::string&) override {}
  void external_work(br::ExternalWork) override {}
  void store_failed(const br::Error& error) override { fail_msg("%s", error.message.c_str()); }
  bool seen_blocked = false;
  std::deque<bool> blocked_when_told;
};

void blocked_event_told_after_the_state_shows_it(void**) {
  const Scratch scratch;
  unsetenv("OPENAI_API_KEY");
  auto store = br::open_sqlite_store(scratch.file("state.db"), false);
  assert_true(store.ok());
  SilentTransport transport;
  br::SystemClock clock;
  br::SeededRandom random(1);
  br::Executor executor;
  Recorder recorder;
  const br::Spool spool(scratch.path());
  const br::Config config;
  br::Engine engine({store->get(), &transport, &clock, &random, &executor, &recorder, &spool, &config});
  br::Job job;
  job.id = "job_a";
  br::RemoteBatch batch;
  batch.job_id = job.id;
  batch.provider = "openai";
  batch.rows = 1;
  job.batches.push_back(batch);
  assert_true((*store)->insert(job).ok());
  engine.add(job, {std::make_shared<br::ResultFeed>()}, {br::use_provider("openai")}, true);
  assert_int_equal(recorder.blocked_when_told.size(), 1);
  assert_true(recorder.blocked_when_told.front());
  assert_int_equal(transport.started, 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(blocked_event_told_after_the_state_shows_it)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
