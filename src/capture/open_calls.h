// OpenCalls: the table of calls with its lock, and the tickets of those who wait.
#pragma once

#include <atomic>
#include <cstdint>

#include "capture/call_table.h"
#include "sys/mutex.h"

namespace br {

struct OpenCalls {
  Mutex mutex;
  CallTable table GUARDED_BY(mutex);
  std::atomic<std::int64_t> last_ticket{0};
  std::atomic<bool> has_new_key{false};  // since the batches were looked at last
  std::atomic<std::int64_t> taken{0};                 // calls that were not passed through
  std::atomic<std::int64_t> cache_hits{0}, answered{0};
  // Requests by what the vendors, or we, said in the end: rows that are paid for, and answers that are errors.
  std::atomic<std::int64_t> billed{0}, errors{0};
  std::atomic<std::int64_t> saved_micro_dollars{0};  // of batches whose prices are known
};

}  // namespace br
