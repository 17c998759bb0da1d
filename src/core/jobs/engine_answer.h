// EngineAnswer: what the engine's thread answers to a call that waits in the router. Shared by both, so that either may
// leave first.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/engine/engine.h"
#include "core/jobs/monitor.h"
#include "sys/mutex.h"

namespace br {

template <class T>
class EngineAnswer {
 public:
  explicit EngineAnswer(Monitor* monitor) : monitor_(monitor) {}
  // Once, on the engine's thread.
  void give(T value) {
    {
      const MutexLock lock(&mutex_);
      value_ = std::move(value);
    }
    monitor_->changed();
  }
  bool is_given() {
    const MutexLock lock(&mutex_);
    return value_.has_value();
  }
  // Once it is given.
  T receive() {
    const MutexLock lock(&mutex_);
    return std::move(*value_);
  }

 private:
  Monitor* const monitor_;
  Mutex mutex_;
  std::optional<T> value_ GUARDED_BY(mutex_);
};

// Runs fn() on the engine's thread and waits for it, however long: that thread waits for nobody. Code::closed and why the
// router failed are the other ends.
template <class Fn>
Result<void> run_on_engine(Engine* engine, Monitor* monitor, Fn fn) {
  auto answer = std::make_shared<EngineAnswer<bool>>(monitor);
  engine->post([fn = std::move(fn), answer]() mutable {
    fn();
    answer->give(true);
  });
  return monitor->wait_for_own_threads([answer] { return answer->is_given(); });
}

}  // namespace br
