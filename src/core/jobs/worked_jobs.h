// WorkedJobs: the jobs that were submitted by this router, or whose results were taken by it; not those that were only
// looked at. Whoever worked on a job knows of its end.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sys/mutex.h"

namespace br {

class WorkedJobs {
 public:
  void add(const std::string& job_id) {
    const MutexLock lock(&mutex_);
    ids_.insert(job_id);
  }
  bool contains(const std::string& job_id) {
    const MutexLock lock(&mutex_);
    return ids_.contains(job_id);
  }
  std::vector<std::string> all() {
    const MutexLock lock(&mutex_);
    return {ids_.begin(), ids_.end()};
  }

 private:
  Mutex mutex_;
  std::set<std::string, std::less<>> ids_ GUARDED_BY(mutex_);
};

}  // namespace br
