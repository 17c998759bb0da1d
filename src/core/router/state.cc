// The router's state directory: opening it, finding again what its database forgot, recording jobs in it.
#include <algorithm>

#include "batchrouter.h"
#include "core/router/router.h"
#include "store/journal.h"
#include "store/wal_check.h"

namespace br {

Result<void> Router::open_state() {
  auto prices = Prices::load(world_.files, config_);
  if (!prices) return std::move(prices.error());
  prices_ = std::move(*prices);
  auto absolute = world_.files->absolute_path(config_.get("state_dir"));
  if (!absolute) return std::move(absolute.error());
  state_dir_ = std::move(*absolute);
  directory_ = StateDirectory(world_.files, state_dir_);
  observer_ = config_.get("state.mode") == "observer";
  const std::string database = directory_.database();
  if (observer_ && !world_.files->exists(database))
    return Error(Code::not_found, state_dir_ + ": there is no state here", "check --state-dir");
  if (!observer_) {
    fresh_ = !world_.files->exists(database);
    for (std::string made = state_dir_; !world_.files->exists(made); made = parent_path(made))
      fresh_directories_.push_back(made);
    if (auto made = world_.files->make_directories(state_dir_); !made) return made;
  }
  if (auto trusted = directory_.check_trust(); !trusted) return trusted;
  if (!observer_) {
    auto lock = world_.files->lock(directory_.lock());
    if (!lock) return std::move(lock.error());
    lock_ = std::move(*lock);
  }
  // Before SQLite drops what it cannot believe. Beside an owner, who may be writing, the same has to be seen twice.
  std::optional<std::string> damage = damage_in_wal(world_.files, database + "-wal");
  if (observer_ && damage && damage_in_wal(world_.files, database + "-wal") != damage) damage.reset();
  auto store = world_.open_store(database, observer_);
  if (!store) return std::move(store.error());
  store_ = std::move(*store);
  directory_.remember();
  spool_ = std::make_unique<Spool>(world_.files, state_dir_);
  if (damage)
    say(BR_LOG_WARNING, database + "-wal: " + *damage + "; the last changes of the state may be lost, so that parts "
                            "which may have been sent are looked for at the vendor before anything is paid for");
  if (!observer_) {
    if (auto found = find_forgotten_jobs(); !found) return found;
  }
  return {};
}

// Directories in spool whose journal is whole and that the database does not know: it was restored, or has lost them.
// Removing a job begins with its journal.
Result<void> Router::find_forgotten_jobs() {
  const std::vector<std::string> names = world_.files->list_directory(directory_.spool());
  if (names.empty()) return {};
  auto known = store_->ids();
  if (!known) return std::move(known.error());
  for (const std::string& name : names) {
    if (std::binary_search(known->begin(), known->end(), name)) continue;
    auto job = read_journal(world_.files, spool_->journal(name), name);
    if (!job) {
      say(BR_LOG_WARNING, job.error().message + "; " + job.error().hint);
      continue;
    }
    if (!*job) continue;
    if (auto added = store_->insert(**job, nullptr); !added) {
      say(BR_LOG_WARNING, name + ": the database did not know this job, and does not take it: " + added.error().message);
      continue;
    }
    say(BR_LOG_WARNING, name + ": the database did not know this job; it was found again by " + spool_->journal(name));
  }
  return {};
}

// A damaged journal is no reason to keep a job that the database has whole from going on.
Result<void> Router::take_from_journal_locked(Job* job) {
  const bool unsent = std::any_of(job->batches.begin(), job->batches.end(),
                                  [](const RemoteBatch& batch) { return batch.phase <= Phase::unknown; });
  if (!unsent || job->done) return {};
  const auto journal = read_journal(world_.files, spool_->journal(job->id), job->id);
  if (!journal || !*journal || take_newer_batches(**journal, job) == 0) return {};
  say_locked(BR_LOG_WARNING, job->id + ": the database is older than the job's journal, which tells what was sent meanwhile: " +
                                 spool_->journal(job->id));
  return store_->save_batches(job->batches);
}

// Its directory's entries are synced with it.
Result<void> Router::record(const Job& job, const Repeat& repeat) {
  if (auto same = directory_.check_unchanged(); !same) return same;
  if (auto written = write_journal(world_.files, spool_->journal(job.id), job); !written) return written;
  if (auto synced = world_.files->sync_directory(spool_->job_directory(job.id)); !synced) return synced;
  return store_->insert(job, &repeat);
}

// A line of the log that is about no job.
void Router::say(std::int32_t level, const std::string& line) {
  const std::lock_guard lock(mutex_);
  say_locked(level, line);
}

void Router::say_locked(std::int32_t level, const std::string& line) {
  if (callbacks_ == nullptr || !callbacks_->log || level > callbacks_->log_level) return;
  enqueue_locked([call = callbacks_, level, line] { call->log(level, line); });
}

// A directory that this router made and that no job came into leaves nothing behind.
void Router::remove_fresh_state() {
  if (!fresh_ || observer_ || !store_ || !directory_.check_unchanged()) return;
  const auto count = store_->count();
  if (!count || *count != 0) return;
  store_.reset();
  for (const char* name : {"/state.db", "/state.db-wal", "/state.db-shm", "/lock"})
    world_.files->remove_file(state_dir_ + name);
  world_.files->remove_empty_directory(state_dir_ + "/spool");
  for (const std::string& made : fresh_directories_) world_.files->remove_empty_directory(made);
}

}  // namespace br
