// Calls of external providers: begun by the engine, made by the threads that wait in the router,
// answered back to the engine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/http.h"
#include "providers/provider.h"
#include "sys/mutex.h"

namespace br {

// One call. It may be begun or dropped, on any thread of the caller's.
struct ExternalWork {
  const Provider* provider = nullptr;  // of each one call at a time; nullptr: nothing is called
  std::function<void()> run;
  // A create call: what it is for.
  bool create = false;
  std::string job_id;
  std::size_t part = 0;
  std::shared_ptr<const void> hold;  // what run needs
};

// Where answers come in. Outlives the engine, since a call may end after it.
class ExternalAnswers {
 public:
  explicit ExternalAnswers(Transport* transport) : transport_(transport) {}
  struct Answer {
    bool create = false;
    std::function<void()> apply;  // for the loop's thread
  };
  // Any thread. After close() nothing comes of it.
  void post(Answer answer) {
    const MutexLock lock(&mutex_);
    if (transport_ == nullptr) return;
    answers_.push_back(std::move(answer));
    transport_->wake();
  }
  std::vector<Answer> drain() {
    const MutexLock lock(&mutex_);
    return std::exchange(answers_, {});
  }
  void close() {
    const MutexLock lock(&mutex_);
    transport_ = nullptr;
    answers_.clear();
  }

 private:
  Mutex mutex_;
  Transport* transport_ GUARDED_BY(mutex_);
  std::vector<Answer> answers_ GUARDED_BY(mutex_);
};

}  // namespace br
