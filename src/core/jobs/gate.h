// Gate: keeps what a router is made of (engine, store, transport) there for as long as somebody uses it. Whoever does
// holds a Pass; close() lets nobody in any more and waits until the last Pass is given back. Nobody holds one while it
// waits for another thread of the caller's, or while code of the caller's runs.
#pragma once

#include <cstddef>
#include <utility>

#include "core/jobs/monitor.h"
#include "model/error.h"
#include "sys/mutex.h"

namespace br {

class Gate {
 public:
  class Pass {
   public:
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    Gate* gate_;
  };

  // Any thread, also one that has a Pass. Code::closed.
  Result<Pass> enter() {
    const MutexLock lock(&mutex_);
    if (closed_) return closed_error();
    ++inside_;
    return Pass(this);
  }
  void close() {
    MutexLock lock(&mutex_);
    closed_ = true;
    while (inside_ > 0) empty_.wait(&lock);
  }

 private:
  void leave() {
    const MutexLock lock(&mutex_);
    if (--inside_ == 0) empty_.notify_all();  // under the lock: the gate may be gone right after
  }

  Mutex mutex_;
  Condition empty_;
  std::size_t inside_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace br
