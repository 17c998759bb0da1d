#include "core/router.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "batchrouter.h"
#include "codec/json_write.h"
#include "net/curl_transport.h"
#include "providers/registry.h"
#include "store/sqlite_store.h"

namespace br {
namespace {

constexpr std::size_t kMaxCallbacksDue = 10'000;
constexpr std::int64_t kLongestTurnMs = 3'600'000;

}  // namespace

Router::Router(Config config, RouterCallbacks callbacks)
    : config_(std::move(config)), callbacks_(std::move(callbacks)), pid_(::getpid()) {}

Result<std::shared_ptr<Router>> Router::open(const Config& config, RouterCallbacks callbacks) {
  std::shared_ptr<Router> router(new Router(config, std::move(callbacks)));
  if (auto opened = router->open_state(); !opened) return std::move(opened.error());
  router->start();
  return router;
}

Router::~Router() {
  if (is_forked()) {
    // The threads, locks and files belong to the parent: nothing of them may be touched here.
    // Not even detached: the C library may have given the thread's memory to another one.
    [[maybe_unused]] auto* thread = new std::thread(std::move(thread_));
    [[maybe_unused]] auto* engine = engine_.release();
    [[maybe_unused]] auto* executor = executor_.release();
    [[maybe_unused]] auto* transport = transport_.release();
    [[maybe_unused]] auto* store = store_.release();
    return;
  }
  [[maybe_unused]] const auto closed = close(0);
}

bool Router::is_forked() const { return ::getpid() != pid_; }

Result<void> Router::open_state() {
  auto prices = Prices::load(config_);
  if (!prices) return std::move(prices.error());
  prices_ = std::move(*prices);
  auto absolute = absolute_path(config_.get("state_dir"));
  if (!absolute) return std::move(absolute.error());
  state_dir_ = std::move(*absolute);
  observer_ = config_.get("state.mode") == "observer";
  const std::string database = state_dir_ + "/state.db";
  if (observer_ && !path_exists(database))
    return Error(Code::not_found, state_dir_ + ": there is no state here", "check --state-dir");
  if (!observer_) {
    fresh_ = !path_exists(database);
    for (std::string made = state_dir_; !path_exists(made); made = parent_path(made)) fresh_directories_.push_back(made);
    if (auto made = make_directories(state_dir_); !made) return made;
    auto lock = FileLock::take(state_dir_ + "/lock");
    if (!lock) return std::move(lock.error());
    lock_ = std::move(*lock);
  }
  auto store = open_sqlite_store(database, observer_);
  if (!store) return std::move(store.error());
  store_ = std::move(*store);
  spool_ = std::make_unique<Spool>(state_dir_);
  return {};
}

void Router::start() {
  TransportOptions options;
  options.connect_timeout_ms = config_.integer("http.connect_timeout_ms");
  options.stall_timeout_ms = config_.integer("http.stall_timeout_ms");
  options.ca_file = config_.get("http.ca_file");
  options.user_agent = std::string("batchrouter/") + BR_VERSION_STRING;
  transport_ = make_curl_transport(options);
  executor_ = std::make_unique<Executor>();
  engine_ = std::make_unique<Engine>(EngineParts{store_.get(), transport_.get(), &clock_, &random_, executor_.get(),
                                                 this, spool_.get(), &config_});
  if (observer_) return;
  if (auto ids = store_->unsettled_ids()) {
    to_load_.assign(ids->begin(), ids->end());
    unloaded_.insert(std::make_move_iterator(ids->begin()), std::make_move_iterator(ids->end()));
  } else {
    fatal_ = std::move(ids.error());
  }
  thread_ = std::thread([this] { run_loop(); });
}

void Router::run_loop() {
  block_signals();
  try {
    while (!stop_) {
      load_some();
      std::int64_t wait = to_load_.empty() ? engine_->idle_ms() : 0;
      if (wait < 0 || wait > kLongestTurnMs) wait = kLongestTurnMs;
      {
        const std::lock_guard lock(mutex_);
        if (acks_dirty_) wait = std::min(wait, config_.integer("delivery.ack_interval_ms"));
      }
      engine_->turn(wait);
      save_acknowledgements(false);
      count_active_calls();
    }
  } catch (const std::exception& failure) {
    store_failed(Error(Code::internal, std::string("the router's thread ended: ") + failure.what(),
                       "close the router and open it again; please report this"));
  }
}

// A few jobs at a time, so that the first of ten thousand are asked about while the last are still being read.
void Router::load_some() {
  constexpr int kJobsAtATime = 16;
  if (to_load_.empty()) return;
  std::optional<Error> failed;
  {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < kJobsAtATime && !to_load_.empty() && !failed; to_load_.pop_front()) {
      if (!unloaded_.contains(to_load_.front())) continue;
      ++i;
      if (auto entry = entry_locked(to_load_.front()); !entry && !closed_) failed = std::move(entry.error());
    }
  }
  if (failed) store_failed(*failed);
  if (failed || to_load_.empty()) changed_.notify_all();
}

