// A call that waits on a thread of its own, and a test that goes on when it does.
#pragma once

#include <future>
#include <thread>
#include <utility>

#include "core/jobs/monitor.h"

namespace br::test {

// Runs fn() on another thread; get() joins it.
template <class T>
class Background {
 public:
  template <class Fn>
  explicit Background(Fn fn) {
    std::packaged_task<T()> task(std::move(fn));
    result_ = task.get_future();
    thread_ = std::thread(std::move(task));
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() {
    if (thread_.joinable()) thread_.join();
  }
  T get() {
    thread_.join();
    return result_.get();
  }

 private:
  std::future<T> result_;
  std::thread thread_;
};

// A test of a Monitor's that tells when it was looked at first: what is said to the monitor from then on reaches the
// call, whether it sleeps already or not.
class Looked {
 public:
  explicit Looked(Monitor::Test test) : test_(std::move(test)), looked_(first_.get_future()) {}
  bool operator()() {
    if (!std::exchange(told_, true)) first_.set_value();
    return test_();
  }
  void wait() { looked_.wait(); }

 private:
  Monitor::Test test_;
  bool told_ = false;
  std::promise<void> first_;
  std::future<void> looked_;
};

}  // namespace br::test
