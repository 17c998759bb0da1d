// AnswerQueue: answers that wait to be taken by the program, by callback or by asking. Each is for one ticket. Texts
// stay on disk until an answer is taken.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "capture/call_table.h"
#include "capture/http_call.h"
#include "core/jobs/event_queue.h"
#include "core/jobs/monitor.h"
#include "model/captured_call.h"
#include "providers/capture_rules.h"
#include "sys/mutex.h"

namespace br {

struct ReadyAnswer {
  Waiter waiter;
  AnswerForm form = AnswerForm::openai;
  std::string provider, endpoint;
  CapturedCall call;                   // id 0: `own` is all there is
  bool cached = false;                 // of the cache: it is no answer that waits to be delivered
  std::optional<HttpAnswer> own = {};  // made here: refusals, dry runs
};

class AnswerQueue {
 public:
  AnswerQueue(Monitor* monitor, EventQueue* events) : monitor_(monitor), events_(events) {}

  void push(ReadyAnswer answer) {
    const bool called = answer.waiter.answer != nullptr;
    {
      const MutexLock lock(&mutex_);
      (called ? called_ : ready_).push_back(std::move(answer));
    }
    if (called) events_->answers_due();
    monitor_->changed();
  }
  // One that nobody is called for; one that somebody is.
  std::optional<ReadyAnswer> take() { return take_from(&ready_); }
  std::optional<ReadyAnswer> take_called() { return take_from(&called_); }
  bool has_called() {
    const MutexLock lock(&mutex_);
    return !called_.empty();
  }
  // Of a caller that is gone. false: it was taken, or is not here.
  bool withdraw(std::int64_t ticket) {
    const MutexLock lock(&mutex_);
    const auto is_it = [ticket](const ReadyAnswer& each) { return each.waiter.ticket == ticket; };
    return std::erase_if(ready_, is_it) + std::erase_if(called_, is_it) > 0;
  }

 private:
  std::optional<ReadyAnswer> take_from(std::deque<ReadyAnswer>* queue) {
    const MutexLock lock(&mutex_);
    if (queue->empty()) return std::nullopt;
    ReadyAnswer answer = std::move(queue->front());
    queue->pop_front();
    return answer;
  }

  Monitor* const monitor_;
  EventQueue* const events_;
  Mutex mutex_;
  std::deque<ReadyAnswer> ready_ GUARDED_BY(mutex_), called_ GUARDED_BY(mutex_);
};

}  // namespace br