// For what concerns every job there is.
void Router::wait_until_loaded(std::unique_lock<std::mutex>* lock) {
  changed_.wait(*lock, [this] { return unloaded_.empty() || closed_ || fatal_; });
}

void Router::count_active_calls() {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t active = transport_->active();
    if (active == active_calls_) return;
    active_calls_ = active;
    if (active > 0) return;
  }
  changed_.notify_all();
}

Result<Router::Use> Router::use() {
  if (closed_) return closed_error();
  Use held(shared_from_this());
  if (closed_) return closed_error();
  return held;
}

// First no call comes in any more and those that wait come back; then nobody uses what is taken down.
Result<void> Router::close(std::int64_t timeout_ms) {
  const std::thread::id self = std::this_thread::get_id();
  if (closer_ == self) return {};  // out of a destroy that the closing runs
  {
    const std::lock_guard lock(mutex_);
    if (std::find(submitting_.begin(), submitting_.end(), self) != submitting_.end())
      return Error(Code::invalid_argument, "the router cannot be closed from within a submit",
                   "close it when br_submit has returned");
    for (Serving& serving : serving_) serving.closing = serving.closing || serving.thread == self;
  }
  changed_.notify_all();
  const std::lock_guard closing(close_mutex_);
  if (closed_) return {};
  closer_ = self;
  std::vector<std::shared_ptr<const void>> left;
  wait_for_others(timeout_ms);
  changed_.notify_all();
  wake_.set();
  // Once there is nobody, nobody comes any more.
  { const std::unique_lock alone(life_); }
  take_down(&left);
  left.clear();
  closer_ = std::thread::id();
  return {};
}

// left: what has to be dropped when nothing is in the way, since code from outside may run then.
void Router::take_down(std::vector<std::shared_ptr<const void>>* left) {
  stop_ = true;
  if (thread_.joinable()) {
    transport_->wake();
    thread_.join();
  }
  executor_.reset();
  std::deque<ExternalWork> not_begun;
  {
    const std::lock_guard lock(mutex_);
    not_begun.swap(work_);
  }
  if (engine_) {
    engine_->settle_external(not_begun);
    save_acknowledgements(true);
    *left = engine_->take_holds();
  }
  for (ExternalWork& work : not_begun) left->push_back(std::move(work.hold));
  engine_.reset();
  transport_.reset();
  std::deque<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, entry] : entries_) entry->delivery.reset();
    callbacks.swap(callbacks_due_);
  }
  remove_fresh_state();
  store_.reset();
  lock_ = FileLock();
}

// A directory that this router made and that no job came into leaves nothing behind.
void Router::remove_fresh_state() {
  if (!fresh_ || observer_ || !store_) return;
  const auto count = store_->count();
  if (!count || *count != 0) return;
  store_.reset();
  for (const char* name : {"/state.db", "/state.db-wal", "/state.db-shm", "/lock"}) remove_file(state_dir_ + name);
  remove_empty_directory(state_dir_ + "/spool");
  for (const std::string& made : fresh_directories_) remove_empty_directory(made);
}

void Router::wakeup() {
  {
    const std::lock_guard lock(mutex_);
    ++wakeups_;
  }
  changed_.notify_all();
}

Error Router::closed_error() const { return Error(Code::closed, "the router is closed", "open a new one"); }

Result<void> Router::check_usable() {
  if (closed_) return closed_error();
  const std::lock_guard lock(mutex_);
  if (fatal_) return *fatal_;
  return {};
}

Feeds Router::make_feeds(const Job& job) const {
  Feeds feeds;
  for (const RemoteBatch& batch : job.batches) {
    auto feed = std::make_shared<ResultFeed>();
    feed->path = spool_->results(job.id, batch.part);
    if (batch.phase == Phase::collected) {
      feed->length = static_cast<std::uint64_t>(std::max<std::int64_t>(0, file_size(feed->path)));
      feed->complete = true;
    }
    feeds.push_back(std::move(feed));
  }
  return feeds;
}

