// Intake: takes calls in. It decides which of them are calls that are here already, or are answered by an earlier
// answer, and puts the new ones on disk: all that arrive while one sync runs share the next one.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "capture/answer_queue.h"
#include "capture/call_writer.h"
#include "capture/dry_run.h"
#include "capture/open_calls.h"
#include "core/jobs/event_queue.h"
#include "core/jobs/monitor.h"
#include "sys/clock.h"
#include "sys/mutex.h"

namespace br {

class Intake {
 public:
  struct Parts {
    const Config* config;
    const CaptureSettings* settings;
    const Clock* clock;
    const Classifier* classifier;
    CallWriter* writer;
    CallStore* store;
    OpenCalls* open;
    AnswerQueue* answers;
    DryRun* dry_run;
    EventQueue* events;
    Monitor* monitor;
  };
  explicit Intake(const Parts& parts) : p_(parts) {}
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // The ticket of each call, 0 for one that is to be passed through. On disk when it returns. The error: none was
  // taken.
  Result<std::vector<std::int64_t>> take(const std::vector<HttpCall>& calls);

  // What leaves is sealed, and nothing of it is being written.
  Result<std::vector<CallBatch>> seal(CallWriter::Which which);
  Result<CallBatch> put_again(const CallBatch& from, const std::vector<CapturedCall>& calls,
                              std::vector<CapturedCall>* moved);
  std::int64_t next_due_ms();
  // The batches that collect.
  std::vector<CallBatch> collecting();
  std::int64_t queued() const { return queued_; }

 private:
  // A call on its way in.
  struct Arrival {
    const HttpCall* call = nullptr;
    Classified asked;
    Waiter waiter;
  };
  struct Group {
    std::vector<Arrival*> arrivals;
    std::optional<Error> error;
    bool done = false;
  };
  // A new call of a group, and who waits for it.
  struct Fresh {
    CapturedCall call;
    std::vector<Waiter> waiters;
  };
  // What one group has decided so far. Nothing of it counts before it is on disk.
  struct Decided {
    NewCalls calls;
    std::vector<Fresh> fresh;
    std::unordered_set<std::string_view> fresh_identities;  // of the arrivals of these
    std::vector<ReadyAnswer> ready;
    // Earlier answers by identity, the one that was used longest ago first; those that this group uses go to the end.
    std::map<std::string, std::deque<CapturedCall>, std::less<>> answers;
    std::set<std::int64_t> used;  // of these
    std::vector<std::int64_t> joined;  // tickets
    std::vector<std::int64_t> once;    // calls that became CacheUse::once's
    std::int64_t now_ms = 0;
  };
  std::optional<Arrival> arrive(const HttpCall& call);
  void lead() REQUIRES(leading_);
  Result<void> take_in(const std::vector<Arrival*>& arrivals) REQUIRES(leading_);
  void learn_key(const Classified& asked);
  Result<void> decide(const Arrival& arrival, Decided* decided) REQUIRES(leading_);
  bool join_fresh(const Arrival& arrival, Decided* decided);
  bool join_open(const Arrival& arrival, Decided* decided) REQUIRES(leading_);
  Result<bool> answer_from_cache(const Arrival& arrival, Decided* decided) REQUIRES(leading_);
  Result<std::deque<CapturedCall>*> answers_to(const Arrival& arrival, Decided* decided);
  std::optional<CapturedCall> choose(const Arrival& arrival, std::deque<CapturedCall>* answers, const Decided& decided)
      REQUIRES(leading_);
  void refuse(const Arrival& arrival, const Error& error, Decided* decided);
  void enter(Decided decided) REQUIRES(leading_);
  void give_up(const Decided& decided) REQUIRES(leading_);

  const Parts p_;
  std::atomic<std::int64_t> queued_{0};  // the writer's, for those who may not wait until a sync has ended
  Mutex arriving_;  // taken before no other
  std::vector<Group*> waiting_ GUARDED_BY(arriving_);
  // Held by the one thread that writes; taken before arriving_ and the table's.
  Mutex leading_;
  // Calls that callers with CacheUse::once have had the answer of, or will have.
  std::set<std::int64_t> used_once_ GUARDED_BY(leading_);
};

}  // namespace br
