#include "core/router/router.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "batchrouter.h"
#include "sys/file_size_signal.h"
#include "sys/wall.h"

namespace br {
namespace {

constexpr std::int64_t kLongestTurnMs = 3'600'000;
constexpr std::int64_t kDeletionsMs = 5'000;  // what closing waits for the deletion of remote files, at most

// Several files of certificates become one text; one that cannot be read is left out beside one that can.
void trust(FileSystem* system, TransportOptions* options, const Config& config) {
  constexpr std::size_t kMostCertificates = std::size_t{16} << 20;
  const auto directories = values_in_force(config, "http.ca_directory");
  if (!directories.empty()) options->ca_directory = directories.front();
  const auto files = values_in_force(config, "http.ca_file");
  if (!files.empty()) options->ca_file = files.front();
  if (files.size() < 2) return;
  for (const std::string& file : files) {
    if (auto pem = system->read_whole_file(file, kMostCertificates)) options->ca_pem += *pem + "\n";
  }
}

}  // namespace

Router::Router(Config config, RouterCallbacks callbacks, World world)
    : world_(std::move(world)),
      config_(std::move(config)),
      auto_ack_(config_.boolean("delivery.auto_ack")),
      callbacks_(std::make_shared<const RouterCallbacks>(std::move(callbacks))) {}

Result<std::shared_ptr<Router>> Router::open(const Config& config, RouterCallbacks callbacks, World world) {
  const NoFileSizeSignal quiet;
  std::shared_ptr<Router> router(new Router(config, std::move(callbacks), std::move(world)));
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

void Router::start() {
  TransportOptions options;
  options.connect_timeout_ms = config_.integer("http.connect_timeout_ms");
  options.stall_timeout_ms = config_.integer("http.stall_timeout_ms");
  options.call_timeout_ms = config_.integer("http.call_timeout_ms");
  options.files = world_.files;
  trust(world_.files, &options, config_);
  options.user_agent = std::string("batchrouter/") + BR_VERSION_STRING;
  transport_ = world_.make_transport(options);
  executor_ = std::make_unique<Executor>([this](const char* what) { thread_failed(what); });
  engine_ = std::make_unique<Engine>(
      EngineParts{store_.get(), transport_.get(), world_.clock.get(), world_.random, executor_.get(), this, spool_.get(), &config_,
                  &directory_, callbacks_->log && callbacks_->log_level >= BR_LOG_DEBUG});
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
  while (!stop_ && !broken_) {
    behind_wall(
        [this] {
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
        },
        [this](const char* what) { thread_failed(what); });
  }
}

// On any thread, when there may be no memory left: the error was made when there was some.
void Router::thread_failed(const char* what) {
  broken_ = true;
  {
    const std::lock_guard lock(mutex_);
    if (!fatal_) fatal_ = std::move(thread_error_);
    behind_wall([&] { fatal_->message.append(": ").append(what); }, [](const char*) {});
  }
  changed_.notify_all();
  if (transport_ != nullptr) transport_->wake();
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
  const NoFileSizeSignal quiet;
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
    tell_of_ends();
    engine_->finish_deletions(kDeletionsMs);
    *left = engine_->take_holds();
  }
  for (ExternalWork& work : not_begun) left->push_back(std::move(work.hold));
  engine_.reset();
  transport_.reset();
  take_callbacks(left);
  remove_fresh_state();
  store_.reset();
  lock_ = FileLock();
}

// Jobs and results keep a closed router in memory, and what belongs to its callbacks may hold those in its turn.
void Router::take_callbacks(std::vector<std::shared_ptr<const void>>* left) {
  const auto due = std::make_shared<std::deque<std::function<void()>>>();
  const auto done = std::make_shared<std::vector<DoneFn>>();
  const std::lock_guard lock(mutex_);
  due->swap(callbacks_due_);
  for (auto& [id, entry] : entries_) {
    entry->delivery.reset();
    std::move(entry->done.begin(), entry->done.end(), std::back_inserter(*done));
    entry->done.clear();
  }
  left->insert(left->end(), {due, done, std::exchange(callbacks_, nullptr)});
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

}  // namespace br
