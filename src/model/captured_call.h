// CapturedCall, CallBatch: one HTTP call that is answered from a batch, and the batch that it waits in. What is kept of
// them on disk.
#pragma once

#include <cstdint>
#include <string>

namespace br {

// waiting: has no answer yet. answered: nobody got the answer whole. delivered: a caller did; kept for the cache.
enum class CallState : std::uint8_t { waiting = 0, answered = 1, delivered = 2 };

// Bytes of one of the capture's files.
struct FileRange {
  std::int64_t batch = 0;  // whose file it is; 0: none
  std::uint64_t offset = 0, length = 0;
};

struct CapturedCall {
  std::int64_t id = 0;
  std::string identity;  // 32 bytes: which calls are the same (capture/identity.h)
  FileRange line;        // the request, a line of the unified format
  std::int64_t created_ms = 0;
  std::int32_t attempts = 1;  // batches that it was put into
  CallState state = CallState::waiting;
  std::int32_t status = 0;   // of the answer, an HTTP status
  FileRange answer;          // its body
  std::string vendor_batch;  // the vendor's id of the batch that answered it
  std::int64_t answered_ms = -1, delivered_ms = -1;
  std::int64_t used_ms = -1;  // when the cache gave it out last; before that, when it was delivered

  bool succeeded() const { return status >= 200 && status < 300; }
};

// collecting: takes calls in. sealed: is to be submitted. submitted: is a job. ended: every call of it has its answer
// or is in another batch.
enum class CallBatchState : std::uint8_t { collecting = 0, sealed = 1, submitted = 2, ended = 3 };

struct CallBatch {
  std::int64_t id = 0;
  std::string queue;  // what its calls have in common (capture/queue_key.h)
  CallBatchState state = CallBatchState::collecting;
  std::string job_id;  // from submitted on
  std::int64_t created_ms = 0;
  std::int64_t requests = 0, bytes = 0;  // of the file of its requests
};

}  // namespace br
