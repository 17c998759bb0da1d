// CallWriter: puts new calls on disk, many in one sync: their texts into the file of the batch that collects for their
// queue, then one transaction. It owns the queues and gives out the numbers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capture/call_files.h"
#include "capture/classify.h"
#include "capture/queues.h"
#include "capture/settings.h"
#include "store/call_store.h"

namespace br {

// One transaction of new calls. Nothing of it counts before commit() has returned.
struct NewCalls {
  CallChanges changes;
  struct Text {
    std::uint64_t begin = 0;  // what the file holds already
    std::string lines;
  };
  std::map<std::int64_t, Text> texts;  // by batch
  // What the writer had before it, for a commit that fails.
  Queues queues;
  std::map<std::int64_t, CallBatch> collecting;
};

// One thread at a time: Intake's mutex guards it.
class CallWriter {
 public:
  struct Parts {
    const Config* config;
    const CaptureSettings* settings;
    CallFiles* files;
    CallStore* store;
  };
  explicit CallWriter(const Parts& parts) : p_(parts) {}

  // What an earlier process was collecting goes on.
  Result<void> open(const std::vector<CallBatch>& batches);
  NewCalls begin() const { return {{}, {}, queues_, collecting_}; }
  // A new call. Code::limit for one that is longer than the vendor takes.
  Result<CapturedCall> add(const Classified& asked, std::int64_t now_ms, NewCalls* into);
  // Where it fails, it is as if nothing had been added.
  Result<void> commit(NewCalls calls);

  // Batches that leave: full, over their window, or all. They are sealed on disk.
  enum class Which : std::uint8_t { due, all };
  Result<std::vector<CallBatch>> seal(Which which, std::int64_t now_ms);
  // A sealed batch of calls that were in another one, whose lines are copied.
  Result<CallBatch> put_again(const CallBatch& from, std::vector<CapturedCall> calls, std::int64_t now_ms,
                              std::vector<CapturedCall>* moved);
  std::vector<CallBatch> collecting() const;
  std::int64_t next_due_ms() const { return queues_.next_due_ms(); }
  std::int64_t queued() const { return queues_.queued(); }

 private:
  Result<void> write(NewCalls* calls);
  Collecting& queue_for(const Classified& asked, std::int64_t bytes, std::int64_t now_ms, NewCalls* into);

  const Parts p_;
  Queues queues_;
  std::map<std::int64_t, CallBatch> collecting_;
  std::int64_t last_call_ = 0, last_batch_ = 0;
};

}  // namespace br
