// ResultTurns: which jobs may have results that nobody took yet, and whose turn it is. A job that is being looked at is
// not among them; what comes meanwhile, or what is left, puts it back.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "sys/mutex.h"

namespace br {

class ResultTurns {
  using Jobs = std::set<std::string, std::less<>>;

 public:
  // A look at one job, which keeps those waiting who wait for the end of all results, where there may have been some.
  // One that ends by an exception puts its job back.
  class Turn {
   public:
    // Of the next job, each in its turn; job_id() is empty where there is none.
    explicit Turn(ResultTurns* turns) : turns_(turns) {
      const MutexLock lock(&turns_->mutex_);
      Jobs& waiting = turns_->waiting_;
      if (waiting.empty()) return;
      auto next = waiting.upper_bound(turns_->served_);
      if (next == waiting.end()) next = waiting.begin();
      turns_->served_ = job_id_ = *next;
      begin(next);
    }
    Turn(ResultTurns* turns, std::string job_id) : turns_(turns), job_id_(std::move(job_id)) {
      const MutexLock lock(&turns_->mutex_);
      if (const auto found = turns_->waiting_.find(job_id_); found != turns_->waiting_.end()) begin(found);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (!place_.empty()) (void)end(true);
    }
    const std::string& job_id() const { return job_id_; }
    // Once. true: somebody may wait for this. A look that took nothing and puts nothing back is no news: calls that wait
    // look as well, and would wake each other for ever.
    bool end(bool has_more) {
      const MutexLock lock(&turns_->mutex_);
      Jobs::node_type place = std::move(place_);
      const bool had_some = !place.empty();
      if (had_some) --turns_->looks_;
      if (!has_more) return had_some;
      return (had_some ? turns_->waiting_.insert(std::move(place)).inserted : turns_->waiting_.insert(job_id_).second) ||
             had_some;
    }

   private:
    void begin(Jobs::const_iterator job) REQUIRES(turns_->mutex_) {
      place_ = turns_->waiting_.extract(job);
      ++turns_->looks_;
    }

    ResultTurns* const turns_;
    std::string job_id_;
    Jobs::node_type place_;  // of the job, if it was among those that may have some: it needs no memory to be put back
  };

  // true: it had none before, so that whoever waits for its results is to be told.
  bool add(const std::string& job_id) {
    const MutexLock lock(&mutex_);
    return waiting_.insert(job_id).second;
  }
  void remove(const std::string& job_id) {
    const MutexLock lock(&mutex_);
    waiting_.erase(job_id);
  }
  // Every job was looked at to its end, and nobody is looking.
  bool is_idle() {
    const MutexLock lock(&mutex_);
    return waiting_.empty() && looks_ == 0;
  }

 private:
  Mutex mutex_;
  Jobs waiting_ GUARDED_BY(mutex_);
  std::string served_ GUARDED_BY(mutex_);  // the last one whose turn it was
  std::size_t looks_ GUARDED_BY(mutex_) = 0;
};

}  // namespace br
