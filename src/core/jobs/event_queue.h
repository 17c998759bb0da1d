// EventQueue: what is due to the caller of the library. Its callbacks (events, log lines, finished jobs) run in poll()
// only. Functions of external providers do so too; where a call that waits needs one and no other thread waits in poll(),
// that call runs it. No lock is held while code of the caller's runs.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/engine/external_work.h"
#include "core/jobs/monitor.h"
#include "model/job.h"
#include "sys/mutex.h"
#include "sys/wake.h"

namespace br {

// What the C interface hands in; empty functions: not wanted.
struct RouterCallbacks {
  std::int32_t log_level = 0;
  std::function<void(std::int32_t level, const std::string& message)> log;
  std::function<void(std::int32_t event, const std::string& job_id, const std::string& json)> event;
};

// Answers to captured calls: whether some are due, and what hands them out.
struct AnswerSource {
  std::function<bool()> due;
  std::function<void()> hand_out;
};

using DoneFn = std::function<void(const std::string& job_id)>;

// "batch_polled" for BR_EVENT_BATCH_POLLED.
const char* event_name(std::int32_t event);

class EventQueue {
 public:
  EventQueue(RouterCallbacks callbacks, Monitor* monitor);
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // Any thread. Beyond ten thousand that nobody takes the oldest callback is dropped.
  void log(std::int32_t level, const std::string& line);
  bool logs(std::int32_t level) const;
  void event(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text);
  // Of no job: what captured calls bring about.
  void note(std::int32_t event, const std::string& text);
  // Where answers with callbacks come from; empty: from nowhere any more. None of them is dropped.
  void set_answers(AnswerSource source);
  void answers_due();
  // BR_EVENT_RESULTS_ARRIVED: one for each job until it is handed out, and none is dropped.
  void results_arrived(const Job& job);
  void done(DoneFn done, const std::string& job_id);
  void call_provider(ExternalWork work);

  // Hands out what is due, or waits for it. Wait::ended: the router is closed.
  Wait poll(std::int64_t timeout_ms);
  // For a call that waits: runs a function of a provider if one is due and nobody else will. true: it did.
  bool help();
  // Readable while something is due.
  int fd() const { return wake_.fd(); }
  std::size_t queued();

  // For closing, in this order. No further function of a provider is begun.
  void stop_providers();
  // Functions of providers run on other threads, and those are not closing the router themselves.
  bool others_are_busy();
  // This thread closes, whatever runs on it.
  void mark_closing();
  // Whoever watches the descriptor looks, and finds the router closed.
  void ring() { wake_.set(); }
  // What was not begun.
  std::deque<ExternalWork> drain_providers();
  // What keeps callbacks alive, for the caller to drop when no lock is held: code of the user's may run then.
  std::vector<std::shared_ptr<const void>> release_callbacks();

 private:
  // A function of a provider that runs.
  struct Running {
    std::thread::id thread;
    const Provider* provider;
    bool is_closing = false;  // the thread is inside close()
  };
  // A thread that is inside poll().
  struct Poller {
    std::thread::id thread;
    bool is_busy = false;  // it runs code of the caller's, which may wait in its turn, and hands out nothing else
  };
  class Polling;
  void enqueue(std::function<void()> callback) REQUIRES(mutex_);
  bool is_busy(const Provider* provider) REQUIRES(mutex_);
  std::deque<ExternalWork>::iterator next_call() REQUIRES(mutex_);
  bool has_call() REQUIRES(mutex_) { return next_call() != calls_.end(); }
  bool has_due();
  bool has_answers() REQUIRES(mutex_) { return answers_ != nullptr && answers_->due(); }
  bool run_call();
  void end_of_call();
  bool somebody_polls() REQUIRES(mutex_);
  void set_busy();

  Monitor* const monitor_;
  Wake wake_;  // set while something is due
  Mutex mutex_;
  std::shared_ptr<const RouterCallbacks> callbacks_ GUARDED_BY(mutex_);  // nullptr: closed
  std::deque<std::function<void()>> due_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> arrived_ GUARDED_BY(mutex_);  // JSON of the event by job
  std::shared_ptr<const AnswerSource> answers_ GUARDED_BY(mutex_);  // nullptr: there are none
  std::deque<ExternalWork> calls_ GUARDED_BY(mutex_);
  std::vector<Running> running_ GUARDED_BY(mutex_);
  std::vector<Poller> pollers_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  const std::int32_t log_level_;  // 0: nobody listens
};

}  // namespace br
