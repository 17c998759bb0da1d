// The router's work for providers from outside: calls wait here until a thread of the caller's waits in the router.
#include <algorithm>
#include <chrono>

#include "core/router.h"

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

}  // namespace

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
  if (stop_) return work_.end();
  return std::find_if(work_.begin(), work_.end(), [this](const ExternalWork& work) {
    return std::none_of(serving_.begin(), serving_.end(), [&work](const Serving& other) {
      return work.provider != nullptr && other.provider == work.provider;
    });
  });
}

bool Router::serve(std::unique_lock<std::mutex>* lock) {
  const auto next = next_work_locked();
  if (next == work_.end()) return false;
  const std::thread::id self = std::this_thread::get_id();
  serving_.push_back({self, next->provider});
  {
    ExternalWork work = std::move(*next);
    work_.erase(next);
    const Unlocked unlocked(lock);
    if (work.run) work.run();
    work = {};
  }
  // The newest of this thread's: a provider's function may wait in the router itself.
  const auto mine =
      std::find_if(serving_.rbegin(), serving_.rend(), [&](const Serving& s) { return s.thread == self; });
  serving_.erase(std::next(mine).base());
  if (has_work_locked()) wake_.set();
  changed_.notify_all();
  return true;
}

bool Router::wait_serving(std::unique_lock<std::mutex>* lock, std::int64_t timeout_ms,
                          const std::function<bool()>& ready) {
  const std::int64_t asked_ms = clock_.now_ms();
  const auto wake = [&] { return ready() || has_work_locked(); };
  for (;;) {
    if (ready()) return true;
    const bool served = serve(lock);
    if (timeout_ms < 0) {
      if (!served) changed_.wait(*lock, wake);
      continue;
    }
    const std::int64_t left_ms = timeout_ms - (clock_.now_ms() - asked_ms);
    if (left_ms <= 0) return ready();
    if (!served) changed_.wait_for(*lock, std::chrono::milliseconds(std::min(left_ms, kLongestWaitMs)), wake);
  }
}

// Calls that other threads make for providers from outside; what this thread makes itself cannot be waited for.
void Router::wait_for_others(std::int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  const std::thread::id self = std::this_thread::get_id();
  const auto ready = [&] {
    return std::all_of(serving_.begin(), serving_.end(), [&](const Serving& s) { return s.thread == self; });
  };
  if (timeout_ms < 0)
    changed_.wait(lock, ready);
  else
    changed_.wait_for(lock, std::chrono::milliseconds(std::min(timeout_ms, kLongestCloseMs)), ready);
}

}  // namespace br