namespace {

// Taken before the engine has the job, so that nothing is unregistered in between.
std::vector<ProviderUse> uses_of(const Job& job) {
  std::vector<ProviderUse> uses;
  for (const RemoteBatch& batch : job.batches) uses.push_back(use_provider(batch.provider));
  return uses;
}

}  // namespace

// Before the loop runs, or posted to it.
void Router::add_entry(Job job, bool active, DoneFn done) {
  auto entry = std::make_unique<Entry>();
  entry->feeds = make_feeds(job);
  entry->in_engine = true;
  entry->view.job = job;
  entry->view.tracks.resize(job.batches.size());
  if (done) entry->done.push_back(std::move(done));
  Feeds feeds = entry->feeds;
  std::vector<ProviderUse> uses = uses_of(job);
  {
    const std::lock_guard lock(mutex_);
    keep_locked(job.id, std::move(entry));
  }
  engine_->post([this, job = std::move(job), feeds = std::move(feeds), uses = std::move(uses), active]() mutable {
    engine_->add(std::move(job), std::move(feeds), std::move(uses), active);
  });
}

Router::Entry* Router::keep_locked(const std::string& job_id, std::unique_ptr<Entry> entry) {
  if (!entry->view.job.done) unfinished_.insert(job_id);
  with_results_.insert(job_id);
  return (entries_[job_id] = std::move(entry)).get();
}

Result<Router::Entry*> Router::entry_locked(const std::string& job_id) {
  if (closed_) return closed_error();
  const auto found = entries_.find(job_id);
  if (found != entries_.end()) return found->second.get();
  auto job = store_->load(job_id);
  if (!job) return std::move(job.error());
  auto entry = std::make_unique<Entry>();
  entry->feeds = make_feeds(*job);
  entry->view.tracks.resize(job->batches.size());
  if (unloaded_.erase(job_id) > 0) {
    // Whatever is posted about it from now on comes behind this.
    entry->in_engine = true;
    engine_->post([this, job = *job, feeds = entry->feeds, uses = uses_of(*job),
                   active = config_.boolean("resume.auto")]() mutable {
      engine_->add(std::move(job), std::move(feeds), std::move(uses), active);
    });
  }
  entry->view.job = std::move(*job);
  return keep_locked(job_id, std::move(entry));
}

// ---- what the engine tells ----

void Router::enqueue_locked(std::function<void()> callback) {
  if (callbacks_due_.size() >= kMaxCallbacksDue) callbacks_due_.pop_front();
  callbacks_due_.push_back(std::move(callback));
  wake_.set();
  changed_.notify_all();
}

// Of a job that is done already nothing more is told.
void Router::add_done_locked(Entry* entry, DoneFn done) {
  const Job& job = entry->view.job;
  if (job.done) enqueue_locked([done = std::move(done), id = job.id] { done(id); });
  else entry->done.push_back(std::move(done));
}

void Router::job_changed(const Job& job, const std::vector<Track>& tracks) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(job.id);
    if (found == entries_.end()) return;
    Entry& entry = *found->second;
    entry.view.job = job;
    entry.view.tracks = tracks;
    if (job.done) unfinished_.erase(job.id);
    if (job.done || is_blocked(job)) {
      for (DoneFn& done : std::exchange(entry.done, {}))
        enqueue_locked([done = std::move(done), id = job.id] { done(id); });
    }
  }
  changed_.notify_all();
}

const char* event_name(std::int32_t event) {
  static constexpr const char* kNames[] = {
      "state", "progress", "batch_submitting", "batch_submitted", "batch_polled", "batch_ended", "retry", "unknown",
      "adopted", "resent", "blocked", "unknown_id", "duplicate_row", "malformed_row", "missing_results",
      "results_ready", "job_done", "warning", "requests_queued", "batch_processing", "batch_failed",
      "cache_hit_routed", "window_timer_error", "final_flush_submitting"};
  constexpr std::int32_t kCount = sizeof kNames / sizeof *kNames;
  return event < 1 || event > kCount ? "unknown_event" : kNames[event - 1];
}

