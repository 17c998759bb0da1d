// BatchHistory: the batches that ended last in this process, and when one that runs is expected to end. Values and
// rules, no I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "model/captured_call.h"
#include "model/job.h"
#include "sys/mutex.h"

namespace br {

struct EndedBatch {
  CallBatch batch;
  std::string vendor_id;
  Counts counts;
  State state = State::completed;
  std::string problem;  // why its calls got no answer of the vendor's; empty: they did
  std::int64_t ended_ms = 0;
};

// How far a batch is that has not ended.
struct BatchProgress {
  std::int64_t created_ms = 0;
  Counts counts;
  std::int64_t expires_ms = -1;  // when the vendor gives up; -1: not known
};

// Any thread.
class BatchHistory {
 public:
  static constexpr std::size_t kKept = 20;

  void note(EndedBatch ended);
  // The newest first.
  std::vector<EndedBatch> recent() const;
  // From the share of its requests that have ended, else from how long the last batch of the same queue took, never
  // later than the vendor gives up. -1: nobody knows.
  std::int64_t expected_end_ms(const std::string& queue, const BatchProgress& progress, std::int64_t now_ms) const;

 private:
  static constexpr std::size_t kMostQueues = 1000;

  mutable Mutex mutex_;
  std::deque<EndedBatch> recent_ GUARDED_BY(mutex_);
  std::map<std::string, std::int64_t> took_ms_ GUARDED_BY(mutex_);  // by queue
};

}  // namespace br
