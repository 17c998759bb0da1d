// One part of a job and what the engine gives it, without the engine: a test is the vendor, and looks at the events.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine/engine_core.h"
#include "core/engine/vendor_http.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/fake_clock.h"
#include "support/fake_files.h"
#include "support/fake_store.h"
#include "support/small_vendor.h"

namespace br::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline HttpResponse answer_of(int status, std::string body = {}, Headers headers = {}) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  return response;
}

// Empty: it has no such header.
inline std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const Header& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

// Nothing is answered before the test does so.
class HeldTransport : public Transport {
 public:
  std::uint64_t start(HttpRequest request, BodySink sink, Done done) override {
    sent.push_back(std::move(request));
    open_.emplace(++last_, Exchange{std::move(sink), std::move(done)});
    return last_;
  }
  void abort(std::uint64_t exchange) override { open_.erase(exchange); }
  std::size_t active() const override { return open_.size(); }
  const TransportStats& stats() const override { return stats_; }
  void wait(std::int64_t) override {}
  void wake() override {}

  // Bytes of the oldest exchange arrive; false: it ends with that.
  bool bring(const HttpResponse& head, std::string_view bytes) {
    if (open_.empty()) fail_msg("nothing is asked");
    const BodySink sink = open_.begin()->second.sink;
    return sink(head, bytes);
  }
  // The end of the oldest exchange.
  void answer(HttpResponse response) {
    if (open_.empty()) fail_msg("nothing is asked");
    const Done done = std::move(open_.begin()->second.done);
    open_.erase(open_.begin());
    done(std::move(response));
  }

  std::vector<HttpRequest> sent;

 private:
  struct Exchange {
    BodySink sink;
    Done done;
  };
  std::map<std::uint64_t, Exchange> open_;
  std::uint64_t last_ = 0;
  TransportStats stats_;
};

struct SilentListener : EngineListener {
  void job_changed(SnapshotRef) override {}
  void job_event(std::int32_t, const Job&, const RemoteBatch*, const std::string&) override {}
  void results_grew(const std::string&) override {}
  void external_work(ExternalWork work) override { works.push_back(std::move(work)); }
  void vendor_called(const std::string& line) override { traces.push_back(line); }
  void store_failed(const Error& error) override { fail_msg("%s", error.message.c_str()); }
  std::vector<std::string> traces;
  std::vector<ExternalWork> works;
};

// A result row of OpenAI.
inline std::string row_of(const std::string& id, const std::string& text = "yes") {
  return R"({"id":"r","custom_id":")" + id +
         R"(","response":{"status_code":200,"body":{"id":"c","model":"m","choices":[)" +
         R"({"message":{"role":"assistant","content":")" + text +
         R"("},"finish_reason":"stop"}]}},"error":null})"
         "\n";
}

// The parts of job_a: each of an account with a key, at a vendor with a SmallApi. They take every id.
struct PartRoom {
  explicit PartRoom(int parts = 1) {
    set("openai.api_key", "the key");
    set("openai.base_url", "https://vendor.example/v1");
    auto run = std::make_unique<Run>();
    run->config = config;
    run->job.id = "job_a";
    run->job.attached = true;
    run->parts.resize(static_cast<std::size_t>(parts));
    if (!files.make_directories(spool.job_directory("job_a"))) fail_msg("job_a");
    for (const char* made_in : {"/", "/state", "/state/spool"}) {
      if (!files.sync_directory(made_in)) fail_msg("%s", made_in);
    }
    for (int i = 0; i < parts; ++i) {
      RemoteBatch batch;
      batch.job_id = "job_a";
      batch.provider = "openai";
      batch.base_url = "https://vendor.example/v1";
      batch.part = i;
      batch.rows = 1;
      batch.status.id = "batch_1";
      batch.request_path = spool.requests("job_a", i);
      batch.bytes = 9;
      write(batch.request_path, "requests\n");
      run->job.batches.push_back(batch);
      RunPart& part = run->parts[static_cast<std::size_t>(i)];
      part.address_is_given = true;
      part.provider = &provider;
      feeds.push_back(std::make_shared<ResultFeed>(&files, spool.results(batch)));
      part.fetch = std::make_shared<PartFetch>(context(i), feeds.back());
    }
    core.runs["job_a"] = std::move(run);
  }
  ~PartRoom() { executor.stop(); }
  PartRoom(const PartRoom&) = delete;
  PartRoom& operator=(const PartRoom&) = delete;

  PartContext context(int index = 0) { return {&core, &http, {"job_a", static_cast<std::size_t>(index)}, &provider}; }
  RunPart& part(int index = 0) { return *core.part({"job_a", static_cast<std::size_t>(index)}); }
  RemoteBatch& batch(int index = 0) { return core.batch({"job_a", static_cast<std::size_t>(index)}); }
  Account account() {
    auto found = core.account_of({"job_a", 0});
    if (!found) fail_msg("%s", found.error().message.c_str());
    return *found;
  }
  void set(const std::string& key, const std::string& value) {
    if (auto done = config.set(key, value); !done) fail_msg("%s", done.error().message.c_str());
  }
  void write(const std::string& path, const std::string& text) {
    auto file = files.create(path);
    if (!file || !file->append(text)) fail_msg("%s", path.c_str());
  }
  // The executor has nothing left to do, and the loop did what was posted.
  void settle() {
    for (;;) {
      std::promise<void> idle;
      executor.post([&idle] { idle.set_value(); });
      idle.get_future().wait();
      const auto posted = core.drain_posted();
      if (posted.empty()) return;
      for (const auto& work : posted) work();
    }
  }
  // The events since the last call, when all is quiet.
  std::vector<Event> events() {
    settle();
    std::vector<Event> all;
    while (auto next = core.next_event()) all.push_back(std::move(next->second));
    return all;
  }
  // The only event since the last call.
  Event event() {
    std::vector<Event> all = events();
    if (all.size() != 1) fail_msg("%zu events, not one", all.size());
    return std::move(all.front());
  }
  bool is_quiet() { return events().empty(); }
  std::string results(int index = 0) { return files.text(spool.results(batch(index))); }
  std::string output(int index = 0) { return files.text(spool.output("job_a", index)); }

  FakeDisk disk;
  FakeFiles files{&disk};
  FakeDatabase database;
  std::unique_ptr<Store> store = open_fake_store(&database);
  FakeClock clock;
  HeldTransport transport;
  SeededRandom random{1};
  SilentListener listener;
  const Spool spool{&files, "/state"};
  Config config;
  SmallApi* const api = new SmallApi;  // the provider's
  const Provider provider{std::make_unique<SmallDialect>(), std::unique_ptr<const HttpApi>(api)};
  std::vector<std::shared_ptr<ResultFeed>> feeds;
  Executor executor{[](const char* what) { fail_msg("%s", what); }};
  EngineCore core{{store.get(), &transport, &clock, &random, &executor, &listener, &spool, &config}};
  VendorHttp http{&core.parts};
};

}  // namespace br::test
