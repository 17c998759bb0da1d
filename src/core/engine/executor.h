// Executor: one thread for work that must not hold up the loop: reading result rows.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace br {

class Executor {
 public:
  // failed(what) is called on its thread when a piece of work threw; the next ones are done all the same.
  explicit Executor(std::function<void(const char* what)> failed);
  ~Executor();  // finishes what is under way, drops the rest
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  // Work runs in the order it was posted.
  void post(std::function<void()> work);

 private:
  void run();
  const std::function<void(const char*)> failed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  bool stop_ = false;
  std::thread thread_;
};

// Blocks every signal in the calling thread; ours must never run a host's handler.
void block_signals();

}  // namespace br
