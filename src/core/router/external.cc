// The router's work for providers from outside: calls wait here until a thread of the caller's waits in the router.
#include <algorithm>
#include <chrono>
#include <iterator>

#include "core/router/router.h"

namespace br {
namespace {

constexpr std::int64_t kLongestWaitMs = 60'000;
constexpr std::int64_t kLongestCloseMs = 86'400'000;

// Leaves the lock for as long as it lives.
class Unlocked {
 public:
  explicit Unlocked(std::unique_lock<std::mutex>* lock) : lock_(lock) { lock_->unlock(); }
  ~Unlocked() { lock_->lock(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  std::unique_lock<std::mutex>* lock_;
};

// Gives back what a Use of this thread holds for as long as it lives. Ends before Unlocked does: a lock of the router's
// life is taken before its mutex.
class Unused {
 public:
  explicit Unused(std::shared_mutex* life) : life_(life) { life_->unlock_shared(); }
  ~Unused() { life_->lock_shared(); }
  Unused(const Unused&) = delete;
  Unused& operator=(const Unused&) = delete;

 private:
  std::shared_mutex* life_;
};

}  // namespace

// The newest of this thread's calls has ended: a provider's function may wait in the router itself.
Router::Served::~Served() {
  const std::lock_guard lock(router_->mutex_);
  auto& serving = router_->serving_;
  const auto mine = std::find_if(serving.rbegin(), serving.rend(),
                                 [](const Serving& s) { return s.thread == std::this_thread::get_id(); });
  serving.erase(std::next(mine).base());
  if (router_->has_work_locked()) router_->wake_.set();
  router_->changed_.notify_all();
}

Router::Submitting::Submitting(Router* router) : router_(router) {
  const std::lock_guard lock(router_->mutex_);
  router_->submitting_.push_back(std::this_thread::get_id());
}

Router::Submitting::~Submitting() {
  const std::lock_guard lock(router_->mutex_);
  auto& threads = router_->submitting_;
  threads.erase(std::find(threads.begin(), threads.end(), std::this_thread::get_id()));
}

void Router::external_work(ExternalWork work) {
  {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    wake_.set();
  }
  changed_.notify_all();
}

// The oldest call whose provider is not busy with another one.
std::deque<ExternalWork>::iterator Router::next_work_locked() {
  if (closing_) return work_.end();
  return std::find_if(work_.begin(), work_.end(), [this](const ExternalWork& work) {
    return std::none_of(serving_.begin(), serving_.end(), [&work](const Serving& other) {
      return work.provider != nullptr && other.provider == work.provider;
    });
  });
}

bool Router::serve(std::unique_lock<std::mutex>* lock) {
  const auto next = next_work_locked();
  if (next == work_.end()) return false;
  ExternalWork taken = std::move(*next);
  work_.erase(next);
  serving_.push_back({std::this_thread::get_id(), taken.provider});
  const Unlocked unlocked(lock);
  const Unused unused(&life_);
  const Served served(this);
  const ExternalWork work = std::move(taken);  // dropped first, since that may run code from outside as well
  if (work.run) work.run();
  return true;
}

bool Router::wait_serving(std::unique_lock<std::mutex>* lock, std::int64_t timeout_ms,
                          const std::function<bool()>& ready) {
  const std::int64_t asked_ms = world_.clock->now_ms();
  const auto wake = [&] { return ready() || has_work_locked(); };
  for (;;) {
    if (ready()) return true;
    const bool served = serve(lock);
    if (timeout_ms < 0) {
      if (!served) changed_.wait(*lock, wake);
      continue;
    }
    const std::int64_t left_ms = timeout_ms - (world_.clock->now_ms() - asked_ms);
    if (left_ms <= 0) return ready();
    if (!served) changed_.wait_for(*lock, std::chrono::milliseconds(std::min(left_ms, kLongestWaitMs)), wake);
  }
}

void Router::wait_for_others(std::int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  closing_ = true;
  const std::thread::id self = std::this_thread::get_id();
  const auto ready = [&] {
    return fatal_ || ((timeout_ms == 0 || active_calls_ == 0) &&
                      std::all_of(serving_.begin(), serving_.end(),
                                  [&](const Serving& s) { return s.closing || s.thread == self; }));
  };
  if (timeout_ms < 0)
    changed_.wait(lock, ready);
  else if (timeout_ms > 0)
    changed_.wait_for(lock, std::chrono::milliseconds(std::min(timeout_ms, kLongestCloseMs)), ready);
  closed_ = true;
}

}  // namespace br
