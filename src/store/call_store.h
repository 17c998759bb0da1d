// CallStore: what survives a crash of captured calls. Their texts lie in files beside it (capture/call_files.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/captured_call.h"
#include "model/error.h"

namespace br {

// What one transaction brings. A call or batch that is there is replaced.
struct CallChanges {
  std::vector<CallBatch> batches;
  std::vector<CapturedCall> calls;
  std::vector<std::int64_t> removed_calls, removed_batches;
  bool empty() const { return batches.empty() && calls.empty() && removed_calls.empty() && removed_batches.empty(); }
};

// Any thread.
class CallStore {
 public:
  virtual ~CallStore() = default;
  // One transaction, durable when the call returns.
  virtual Result<void> apply(const CallChanges& changes) = 0;
  // The calls that nobody got a whole answer to, the oldest first; batches that have not ended likewise.
  virtual Result<std::vector<CapturedCall>> open_calls() = 0;
  virtual Result<std::vector<CallBatch>> open_batches() = 0;
  // Answers that succeeded and were delivered, to calls of that identity made since then: the one that was used longest
  // ago first.
  virtual Result<std::vector<CapturedCall>> answers(std::string_view identity, std::int64_t since_ms) = 0;
  // Batches made before then that have ended and of whose calls none waits for anything: their files may go.
  virtual Result<std::vector<CallBatch>> ended_batches(std::int64_t before_ms) = 0;
  // The greatest numbers that were ever given; 0: none.
  virtual Result<std::int64_t> last_call() = 0;
  virtual Result<std::int64_t> last_batch() = 0;
  // A value that stays the same for as long as the state directory lives: `fresh`, or what an earlier process gave.
  virtual Result<std::string> salt(const std::string& fresh) = 0;
};

}  // namespace br
