// Queues: the batches that take calls in, one for each queue key, and when each of them leaves. Values and rules, no
// I/O, no lock.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "capture/classify.h"

namespace br {

struct QueueLimits {
  std::int64_t window_ms = 0;     // after the first call of a batch
  std::int64_t max_requests = 0;  // of one batch
  std::int64_t max_bytes = 0;
};

struct Collecting {
  std::int64_t batch = 0;
  QueueKey key;
  QueueLimits limits;
  std::int64_t since_ms = 0;  // when its first call came
  std::int64_t requests = 0, bytes = 0;
  bool is_full() const { return requests >= limits.max_requests || bytes >= limits.max_bytes; }
};

class Queues {
 public:
  // The batch that collects for the key and has room for so many bytes; nullptr: a new one has to be begun. One that
  // has no room is moved to what leaves.
  Collecting* find(const QueueKey& key, std::int64_t bytes);
  Collecting& begin(Collecting batch);
  // Behind each call that was put into it: moves a full batch to what leaves.
  void note(Collecting* batch, std::int64_t bytes);

  // Everything that leaves now: full batches, and those whose window is over.
  std::vector<Collecting> take_due(std::int64_t now_ms);
  std::vector<Collecting> take_all();
  // When the next window is over; -1: nothing collects.
  std::int64_t next_due_ms() const;
  std::int64_t queued() const;  // calls

 private:
  std::map<std::string, Collecting> collecting_;  // by the key's text
  std::vector<Collecting> leaving_;
};

}  // namespace br
