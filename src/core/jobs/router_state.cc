#include "core/jobs/router_state.h"

#include <algorithm>
#include <utility>

#include "batchrouter.h"
#include "store/journal.h"
#include "store/wal_check.h"

namespace br {

Error observer_error() {
  return Error(Code::locked, "the state directory is in use by another process", "wait until it ends");
}

Result<void> RouterState::open(const Config& config) {
  auto absolute = files().absolute_path(config.get("state_dir"));
  BR_RETURN_IF_ERROR(absolute);
  const std::string path = std::move(*absolute);
  directory_ = StateDirectory(world_->files, path);
  is_observer_ = config.get("state.mode") == "observer";
  if (is_observer_ && !files().exists(directory_.database()))
    return Error(Code::not_found, path + ": there is no state here", "check --state-dir");
  if (!is_observer_) {
    is_fresh_ = !files().exists(directory_.database());
    for (std::string made = path; !files().exists(made); made = parent_path(made)) made_directories_.push_back(made);
    if (auto made = files().make_directories(path); !made) return made;
    // Its name has to outlive a loss of power, also where a process that was killed at once has made it. Where a parent
    // cannot be read, nothing more can be done for that.
    for (std::string named = path; is_fresh_ && named != "/" && !named.empty(); named = parent_path(named))
      (void)files().sync_directory(parent_path(named));
  }
  if (auto trusted = directory_.check_trust(); !trusted) return trusted;
  if (!is_observer_) {
    auto lock = files().lock(directory_.lock());
    BR_RETURN_IF_ERROR(lock);
    lock_ = std::move(*lock);
  }
  if (auto opened = open_database(); !opened) return opened;
  return is_observer_ ? Result<void>() : find_forgotten_jobs();
}

Result<void> RouterState::open_database() {
  const std::string database = directory_.database();
  // Before SQLite drops what it cannot believe. Beside an owner, who may be writing, the same has to be seen twice.
  std::optional<std::string> damage = damage_in_wal(world_->files, database + "-wal");
  if (is_observer_ && damage && damage_in_wal(world_->files, database + "-wal") != damage) damage.reset();
  auto store = world_->open_store(database, is_observer_);
  BR_RETURN_IF_ERROR(store);
  store_ = std::move(*store);
  directory_.remember();
  spool_ = std::make_unique<Spool>(world_->files, directory_.path());
  if (damage)
    warn(database + "-wal: " + *damage + "; the last changes of the state may be lost, so that parts "
                    "which may have been sent are looked for at the vendor before anything is paid for");
  return {};
}

void RouterState::warn(const std::string& line) { events_->log(BR_LOG_WARNING, line); }

// Directories in spool whose journal is whole and that the database does not know: it was restored, or has lost them.
// Removing a job begins with its journal.
Result<void> RouterState::find_forgotten_jobs() {
  const std::vector<std::string> names = files().list_directory(directory_.spool());
  if (names.empty()) return {};
  auto known = store_->ids();
  BR_RETURN_IF_ERROR(known);
  for (const std::string& name : names) {
    if (std::binary_search(known->begin(), known->end(), name)) continue;
    auto job = read_journal(world_->files, spool_->journal(name), name);
    if (!job) {
      warn(job.error().message + "; " + job.error().hint);
      continue;
    }
    if (!*job) continue;
    if (auto kept = sync_found(name); !kept) return kept;
    if (auto added = store_->insert(**job, nullptr); !added) {
      warn(name + ": the database did not know this job, and does not take it: " + added.error().message);
      continue;
    }
    warn(name + ": the database did not know this job; it was found again by " + spool_->journal(name));
  }
  return {};
}

// Whoever wrote it may have been killed before it was synced; the files that it tells of were.
Result<void> RouterState::sync_found(const std::string& job_id) {
  auto journal = files().open_update(spool_->journal(job_id));
  BR_RETURN_IF_ERROR(journal);
  BR_RETURN_IF_ERROR(journal->sync());
  for (const std::string& named_in : {spool_->job_directory(job_id), directory_.spool(), directory_.path()})
    BR_RETURN_IF_ERROR(files().sync_directory(named_in));
  return {};
}

// A damaged journal is no reason to keep a job that the database has whole from going on.
Result<void> RouterState::catch_up_with_journal(Job* job) {
  const bool unsent = std::any_of(job->batches.begin(), job->batches.end(),
                                  [](const RemoteBatch& batch) { return batch.phase <= Phase::unknown; });
  if (!unsent || job->done) return {};
  const auto journal = read_journal(world_->files, spool_->journal(job->id), job->id);
  if (!journal || !*journal || merge_newer_batches(**journal, job) == 0) return {};
  warn(job->id + ": the database is older than the job's journal, which tells what was sent meanwhile: " +
       spool_->journal(job->id));
  return store_->save_batches(job->batches);
}

// The journal's directory entry is synced before the database has the job.
Result<void> RouterState::record(const Job& job, const Repeat& repeat) {
  if (auto same = directory_.check_unchanged(); !same) return same;
  if (auto written = write_journal(world_->files, spool_->journal(job.id), job); !written) return written;
  if (auto synced = files().sync_directory(spool_->job_directory(job.id)); !synced) return synced;
  return store_->insert(job, &repeat);
}

void RouterState::remove_if_unused() {
  if (!is_fresh_ || is_observer_ || !store_ || !directory_.check_unchanged()) return;
  const auto count = store_->count();
  if (!count || *count != 0) return;
  store_.reset();
  for (const char* name : {"/state.db", "/state.db-wal", "/state.db-shm", "/lock"})
    files().remove_file(directory_.path() + name);
  files().remove_empty_directory(directory_.spool());
  for (const std::string& made : made_directories_) files().remove_empty_directory(made);
}

void RouterState::close() {
  remove_if_unused();
  store_.reset();
  lock_ = FileLock();
}

}  // namespace br
