// Executor: one thread for work that must not hold up the loop: reading result rows.
#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "sys/mutex.h"

namespace br {

class Executor {
 public:
  // failed(what) is called on its thread when a piece of work threw; the next ones are done all the same.
  explicit Executor(std::function<void(const char* what)> failed);
  ~Executor();  // stop()
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  // Work runs in the order it was posted; after stop() it is dropped.
  void post(std::function<void()> work);
  // Finishes what is under way, drops the rest. Not from two threads at once.
  void stop();

 private:
  void run();
  const std::function<void(const char*)> failed_;
  Mutex mutex_;
  Condition changed_;
  std::deque<std::function<void()>> work_ GUARDED_BY(mutex_);
  bool stop_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// Blocks every signal in the calling thread; ours must never run a host's handler.
void block_signals();

}  // namespace br