void Router::job_event(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (event == BR_EVENT_RETRY) ++retries_;
  if (callbacks_.event) {
    std::string json;
    JsonWriter writer(&json);
    const Counts counts = counts_of(job);
    writer.begin_object().field("event", event_name(event)).field("job_id", job.id);
    writer.field("batch_id", batch == nullptr ? "" : batch->status.id).field("message", text);
    writer.field("status", state_name(state_of(job))).key("request_counts").begin_object();
    writer.field("total", counts.total).field("succeeded", counts.succeeded).field("errored", counts.errored);
    writer.field("processing", counts.processing).end_object().end_object();
    enqueue_locked([this, event, id = job.id, json = std::move(json)] { callbacks_.event(event, id, json); });
  }
  const bool bad = event == BR_EVENT_BLOCKED || event == BR_EVENT_WARNING || event == BR_EVENT_UNKNOWN;
  const std::int32_t level = bad                              ? BR_LOG_WARNING
                             : event == BR_EVENT_BATCH_POLLED ? BR_LOG_DEBUG
                                                              : BR_LOG_INFO;
  if (callbacks_.log && level <= callbacks_.log_level)
    enqueue_locked([this, level, line = job.id + ": " + text] { callbacks_.log(level, line); });
}

void Router::results_grew(const std::string& job_id) {
  {
    const std::lock_guard lock(mutex_);
    if (entries_.contains(job_id)) with_results_.insert(job_id);
  }
  changed_.notify_all();
}

void Router::store_failed(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!fatal_) fatal_ = error;
  }
  changed_.notify_all();
}

Result<Wait> Router::poll(std::int64_t timeout_ms) {
  std::deque<std::function<void()>> due;
  {
    auto held = use();
    if (!held) return Wait::ended;
    std::unique_lock lock(mutex_);
    const std::uint64_t seen = wakeups_used_;
    const auto ready = [&] { return !callbacks_due_.empty() || has_work_locked() || woken_locked(seen); };
    if (timeout_ms < 0) changed_.wait(lock, ready);
    else if (timeout_ms > 0) changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready);
    if (closed_) return Wait::ended;
    const bool served = serve(&lock);
    if (closed_) return served ? Wait::ready : Wait::ended;
    due.swap(callbacks_due_);
    wake_.clear();
    if (has_work_locked()) wake_.set();
    if (due.empty() && served) return Wait::ready;
    if (due.empty()) {
      const bool woken = wakeups_ != seen;
      wakeups_used_ = wakeups_;
      return woken ? Wait::woken : Wait::timed_out;
    }
  }
  for (const auto& callback : due) callback();
  return Wait::ready;
}

std::string Router::stats_json() {
  std::unique_lock lock(mutex_);
  wait_until_loaded(&lock);
  std::map<std::string, std::int64_t> states;
  std::int64_t done = 0, blocked = 0, pending = 0;
  TokenSums tokens;
  Cost cost;
  for (const auto& [id, entry] : entries_) {
    const Job& job = entry->view.job;
    states[state_name(state_of(job))] += 1;
    done += job.done ? 1 : 0;
    blocked += is_blocked(job) ? 1 : 0;
    pending += job.done ? 0 : counts_of(job).total;
    for (const RemoteBatch& batch : job.batches) tokens.add(batch.tokens);
    if (const auto used = prices_.cost(job)) cost.sync_usd += used->sync_usd, cost.batch_usd += used->batch_usd;
  }
  std::string out;
  JsonWriter json(&out);
  json.begin_object().field("version", BR_VERSION_STRING).field("jobs", static_cast<std::int64_t>(entries_.size()));
  json.field("jobs_done", done).field("jobs_blocked", blocked).key("jobs_by_state").begin_object();
  for (const auto& [state, count] : states) json.field(state, count);
  json.end_object().field("requests_submitted", submitted_).field("requests_pending", pending);
  json.field("results_delivered", delivered_).field("retries", retries_);
  json.field("callbacks_queued", static_cast<std::int64_t>(callbacks_due_.size()));
  if (transport_) {
    const TransportStats& net = transport_->stats();
    json.field("calls", net.requests).field("connections", net.connections);
    json.field("bytes_sent", net.bytes_sent).field("bytes_received", net.bytes_received);
    json.field("calls_under_way", static_cast<std::int64_t>(active_calls_));
  }
  json.field("input_tokens", tokens.input).field("output_tokens", tokens.output);
  json.key("sync_usd").number(cost.sync_usd).key("batch_usd").number(cost.batch_usd);
  json.end_object();
  return out;
}

}  // namespace br
