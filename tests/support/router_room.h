// The parts of a router in a world in memory, without the router: a test uses one of them and looks at the others.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/jobs/engine_answer.h"
#include "core/router/router_parts.h"
#include "support/cmocka.h"
#include "support/fake_world.h"

namespace br::test {

// A vendor that has nothing.
inline FakeAnswer not_found_answer() {
  FakeAnswer answer;
  answer.response.status = 404;
  return answer;
}

// Jobs of earlier processes are not gone on with by themselves (resume.auto=0).
struct RouterRoom {
  explicit RouterRoom(FakeVendor vendor = [](const HttpRequest&, const std::string&) { return not_found_answer(); })
      : in(7, std::move(vendor)), world(in.begin_process()) {
    set("state_dir", "/state");
    set("openai.api_key", "k");
    set("openai.base_url", "https://vendor.example/v1");
    set("resume.auto", "0");
  }
  ~RouterRoom() {
    monitor.close();
    stop_engine();
  }
  RouterRoom(const RouterRoom&) = delete;
  RouterRoom& operator=(const RouterRoom&) = delete;

  // Before open().
  void set(const std::string& key, const std::string& value) {
    if (auto done = config.set(key, value); !done) fail_msg("%s", done.error().message.c_str());
  }
  RouterRoom& open() {
    if (auto opened = state.open(config); !opened) fail_msg("%s", opened.error().message.c_str());
    const RouterBase base = {&config, &world, &monitor, &gate, &events, &state, &prices};
    TransportOptions options;
    options.files = world.files;
    parts = std::make_unique<RouterParts>(base, world.make_transport(options), [](const char*) {});
    monitor.set_helper([this] { return events.help(); });
    return *this;
  }
  // What waits for the engine needs it on a thread of its own, as a router's loop is.
  RouterRoom& run_engine() {
    loop = std::thread([this] {
      while (!stop) {
        parts->jobs.load_some();
        const std::int64_t idle_ms = parts->engine->idle_ms();
        parts->engine->turn(parts->jobs.is_loading() ? 0 : idle_ms < 0 ? kForEverMs : idle_ms);
      }
    });
    return *this;
  }
  void stop_engine() {
    stop = true;
    if (!loop.joinable()) return;
    parts->transport->wake();
    loop.join();
  }
  // On its thread; returns when it is done.
  void on_engine(std::function<void()> fn) {
    if (!run_on_engine(parts->engine.get(), &monitor, std::move(fn))) fail_msg("the engine does not run");
  }
  // The callbacks that are due.
  void poll() { (void)events.poll(0); }
  int events_of(std::int32_t event) const {
    int count = 0;
    for (const auto& [number, id] : told) count += number == event ? 1 : 0;
    return count;
  }

  // Files of the state directory.
  void write(const std::string& path, const std::string& text) {
    auto file = in.files->create(path);
    if (!file || !file->append(text) || !file->sync()) fail_msg("%s", path.c_str());
  }
  // A job with one batch for each of the texts, which are its results files, as an earlier process left it: done, and
  // nothing acknowledged.
  Job finished_job(const std::string& id, const std::vector<std::string>& results) {
    Job job;
    job.id = id;
    job.provider = "openai";
    job.base_url = "https://vendor.example/v1";
    job.created_ms = in.clock->now_ms();
    job.done = true;
    for (const std::string& text : results) {
      RemoteBatch batch;
      batch.job_id = id;
      batch.provider = job.provider;
      batch.base_url = job.base_url;
      batch.part = static_cast<std::int32_t>(job.batches.size());
      batch.phase = Phase::collected;
      batch.status.id = "batch_" + id + std::to_string(batch.part);
      batch.rows = batch.results.total = std::count(text.begin(), text.end(), '\n');
      job.batches.push_back(batch);
    }
    return job;
  }
  void keep(const Job& job, const std::vector<std::string>& results = {}) {
    if (!state.spool().make_job_directory(job.id)) fail_msg("%s", job.id.c_str());
    for (std::size_t i = 0; i < results.size(); ++i) write(state.spool().results(job.batches[i]), results[i]);
    const std::lock_guard lock(in.database.mutex);
    in.database.jobs[job.id] = job;
  }
  Job keep_finished(const std::string& id, const std::vector<std::string>& results) {
    Job job = finished_job(id, results);
    keep(job, results);
    return job;
  }
  // A job that runs at the vendor, without results yet.
  Job keep_running(const std::string& id, std::int64_t rows = 3) {
    Job job = finished_job(id, {""});
    job.done = false;
    job.batches[0].phase = Phase::running;
    job.batches[0].rows = rows;
    keep(job);
    return job;
  }
  Job kept(const std::string& id) {
    const std::lock_guard lock(in.database.mutex);
    const auto found = in.database.jobs.find(id);
    return found == in.database.jobs.end() ? Job() : found->second;
  }
  // What the engine does when it has collected more of a job.
  void grow(const std::string& id, const std::string& lines) {
    const Feeds feeds = parts->jobs.results(id).feeds;
    auto file = in.files->open_append(feeds.at(0)->path);
    if (!file || !file->append(lines)) fail_msg("%s", id.c_str());
    feeds[0]->length += lines.size();
    parts->outbox.grew(id);
  }
  // And when the job changes.
  void publish(Job job) {
    JobSnapshot made;
    made.tracks.resize(job.batches.size());
    made.job = std::move(job);
    parts->jobs.publish(std::make_shared<const JobSnapshot>(std::move(made)));
  }
  void finish(const std::string& id) {
    Job job = parts->jobs.known(id)->job;
    job.done = true;
    job.batches[0].phase = Phase::collected;
    parts->jobs.results(id).feeds.at(0)->complete = true;
    publish(std::move(job));
  }
  RouterCallbacks callbacks() {
    RouterCallbacks made;
    made.log_level = 4;
    made.log = [this](std::int32_t, const std::string& line) { log.push_back(line); };
    made.event = [this](std::int32_t event, const std::string& id, const std::string&) {
      told.emplace_back(event, id);
    };
    return made;
  }

  static constexpr std::int64_t kForEverMs = 3'600'000;
  FakeWorld in;
  World world;
  Config config;
  std::vector<std::pair<std::int32_t, std::string>> told;
  std::vector<std::string> log;
  Monitor monitor{in.clock.get()};
  Gate gate;
  EventQueue events{callbacks(), &monitor};
  RouterState state{&world, &events};
  Prices prices;
  std::unique_ptr<RouterParts> parts;
  std::atomic<bool> stop{false};
  std::thread loop;
};

}  // namespace br::test
