// An open state directory with everything around it that a command on jobs needs: progress, log, Ctrl-C.
#pragma once

#include <memory>
#include <string>

#include "cli/failures.h"
#include "cli/handles.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/progress.h"

namespace cli {

class Session {
 public:
  // owner: may work on jobs; Failure with Exit::store while another process does. observer: reads beside an owner.
  enum class Mode { owner, observer };
  Session(const Options& options, Mode mode);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  br_router* router() const { return router_.get(); }
  Progress& progress() { return progress_; }
  const Options& options() const { return options_; }
  bool is_observer() const { return mode_ == Mode::observer; }

  // A beginning of the id will do, with or without "job_", where it is the only one.
  Job open_job(const std::string& job_id) const;
  // Every job, the oldest first.
  std::vector<Job> all_jobs() const;
  // Runs what the library has to say: log lines.
  void pump();
  // 0, or the signal that asks the program to stop.
  int signal() const { return interrupts_ ? interrupts_->signal() : 0; }

 private:
  Job find_job(const std::string& job_id) const;
  std::string whole_id(const std::string& beginning) const;
  void wait_for_deletions();

  const Options& options_;
  Mode mode_;
  Progress progress_;
  std::string deletes_;  // files.delete_remote
  Router router_;
  std::unique_ptr<InterruptWatch> interrupts_;
};

// Whether there is a state directory with jobs; looking makes none.
bool has_state(const Options& options);
// The same; says so where --state-dir names a directory that is not there.
bool find_state(const Options& options);
// Throws the Failure of an unknown job if there is no state at all.
void need_state(const Options& options);
// An owner's session, or an observer's where another process owns the directory.
std::unique_ptr<Session> look_session(const Options& options);

// How long --timeout allows, in milliseconds.
std::int64_t timeout_ms(const Options& options);
// The longest a command waits for one answer of the vendor.
constexpr std::int64_t kAskTimeoutMs = 60'000;

// The job as one line of JSON on standard output.
// With why requests did not succeed, where some did not. failures: of its results as they were written; nullptr: the job's own
// results tell.
void print_job_json(br_job* job, const Failures* failures = nullptr);

}  // namespace cli
