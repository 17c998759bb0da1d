// Monitor: how calls wait in the router. Whoever changes something that a call may be waiting for says changed(), after
// the change; a call that waits looks again each time. What it looks at is guarded by the mutexes of its owners; none of
// them is held while a call waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "model/error.h"
#include "sys/clock.h"
#include "sys/mutex.h"

namespace br {

enum class Wait : std::uint8_t { ready, timed_out, woken, ended };

class Monitor {
 public:
  using Test = std::function<bool()>;
  explicit Monitor(const Clock* clock);
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Called by calls that wait, when they have looked in vain. true: something was done, they look again at once.
  // Set before the first call waits.
  void set_helper(Test help) { help_ = std::move(help); }
  // Of a router without threads: what a call does in place of sleeping, for so long at most. Set likewise.
  void set_worker(std::function<void(std::int64_t most_ms)> work) { work_ = std::move(work); }

  void changed();
  // Ends the calls that wait now with Wait::woken; where none does, the next one that would wait.
  void wakeup();
  // Ends the calls that wait now.
  void interrupt();
  std::uint64_t interrupts();
  // The next call of this thread that waits ends by every interrupt() after the first `count`.
  void count_interrupts_since(std::uint64_t count);
  // The router can do nothing more; the first reason stays.
  void fail(Error why);
  // From here on every call ends with Code::closed.
  void close();
  bool is_closed() const { return closed_; }
  bool has_failed() const { return failed_; }
  // Code::closed, or why the router failed.
  Result<void> check();

  // Until ready(), which is called without any lock. A negative timeout is none. Errors: as check(). A call that is ready
  // uses up no wakeup().
  Result<Wait> wait(std::int64_t timeout_ms, const Test& ready);
  // The same, but that no wake-up ends it: for an answer that must not be missed.
  Result<Wait> wait_for_answer(std::int64_t timeout_ms, const Test& ready);
  // The same for values that ready() takes out of a queue: they are handed out also when the router has
  // failed, which does not end it.
  Result<Wait> wait_for_next(std::int64_t timeout_ms, const Test& ready);
  // The same for br_poll: what is due is handed out also when the router has failed, and nobody helps.
  Result<Wait> wait_in_poll(std::int64_t timeout_ms, const Test& ready);
  // For what the router's own threads do in any case: no wake-up ends it, and nobody helps.
  Result<void> wait_for_own_threads(const Test& ready);
  Result<Wait> wait_uninterrupted(std::int64_t timeout_ms, const Test& ready);

 private:
  enum class Caller : std::uint8_t { call, next, answer, poll, own };
  static bool is_helped(Caller caller) { return caller != Caller::poll && caller != Caller::own; }
  Result<Wait> wait_as(Caller caller, std::int64_t timeout_ms, const Test& ready);
  std::uint64_t first_interrupt(Caller caller) REQUIRES(mutex_);
  std::optional<Result<Wait>> end_of_wait(Caller caller, bool is_ready, std::uint64_t wakeups, std::uint64_t interrupts)
      REQUIRES(mutex_);

  const Clock* const clock_;
  const std::uint64_t number_;  // of this process's monitors: one may be made where another one stood
  Test help_;
  std::function<void(std::int64_t most_ms)> work_;
  std::atomic<bool> closed_{false}, failed_{false};
  Mutex mutex_;
  Condition condition_;
  std::uint64_t changes_ GUARDED_BY(mutex_) = 0;
  // A call is woken when there are more of them than had been used up when it began.
  std::uint64_t wakeups_ GUARDED_BY(mutex_) = 0, used_wakeups_ GUARDED_BY(mutex_) = 0;
  std::uint64_t interrupts_ GUARDED_BY(mutex_) = 0;
  std::optional<Error> failure_ GUARDED_BY(mutex_);
};

Error closed_error();

}  // namespace br
