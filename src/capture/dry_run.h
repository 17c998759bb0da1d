// DryRun: calls are grouped as in earnest and answered with a clear refusal; nothing is sent or kept.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "capture/answer_queue.h"
#include "capture/classify.h"
#include "capture/queues.h"
#include "capture/settings.h"
#include "sys/mutex.h"

namespace br {

class DryRun {
 public:
  explicit DryRun(const CaptureSettings* settings) : settings_(settings) {}

  ReadyAnswer answer(const Classified& asked, const Waiter& waiter);
  // An array: provider, endpoint, model, requests, batches.
  std::string plan_json();

 private:
  struct Planned {
    std::int64_t requests = 0, bytes = 0, batches = 0;
    std::int64_t in_batch = 0, batch_bytes = 0;  // of the newest one
  };
  const CaptureSettings* const settings_;
  Mutex mutex_;
  std::map<std::string, std::pair<QueueKey, Planned>> queues_ GUARDED_BY(mutex_);  // by the key's text
};

}  // namespace br
