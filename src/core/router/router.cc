#include "core/router/router.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "batchrouter.h"
#include "core/router/router_stats.h"
#include "sys/file_size_signal.h"
#include "sys/wall.h"

namespace br {
namespace {

constexpr std::int64_t kLongestTurnMs = 3'600'000;
constexpr std::int64_t kLongestCloseMs = 86'400'000;
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

TransportOptions transport_options(FileSystem* files, const Config& config) {
  TransportOptions options;
  options.connect_timeout_ms = config.integer("http.connect_timeout_ms");
  options.stall_timeout_ms = config.integer("http.stall_timeout_ms");
  options.call_timeout_ms = config.integer("http.call_timeout_ms");
  options.transfers_per_account = config.integer("transfers.per_account");
  options.files = files;
  trust(files, &options, config);
  options.user_agent = std::string("batchrouter/") + BR_VERSION_STRING;
  return options;
}

}  // namespace

Router::Router(Config config, RouterCallbacks callbacks, World world)
    : config_(std::move(config)), world_(std::move(world)), events_(std::move(callbacks), &monitor_) {}

Result<std::shared_ptr<Router>> Router::open(const Config& config, RouterCallbacks callbacks, World world) {
  const NoFileSizeSignal quiet;
  Config own = config;
  own.use_key_ring(std::make_shared<KeyRing>());
  std::shared_ptr<Router> router(new Router(std::move(own), std::move(callbacks), std::move(world)));
  auto prices = Prices::load(router->world_.files, config);
  BR_RETURN_IF_ERROR(prices);
  router->prices_ = std::move(*prices);
  BR_RETURN_IF_ERROR(router->state_.open(router->config_));
  BR_RETURN_IF_ERROR(router->start());
  return router;
}

Router::~Router() {
  if (is_forked()) {
    // The threads, locks and files belong to the parent: nothing of them may be touched here.
    // Not even detached: the C library may have given the thread's memory to another one.
    [[maybe_unused]] auto* loop = new std::thread(std::move(loop_));
    [[maybe_unused]] auto* parts = parts_.release();
    state_.abandon();
    return;
  }
  [[maybe_unused]] const auto closed = close(0);
}

Result<void> Router::start() {
  const RouterBase base = {&config_, &world_, &monitor_, &gate_, &events_, &state_, &prices_};
  parts_ = std::make_unique<RouterParts>(base, world_.make_transport(transport_options(world_.files, config_)),
                                         [this](const char* what) { thread_failed(what); });
  monitor_.set_helper([this] { return events_.help(); });
  if (!world_.has_threads) monitor_.set_worker([this](std::int64_t most_ms) { work(most_ms); });
  if (state_.is_observer()) return {};
  if (auto listed = parts_->jobs.list_unsettled(); !listed) monitor_.fail(std::move(listed.error()));
  if (world_.has_threads) loop_ = std::thread([this] { run_loop(); });
  return {};
}

void Router::run_loop() {
  block_signals();
  while (!stop_)
    behind_wall([this] { turn(kLongestTurnMs); }, [this](const char* what) { thread_failed(what); });
}

// Without threads: one piece of what they would have done, in either order. On a call that waits.
void Router::work(std::int64_t most_ms) {
  if (stop_ || is_closed() || is_observer()) return parts_->transport->wait(most_ms);
  const bool reads_first = (world_.random->next() & 1) != 0;
  if (reads_first && parts_->executor->run_one()) return;
  const std::int64_t wait_ms = parts_->executor->has_work() ? 0 : most_ms;
  behind_wall([&] { turn(wait_ms); }, [this](const char* what) { thread_failed(what); });
}

void Router::turn(std::int64_t most_ms) {
  parts_->jobs.load_some();
  std::int64_t wait = parts_->jobs.is_loading() ? 0 : parts_->engine->idle_ms();
  if (wait < 0 || wait > most_ms) wait = most_ms;
  if (parts_->outbox.has_unsaved()) wait = std::min(wait, config_.integer("delivery.ack_interval_ms"));
  parts_->engine->turn(wait);
  parts_->outbox.save_acknowledgements(Outbox::Save::when_due);
  count_active_calls();
}

// On a thread of the router's, when there may be no memory left. Nothing more is done by any of them.
void Router::thread_failed(const char* what) {
  stop_ = true;
  if (thread_failed_.exchange(true)) return;
  const bool no_memory = std::string_view(what) == kOutOfMemory;
  behind_wall([&] { thread_error_.message.append(": ").append(what); }, [](const char*) {});
  if (no_memory) {
    thread_error_.code = Code::no_memory;
    thread_error_.hint.resize(thread_error_.hint.find(';'));  // it is no fault to report
  }
  monitor_.fail(std::move(thread_error_));
  if (parts_ != nullptr && parts_->transport != nullptr) parts_->transport->wake();
}

void Router::count_active_calls() {
  const std::size_t active = parts_->transport->active();
  if (active_calls_.exchange(active) != active && active == 0) monitor_.changed();
}

void Router::wait_for_others(std::int64_t timeout_ms) {
  events_.stop_providers();
  if (timeout_ms != 0 && parts_ != nullptr)
    parts_->engine->post([engine = parts_->engine.get()] { engine->begin_nothing_more(); });
  const std::int64_t most_ms = std::min(timeout_ms, kLongestCloseMs);
  (void)monitor_.wait_uninterrupted(most_ms, [this, timeout_ms] {
    return (timeout_ms == 0 || active_calls_ == 0) && !events_.others_are_busy();
  });
}

// First the calls that wait end and no other comes in; then nobody uses what is taken down.
Result<void> Router::close(std::int64_t timeout_ms) {
  const NoFileSizeSignal quiet;
  const std::thread::id self = std::this_thread::get_id();
  if (closer_ == self) return {};  // out of a destroy function that the closing runs
  if (parts_ != nullptr && parts_->submission.is_inside())
    return Error(Code::invalid_argument, "the router cannot be closed from within a submit",
                 "close it when br_submit has returned");
  events_.mark_closing();
  const MutexLock closing(&closing_);
  if (is_closed()) return {};
  closer_ = self;
  wait_for_others(timeout_ms);
  monitor_.close();
  events_.ring();
  gate_.close();
  take_down();
  closer_ = std::thread::id();
  return {};
}

void Router::take_down() {
  stop_ = true;
  if (loop_.joinable()) {
    parts_->transport->wake();
    loop_.join();
  }
  std::vector<std::shared_ptr<const void>> holds;  // dropped last: code of the caller's may run then
  std::deque<ExternalWork> not_begun = events_.drain_providers();
  if (parts_ != nullptr) {
    parts_->executor->stop();  // what settles may still post to it
    parts_->engine->settle_external(not_begun);
    for (ExternalWork& work : events_.drain_providers()) holds.push_back(std::move(work.hold));  // what settled asked for
    parts_->outbox.save_acknowledgements(Outbox::Save::at_once);
    if (!monitor_.has_failed()) parts_->repeats.tell_of_ends();
    parts_->engine->save_counts();
    parts_->engine->finish_deletions(kDeletionsMs);
    for (auto& hold : parts_->engine->release_holds()) holds.push_back(std::move(hold));
    parts_->engine.reset();
    parts_->executor.reset();
    parts_->transport.reset();
    parts_->outbox.close();
    holds.push_back(parts_->jobs.release_callbacks());
  }
  for (ExternalWork& work : not_begun) holds.push_back(std::move(work.hold));
  for (auto& callbacks : events_.release_callbacks()) holds.push_back(std::move(callbacks));
  state_.close();
}

Result<std::string> Router::stats_json() {
  const auto pass = gate_.enter();
  BR_RETURN_IF_ERROR(pass);
  (void)parts_->jobs.wait_until_loaded();
  return br::stats_json(*parts_, events_, prices_, active_calls_);
}

}  // namespace br
