// Outbox: hands out results, each once, and keeps what was acknowledged. The results of each job are in a box, which is
// made when somebody first asks for them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/jobs/gate.h"
#include "core/jobs/job_table.h"
#include "core/jobs/worked_jobs.h"
#include "core/router/result_box.h"
#include "core/router/result_turns.h"
#include "sys/clock.h"
#include "sys/mutex.h"

namespace br {

class Outbox {
 public:
  struct Parts {
    const Config* config;
    const Clock* clock;
    Monitor* monitor;
    Gate* gate;
    RouterState* state;
    EventQueue* events;
    Engine* engine;
    Transport* transport;  // its wait is ended when something is to be saved
    JobTable* jobs;
    WorkedJobs* worked;
  };
  explicit Outbox(const Parts& parts);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Up to `capacity` results; waits for the first. An empty id: of any job, each in its turn. Wait::ended: none will come.
  Result<Wait> next(const std::string& job_id, std::int64_t timeout_ms, std::size_t capacity,
                    std::vector<Delivered>* out);
  void acknowledge(const Delivered& result);
  // As if it had not been handed out: it is the next one again.
  void give_back(Delivered result);
  // Durable when it returns.
  Result<void> acknowledge_all(const std::string& job_id);
  // Results of the job that were handed out or acknowledged; nothing where none was asked for.
  std::optional<std::int64_t> handed(const std::string& job_id);
  std::int64_t delivered() const { return delivered_; }

  // A job came into the table; its results files may hold some that nobody acknowledged.
  void enter(const std::string& job_id);
  // The job has more results. Any thread.
  void grew(const std::string& job_id);
  void remove(const std::string& job_id);
  // Nothing is handed out any more; open files are closed.
  void close();

  // Loop's thread. at_once: whatever is not saved yet. when_due: what has waited long enough.
  enum class Save : std::uint8_t { when_due, at_once };
  void save_acknowledgements(Save when);
  bool has_unsaved() const { return unsaved_; }

  // As long as one lives, nothing is handed out of the job; then handing out begins anew, behind what the job's snapshot
  // says is acknowledged, with the files that the table has.
  class Pause {
   public:
    Pause(Outbox* outbox, const std::string& job_id);
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    // The job with what was handed out and acknowledged until the pause began.
    const Job& job() const { return job_; }
    std::vector<PartProgress> progress() const;

   private:
    Outbox* outbox_;
    Job job_;
  };

 private:
  using BoxRef = std::shared_ptr<ResultBox>;
  class Saving;
  // One round of next(): what there is now.
  struct Round {
    std::optional<Error> error;
    bool has_ended = false;
    bool is_passing = false;  // nothing is wrong with the results; soon they can be read
  };
  BoxRef box(const std::string& job_id);
  BoxRef existing_box(const std::string& job_id);
  BoxRef remove_box(const std::string& job_id);
  ResultBox::Look look(const std::string& job_id, std::size_t capacity, std::vector<Delivered>* out);
  Round look_at_one(const std::string& job_id, std::size_t capacity, std::vector<Delivered>* out);
  Round look_at_any(std::size_t capacity, std::vector<Delivered>* out);
  bool nothing_is_left();
  void tell_arrived(const std::string& job_id);
  bool has_unacknowledged(const std::string& job_id);
  std::optional<Error> damage();
  Result<void> note_handed(const std::vector<Delivered>& results);
  void acknowledge_each(const std::vector<Delivered>& results);
  Result<void> save_first_handed(std::vector<std::string> job_ids);
  Wait tell_passing();
  void mark_unsaved();
  void save_progress(const std::vector<std::string>& job_ids);
  bool is_consumer(const Job& job);

  const Parts p_;
  const bool auto_ack_;
  const std::int64_t ack_interval_ms_;
  std::atomic<std::int64_t> delivered_{0};
  std::atomic<bool> unsaved_{false};
  std::atomic<std::int64_t> unsaved_since_ms_{0};
  std::atomic<std::int32_t> saving_handed_{0};  // saves under way of what is handed out for the first time
  ResultTurns turns_;

  Mutex mutex_;  // taken before the job table's and that of the turns
  std::map<std::string, BoxRef, std::less<>> boxes_ GUARDED_BY(mutex_);
  std::multiset<std::string, std::less<>> paused_ GUARDED_BY(mutex_);
  // Jobs whose results cannot be read, which was told to whoever takes those of any job.
  std::map<std::string, Error, std::less<>> damaged_ GUARDED_BY(mutex_);
};

}  // namespace br
