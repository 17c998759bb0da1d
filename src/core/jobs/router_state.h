// RouterState: the state directory of a router: its lock, its database, its spool, and what is found again in them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/jobs/event_queue.h"
#include "core/world.h"
#include "model/error.h"
#include "model/job.h"
#include "store/spool.h"
#include "store/state_dir.h"
#include "store/store.h"
#include "sys/file.h"
#include "sys/file_system.h"

namespace br {

class RouterState {
 public:
  RouterState(const World* world, EventQueue* events) : world_(world), events_(events) {}
  RouterState(const RouterState&) = delete;
  RouterState& operator=(const RouterState&) = delete;

  // Once, before anything else.
  Result<void> open(const Config& config);
  // Lets go of the database and of the lock. A directory that this router made and that no job came into is removed.
  void close();
  // In a child that fork() made: nothing of the parent's may be touched, nor freed.
  void abandon() { [[maybe_unused]] auto* store = store_.release(); }

  Store& store() const { return *store_; }
  const Spool& spool() const { return *spool_; }
  const StateDirectory& directory() const { return directory_; }
  FileSystem& files() const { return *world_->files; }
  // Another process owns the directory: nothing is changed, and nothing sent.
  bool is_observer() const { return is_observer_; }

  // A new job, durable when it returns: journal, then database.
  Result<void> record(const Job& job, const Repeat& repeat);
  // Takes over what the job's journal knows and the database does not, as of a copy that was put back.
  Result<void> catch_up_with_journal(Job* job);

 private:
  Result<void> open_database();
  Result<void> find_forgotten_jobs();
  Result<void> sync_found(const std::string& job_id);
  void warn(const std::string& line);
  void remove_if_unused();

  const World* const world_;
  EventQueue* const events_;
  StateDirectory directory_{nullptr, {}};
  std::vector<std::string> made_directories_;  // by this router, the innermost first
  bool is_observer_ = false, is_fresh_ = false;
  FileLock lock_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Store> store_;
};

Error observer_error();

}  // namespace br
