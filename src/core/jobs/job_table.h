// JobTable: the jobs that a router knows, each with its newest snapshot. Jobs of earlier processes come in when somebody
// asks for them, and a few at a time by the router's loop. No file is read and the store is not asked while the table's
// mutex is held.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/engine/engine.h"
#include "core/engine/job_snapshot.h"
#include "core/jobs/event_queue.h"
#include "core/jobs/monitor.h"
#include "core/jobs/router_state.h"
#include "sys/mutex.h"

namespace br {

class JobTable {
 public:
  // Outlived by all of them.
  struct Parts {
    const Config* config;
    RouterState* state;
    EventQueue* events;
    Monitor* monitor;
    Engine* engine;
  };
  // entered: called for each job that comes into the table, without a lock.
  JobTable(const Parts& parts, std::function<void(const std::string& job_id)> entered)
      : p_(parts), entered_(std::move(entered)) {}
  JobTable(const JobTable&) = delete;
  JobTable& operator=(const JobTable&) = delete;

  // The job's newest snapshot; it is read from the store where it has to be. Code::not_found.
  Result<SnapshotRef> find(const std::string& job_id);
  // nullptr where the table has it not.
  SnapshotRef known(const std::string& job_id);
  std::vector<SnapshotRef> all();
  // As the table has it, else from the store; it does not come into the table then.
  Result<Job> read(const std::string& job_id);

  // A new job: record(job) makes it durable, then it goes to the engine. Nobody who finds it in the store takes it for one
  // of an earlier process meanwhile: it would be sent twice. address: given by this process's caller, or remembered from the
  // state directory.
  enum class Address : std::uint8_t { given, remembered };
  using RecordFn = std::function<Result<void>(const Job&)>;
  Result<void> add(Job job, Address address, DoneFn done, const RecordFn& record);
  // done() is called once, when the job is done or blocked; at once where it is already.
  void call_when_done(const std::string& job_id, DoneFn done);

  // A job in the table and the files that its results are in, as they were at one moment: nullptr where the table has it
  // not. The files are shared with the engine while the job runs.
  struct JobResults {
    SnapshotRef snapshot;
    Feeds feeds;
  };
  JobResults results(const std::string& job_id);
  // The files in force of a job that is done, opened anew; what reads them keeps the old ones.
  Feeds make_feeds(const Job& job) const;
  // The files of the job are others under the same names.
  void reopen_feeds(const std::string& job_id);

  // The job leaves the table, and cannot come back before end_removal(). may_go(): what speaks against it.
  Result<void> begin_removal(const std::string& job_id, const std::function<Result<void>(const Job&)>& may_go);
  void end_removal(const std::string& job_id);

  bool has_unfinished();
  // Why nothing will come of the job until somebody acts; for an empty id: of any unfinished one.
  std::optional<Error> blocked_error(const std::string& job_id);

  // The jobs of earlier processes that are not settled.
  Result<void> list_unsettled();
  // Loop's thread: takes a few of them over.
  void load_some();
  bool is_loading() const { return loads_; }
  // For what concerns every job there is. Errors as Monitor::check().
  Result<void> wait_until_loaded();

  // For closing: what keeps callbacks alive, for the caller to drop when no lock is held.
  std::shared_ptr<const void> release_callbacks();

  // Engine's thread. Where the job's results are in other files than before, those come with it.
  void publish(SnapshotRef snapshot);

 private:
  struct Entry {
    SnapshotRef snapshot;
    Feeds feeds;
    std::vector<DoneFn> done;
  };
  Result<SnapshotRef> load(const std::string& job_id);
  bool is_unloaded(const std::string& job_id);
  void enter(const SnapshotRef& snapshot, Feeds feeds, DoneFn done, std::optional<EngineJob> for_engine);
  bool has_other_files(const Job& job);
  const Error* why_blocked(const std::string& job_id) REQUIRES(mutex_);

  const Parts p_;
  const std::function<void(const std::string& job_id)> entered_;
  std::deque<std::string> to_load_;  // loop's thread only
  std::atomic<bool> loads_{false};
  // Held while a job is read or recorded and entered, so that each comes in once; taken before mutex_.
  Mutex loading_;
  Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> unfinished_ GUARDED_BY(mutex_);
  // Jobs of earlier processes that nobody has asked for yet.
  std::set<std::string, std::less<>> unloaded_ GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> removing_ GUARDED_BY(mutex_);
};

}  // namespace br
