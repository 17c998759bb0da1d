// Router: what stands behind a br_router. It opens the state directory, makes the parts that do the work, runs the loop
// that drives the engine, and takes all of it down again. Any thread may use it and its parts.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "core/config.h"
#include "core/requests/prices.h"
#include "core/router/router_parts.h"
#include "core/world.h"
#include "sys/fork_mark.h"
#include "sys/mutex.h"

namespace br {

class Router {
 public:
  static Result<std::shared_ptr<Router>> open(const Config& config, RouterCallbacks callbacks, World world);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Waits for functions of providers that run on other threads and for exchanges with vendors, timeout_ms at most
  // (0: not at all, negative: without an end); then every call that waits ends, and no thread of the router's runs when
  // this returns. Code::invalid_argument where this thread is inside a submit, which cannot end under its own feet.
  Result<void> close(std::int64_t timeout_ms);
  bool is_closed() const { return monitor_.is_closed(); }
  // This process is a copy that fork() made: nothing of the router may be used.
  bool is_forked() const { return mark_.is_copy(); }
  int fd() const { return is_closed() ? -1 : events_.fd(); }

  // Another process works on the state; nothing can be submitted here.
  bool is_observer() const { return state_.is_observer(); }
  const Config& config() const { return config_; }
  const World& world() const { return world_; }
  Monitor& monitor() { return monitor_; }
  EventQueue& events() { return events_; }
  Accounts& accounts() { return parts_->accounts; }
  Submission& submission() { return parts_->submission; }
  JobTable& jobs() { return parts_->jobs; }
  JobControl& control() { return parts_->control; }
  JobViews& views() { return parts_->views; }
  Outbox& outbox() { return parts_->outbox; }
  ResultFiles& files() { return parts_->files; }
  Refetcher& refetcher() { return parts_->refetcher; }
  // One capture at a time. false: there is one.
  bool begin_capture() { return !has_capture_.exchange(true); }
  void end_capture() { has_capture_ = false; }
  // Figures of everything together. Waits until all jobs of earlier processes are read.
  Result<std::string> stats_json();

 private:
  Router(Config config, RouterCallbacks callbacks, World world);
  Result<void> start();
  void run_loop();
  void turn(std::int64_t most_ms);
  void work(std::int64_t most_ms);
  void thread_failed(const char* what);
  void count_active_calls();
  void wait_for_others(std::int64_t timeout_ms);
  void take_down();

  const Config config_;
  const World world_;
  const ForkMark mark_;
  Monitor monitor_{world_.clock.get()};
  Gate gate_;
  EventQueue events_;
  RouterState state_{&world_, &events_};
  Prices prices_;
  std::unique_ptr<RouterParts> parts_;  // from start() on
  std::thread loop_;
  std::atomic<bool> stop_{false}, has_capture_{false};
  std::atomic<std::size_t> active_calls_{0};  // exchanges with vendors under way
  std::atomic<bool> thread_failed_{false};
  // Made when there is memory, for the time when there may be none left.
  Error thread_error_{Code::internal, "a thread of the router ended",
                      "close the router and open it again: what was submitted is kept; please report this"};
  Mutex closing_;                            // held by the one thread that closes; taken before every other mutex
  std::atomic<std::thread::id> closer_{};  // that thread
};

}  // namespace br
