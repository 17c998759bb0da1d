#include "core/jobs/monitor.h"

#include <algorithm>
#include <utility>

namespace br {
namespace {
// Of one sleep; then the call looks again, whether or not anybody said that something changed.
constexpr std::int64_t kLongestSleepMs = 60'000;

// What count_interrupts_since() said on this thread.
struct Since {
  std::uint64_t monitor = 0;  // its number; 0: it said nothing
  std::uint64_t count = 0;
};
thread_local Since interrupts_since;

std::atomic<std::uint64_t> last_number{0};

}  // namespace

Monitor::Monitor(const Clock* clock) : clock_(clock), number_(++last_number) {}

Error closed_error() { return Error(Code::closed, "the router is closed", "open a new one"); }

void Monitor::changed() {
  {
    const MutexLock lock(&mutex_);
    ++changes_;
  }
  condition_.notify_all();
}

void Monitor::wakeup() {
  {
    const MutexLock lock(&mutex_);
    ++wakeups_;
  }
  condition_.notify_all();
}

void Monitor::interrupt() {
  {
    const MutexLock lock(&mutex_);
    ++interrupts_;
  }
  condition_.notify_all();
}

std::uint64_t Monitor::interrupts() {
  const MutexLock lock(&mutex_);
  return interrupts_;
}

void Monitor::count_interrupts_since(std::uint64_t count) { interrupts_since = {number_, count}; }

std::uint64_t Monitor::first_interrupt(Caller caller) {
  if ((caller != Caller::call && caller != Caller::next) || interrupts_since.monitor != number_) return interrupts_;
  interrupts_since.monitor = 0;
  return interrupts_since.count;
}

void Monitor::fail(Error why) {
  {
    const MutexLock lock(&mutex_);
    if (!failure_) failure_ = std::move(why);
    failed_ = true;
    ++wakeups_;  // br_poll goes on, and whoever waits for it to tell of changes looks at the other calls
  }
  condition_.notify_all();
}

void Monitor::close() {
  {
    const MutexLock lock(&mutex_);
    closed_ = true;
  }
  condition_.notify_all();
}

Result<void> Monitor::check() {
  if (closed_) return closed_error();
  if (!failed_) return {};
  const MutexLock lock(&mutex_);
  return *failure_;
}

Result<Wait> Monitor::wait(std::int64_t timeout_ms, const Test& ready) {
  return wait_as(Caller::call, timeout_ms, ready);
}

Result<Wait> Monitor::wait_for_next(std::int64_t timeout_ms, const Test& ready) {
  return wait_as(Caller::next, timeout_ms, ready);
}

Result<Wait> Monitor::wait_for_answer(std::int64_t timeout_ms, const Test& ready) {
  return wait_as(Caller::answer, timeout_ms, ready);
}

Result<Wait> Monitor::wait_in_poll(std::int64_t timeout_ms, const Test& ready) {
  return wait_as(Caller::poll, timeout_ms, ready);
}

Result<void> Monitor::wait_for_own_threads(const Test& ready) {
  auto waited = wait_as(Caller::own, -1, ready);
  BR_RETURN_IF_ERROR(waited);
  return {};
}

Result<Wait> Monitor::wait_uninterrupted(std::int64_t timeout_ms, const Test& ready) {
  return wait_as(Caller::own, timeout_ms, ready);
}

// Nothing: it goes on.
std::optional<Result<Wait>> Monitor::end_of_wait(Caller caller, bool is_ready, std::uint64_t wakeups,
                                                 std::uint64_t interrupts) {
  if (is_ready && caller == Caller::next) return Result<Wait>(Wait::ready);
  if (closed_) return Result<Wait>(closed_error());
  if (failure_ && caller != Caller::poll && caller != Caller::next) return Result<Wait>(*failure_);
  if (is_ready) return Result<Wait>(Wait::ready);
  if (caller == Caller::own || caller == Caller::answer) return std::nullopt;
  if (wakeups_ == wakeups && interrupts_ == interrupts) return std::nullopt;
  used_wakeups_ = wakeups_;
  return Result<Wait>(Wait::woken);
}

Result<Wait> Monitor::wait_as(Caller caller, std::int64_t timeout_ms, const Test& ready) {
  const std::int64_t began_ms = clock_->now_ms();
  MutexLock lock(&mutex_);
  const std::uint64_t wakeups = used_wakeups_, interrupts = first_interrupt(caller);
  for (;;) {
    const std::uint64_t changes = changes_;  // read before the look: what changes meanwhile is looked at again
    lock.unlock();
    const bool is_ready = ready();
    const bool helped = !is_ready && is_helped(caller) && help_ && help_();
    lock.lock();
    if (auto ended = end_of_wait(caller, is_ready, wakeups, interrupts)) return std::move(*ended);
    if (helped) continue;
    std::int64_t sleep_ms = kLongestSleepMs;
    if (timeout_ms >= 0) sleep_ms = std::min(sleep_ms, timeout_ms - (clock_->now_ms() - began_ms));
    if (sleep_ms <= 0) return Wait::timed_out;
    if (changes_ != changes) continue;
    if (!work_) {
      condition_.wait_for(&lock, sleep_ms);
      continue;
    }
    lock.unlock();
    work_(sleep_ms);
    lock.lock();
  }
}

}  // namespace br
