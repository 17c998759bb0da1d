#include "core/engine/executor.h"

#include <csignal>

#include "sys/wall.h"

namespace br {

void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Executor::Executor(std::function<void(const char*)> failed, Worker worker) : failed_(std::move(failed)) {
  if (worker == Worker::own_thread) thread_ = std::thread([this] { run(); });
}

Executor::~Executor() { stop(); }

void Executor::stop() {
  {
    const MutexLock lock(&mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Executor::post(std::function<void()> work) {
  {
    const MutexLock lock(&mutex_);
    if (stop_) return;
    work_.push_back(std::move(work));
  }
  changed_.notify_all();
}

bool Executor::has_work() {
  const MutexLock lock(&mutex_);
  return !work_.empty();
}

bool Executor::run_one() {
  std::function<void()> work;
  {
    const MutexLock lock(&mutex_);
    if (stop_ || work_.empty()) return false;
    work = std::move(work_.front());
    work_.pop_front();
  }
  behind_wall(work, failed_);
  return true;
}

void Executor::run() {
  block_signals();
  for (;;) {
    std::function<void()> work;
    {
      MutexLock lock(&mutex_);
      while (!stop_ && work_.empty()) changed_.wait(&lock);
      if (stop_) return;
      work = std::move(work_.front());
      work_.pop_front();
    }
    behind_wall(work, failed_);
  }
}

}  // namespace br
