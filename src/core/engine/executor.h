// Executor: work that must not hold up the loop: reading result rows. It has one thread for it, or none: then somebody
// calls run_one().
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <thread>

#include "sys/mutex.h"

namespace br {

class Executor {
 public:
  enum class Worker : std::uint8_t { own_thread, caller };
  // failed(what) is called on the thread that does the work when a piece of it threw; the next ones are done all the same.
  explicit Executor(std::function<void(const char* what)> failed, Worker worker = Worker::own_thread);
  ~Executor();  // stop()
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  // Work runs in the order it was posted; after stop() it is dropped.
  void post(std::function<void()> work);
  // Worker::caller: does the oldest piece of work; false: there is none.
  bool run_one();
  bool has_work();
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
