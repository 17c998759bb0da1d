// ResultTurns: which jobs may have results that nobody took yet, and whose turn it is. A job that is being looked at is
// not among them; what comes meanwhile, or what is left, puts it back.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "sys/mutex.h"

namespace br {

class ResultTurns {
 public:
  // true: it had none before, so that whoever waits for its results is to be told.
  bool add(const std::string& job_id) {
    const MutexLock lock(&mutex_);
    return waiting_.insert(job_id).second;
  }
  void remove(const std::string& job_id) {
    const MutexLock lock(&mutex_);
    waiting_.erase(job_id);
  }
  // Begins a look at the next job, each in its turn. Empty: there is none.
  std::string begin_next() {
    const MutexLock lock(&mutex_);
    if (waiting_.empty()) return {};
    auto next = waiting_.upper_bound(served_);
    if (next == waiting_.end()) next = waiting_.begin();
    served_ = *next;
    waiting_.erase(next);
    ++looks_;
    return served_;
  }
  // Begins a look at that job; whether it was among those that may have some. Else the look keeps nobody waiting.
  bool begin(const std::string& job_id) {
    const MutexLock lock(&mutex_);
    const bool had_some = waiting_.erase(job_id) > 0;
    if (had_some) ++looks_;
    return had_some;
  }
  // had_some: what begin() said. true: somebody may wait for this. A look that took nothing and puts nothing back is no
  // news: calls that wait look as well, and would wake each other for ever.
  bool end(const std::string& job_id, bool had_some, bool has_more) {
    const MutexLock lock(&mutex_);
    if (had_some) --looks_;
    const bool is_new = has_more && waiting_.insert(job_id).second;
    return had_some || is_new;
  }
  // Every job was looked at to its end, and nobody is looking.
  bool is_idle() {
    const MutexLock lock(&mutex_);
    return waiting_.empty() && looks_ == 0;
  }

 private:
  Mutex mutex_;
  std::set<std::string, std::less<>> waiting_ GUARDED_BY(mutex_);
  std::string served_ GUARDED_BY(mutex_);  // the last one whose turn it was
  std::size_t looks_ GUARDED_BY(mutex_) = 0;
};

}  // namespace br
