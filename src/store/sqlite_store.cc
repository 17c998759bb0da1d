#include "store/sqlite_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <mutex>

#include "store/record.h"
#include "store/sqlite_statement.h"
#include "sys/file_system.h"

namespace br {
namespace {

constexpr int kSchemaVersion = 1;
constexpr const char* kSchema =
    "CREATE TABLE jobs(id TEXT PRIMARY KEY, provider TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " settled INTEGER NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX jobs_by_time ON jobs(created_ms);"
    "CREATE INDEX jobs_unsettled ON jobs(id) WHERE settled = 0;"
    "CREATE TABLE batches(job_id TEXT NOT NULL, part INTEGER NOT NULL, batch_id TEXT NOT NULL, record TEXT NOT NULL,"
    " PRIMARY KEY(job_id, part)) WITHOUT ROWID;"
    "CREATE INDEX batches_by_id ON batches(batch_id) WHERE batch_id <> '';";
// Made where it is missing: a version without it leaves it alone, and a job without a row is one of such a version.
constexpr const char* kRepeats =
    "CREATE TABLE IF NOT EXISTS repeats(job_id TEXT PRIMARY KEY, input TEXT NOT NULL, told INTEGER NOT NULL,"
    " refuses INTEGER NOT NULL, requests TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS repeats_by_input ON repeats(input);";
// Likewise. A batch without a row has the progress that a version without this table kept in its record.
constexpr const char* kProgress =
    "CREATE TABLE IF NOT EXISTS progress(job_id TEXT NOT NULL, part INTEGER NOT NULL, record TEXT NOT NULL,"
    " PRIMARY KEY(job_id, part)) WITHOUT ROWID;";
constexpr const char* kAddRequests = "ALTER TABLE repeats ADD COLUMN requests TEXT NOT NULL DEFAULT ''";
constexpr const char* kIndexRequests =
    "CREATE INDEX IF NOT EXISTS repeats_by_requests ON repeats(requests) WHERE requests <> '';";

constexpr const char* kCure =
    "restore the state directory from a backup; or move state.db, state.db-wal and state.db-shm out of it, and "
    "`batchrouter resume` finds the jobs again by what lies in spool";

class SqliteStore : public Store {
 public:
  SqliteStore(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  ~SqliteStore() override { sqlite3_close_v2(db_); }

  Result<void> prepare(bool read_only);
  Result<void> insert(const Job& job, const Repeat* repeat) override;
  Result<void> save_job(const Job& job) override;
  Result<void> save_batches(const std::vector<RemoteBatch>& batches) override;
  Result<void> save_progress(std::string_view job_id, const std::vector<PartProgress>& progress) override;
  Result<void> replace_results(const std::vector<RemoteBatch>& batches) override;
  Result<void> remove(std::string_view job_id) override;
  Result<Job> load(std::string_view job_id) override;
  Result<std::vector<std::string>> unsettled_ids() override;
  Result<std::vector<Job>> list(std::string_view provider, std::int64_t limit) override;
  Result<std::int64_t> count() override;
  Result<std::vector<std::string>> ids() override;
  Result<std::string> owner_of(std::string_view provider, std::string_view base_url,
                               std::string_view batch_id) override;
  Result<std::optional<Repeat>> repeat_of(std::string_view job_id) override;
  Result<void> keep_repeat(std::string_view job_id, const Repeat& repeat) override;
  Result<std::vector<std::string>> jobs_asking(const std::vector<std::string>& inputs, WhichJobs which) override;
  Result<std::vector<std::string>> jobs_without_repeat() override;
  Result<void> tell(const std::vector<std::string>& job_ids) override;

 private:
  Error failure(const char* verb) const {
    const int code = sqlite3_errcode(db_);
    const bool damage = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return Error(Code::store, path_ + ": cannot " + verb + " the state: " + sqlite3_errmsg(db_),
                 damage ? kCure : "check the disk and the directory's owner and mode");
  }
  Result<void> execute(const char* sql, const char* verb) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(verb);
    return {};
  }
  Error damaged(std::string_view job_id, const std::string& what) const {
    return Error(Code::store, path_ + ": the job " + std::string(job_id) + " is damaged: " + what, kCure);
  }
  Error named(std::string_view job_id, Error error) const {
    error.message = path_ + ": the job " + std::string(job_id) + ": " + error.message;
    return error;
  }
  bool put_repeat(std::string_view job_id, const Repeat& repeat);
  Result<std::vector<std::string>> read_ids(Statement* statement);
  bool add_job(const Job& job);
  bool add_batch(const RemoteBatch& batch);
  bool change_batch(const RemoteBatch& batch);
  enum class Existing : std::uint8_t { stays, goes };
  bool put_progress(std::string_view job_id, const PartProgress& progress, Existing existing);
  Result<void> read_progress(RemoteBatch* batch, std::string_view record);
  bool keep_older_progress(const RemoteBatch& batch);
  bool has_table(const char* name);
  template <class Work>
  Result<void> transaction(Work work);
  Result<std::vector<Job>> read_jobs(Statement* statement);
  Result<Job> read_job(Statement* statement);
  Result<void> read_batches(Job* job, std::int64_t count);

  std::mutex mutex_;
  sqlite3* db_;
  std::string path_;
  // false: only looked at, and written by a version without that table.
  bool has_repeats_ = true, has_progress_ = true;
};

Result<void> SqliteStore::prepare(bool read_only) {
  sqlite3_busy_timeout(db_, 10'000);
  if (auto set = execute("PRAGMA temp_store=MEMORY; PRAGMA cache_size=-2000", "configure"); !set) return set;
  std::int64_t found = 0;
  {
    Statement version(db_, "PRAGMA user_version");
    if (!version.step()) return failure("read");
    found = version.integer(0);
  }
  if (found > kSchemaVersion)
    return Error(Code::store, path_ + ": was written by a newer version of batchrouter", "use that version");
  if (read_only) {
    has_repeats_ = has_table("repeats");
    has_progress_ = has_table("progress");
    return {};
  }
  if (auto set = execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", "configure"); !set) return set;
  if (found == kSchemaVersion) {
    if (auto made = execute(kRepeats, "make"); !made) return made;
    if (auto made = execute(kProgress, "make"); !made) return made;
    bool has_requests = false;
    {
      Statement column(db_, "SELECT 1 FROM pragma_table_info('repeats') WHERE name='requests'");
      has_requests = column.step();
    }
    if (auto added = has_requests ? Result<void>() : execute(kAddRequests, "change"); !added) return added;
    return execute(kIndexRequests, "make");
  }
  const std::string make = std::string("BEGIN IMMEDIATE;") + kSchema + kRepeats + kIndexRequests + kProgress +
                           "PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";COMMIT";
  return execute(make.c_str(), "make");
}

bool SqliteStore::has_table(const char* name) {
  Statement table(db_, "SELECT 1 FROM sqlite_master WHERE type='table' AND name=?");
  return table.bind(name).step();
}

template <class Work>
Result<void> SqliteStore::transaction(Work work) {
  const std::lock_guard lock(mutex_);
  if (auto begun = execute("BEGIN IMMEDIATE", "write"); !begun) return begun;
  if (!work()) {
    Error error = failure("write");
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    return error;
  }
  return execute("COMMIT", "write");
}

bool SqliteStore::add_job(const Job& job) {
  Statement add(db_, "INSERT INTO jobs(id, provider, created_ms, settled, record) VALUES(?,?,?,?,?)");
  add.bind(job.id).bind(job.provider).bind(job.created_ms).bind(std::int64_t{is_settled(job)}).bind(write_job_record(job));
  add.step();
  return !add.failed();
}

bool SqliteStore::add_batch(const RemoteBatch& batch) {
  Statement add(db_, "INSERT INTO batches(job_id, part, batch_id, record) VALUES(?,?,?,?)");
  add.bind(batch.job_id).bind(std::int64_t{batch.part}).bind(batch.status.id).bind(write_batch_record(batch));
  add.step();
  return !add.failed() && keep_older_progress(batch);
}

bool SqliteStore::change_batch(const RemoteBatch& batch) {
  Statement change(db_, "UPDATE batches SET batch_id=?, record=? WHERE job_id=? AND part=?");
  change.bind(batch.status.id).bind(write_batch_record(batch)).bind(batch.job_id).bind(std::int64_t{batch.part});
  change.step();
  return !change.failed() && keep_older_progress(batch);
}

// Of a version that kept it in the record, which has it no more.
bool SqliteStore::keep_older_progress(const RemoteBatch& batch) {
  const Progress& older = batch.progress;
  if (older.handed_rows == 0 && older.acked_rows == 0) return true;
  return put_progress(batch.job_id, {batch.part, batch.refetches, older}, Existing::stays);
}

// Of a batch that is there: of a job that was removed nothing comes back.
bool SqliteStore::put_progress(std::string_view job_id, const PartProgress& progress, Existing existing) {
  Statement put(db_, existing == Existing::stays
                         ? "INSERT OR IGNORE INTO progress(job_id, part, record)"
                           " SELECT job_id, part, ?3 FROM batches WHERE job_id=?1 AND part=?2"
                         : "INSERT OR REPLACE INTO progress(job_id, part, record)"
                           " SELECT job_id, part, ?3 FROM batches WHERE job_id=?1 AND part=?2");
  put.bind(job_id).bind(std::int64_t{progress.part}).bind(write_progress_record(progress));
  put.step();
  return !put.failed();
}

bool SqliteStore::put_repeat(std::string_view job_id, const Repeat& repeat) {
  Statement put(db_, "INSERT OR REPLACE INTO repeats(job_id, input, told, refuses, requests) VALUES(?,?,?,?,?)");
  put.bind(job_id).bind(repeat.input).bind(std::int64_t{repeat.told}).bind(std::int64_t{repeat.refuses});
  put.bind(repeat.requests);
  put.step();
  return !put.failed();
}

Result<void> SqliteStore::insert(const Job& job, const Repeat* repeat) {
  return transaction([&] {
    if (!add_job(job) || (repeat != nullptr && !put_repeat(job.id, *repeat))) return false;
    for (const RemoteBatch& batch : job.batches) {
      if (!add_batch(batch)) return false;
    }
    return true;
  });
}

Result<void> SqliteStore::save_job(const Job& job) {
  return transaction([&] {
    Statement change(db_, "UPDATE jobs SET provider=?, settled=?, record=? WHERE id=?");
    change.bind(job.provider).bind(std::int64_t{is_settled(job)}).bind(write_job_record(job)).bind(job.id);
    change.step();
    return !change.failed();
  });
}

Result<void> SqliteStore::save_batches(const std::vector<RemoteBatch>& batches) {
  return transaction([&] {
    for (const RemoteBatch& batch : batches) {
      if (!change_batch(batch)) return false;
    }
    return true;
  });
}

Result<void> SqliteStore::save_progress(std::string_view job_id, const std::vector<PartProgress>& progress) {
  return transaction([&] {
    for (const PartProgress& each : progress) {
      if (!put_progress(job_id, each, Existing::goes)) return false;
    }
    return true;
  });
}

Result<void> SqliteStore::replace_results(const std::vector<RemoteBatch>& batches) {
  return transaction([&] {
    for (const RemoteBatch& batch : batches) {
      const PartProgress progress = {batch.part, batch.refetches, batch.progress};
      if (!change_batch(batch) || !put_progress(batch.job_id, progress, Existing::goes)) return false;
    }
    return true;
  });
}

Result<void> SqliteStore::remove(std::string_view job_id) {
  return transaction([&] {
    Statement job(db_, "DELETE FROM jobs WHERE id=?");
    job.bind(job_id).step();
    Statement batches(db_, "DELETE FROM batches WHERE job_id=?");
    batches.bind(job_id).step();
    Statement repeats(db_, "DELETE FROM repeats WHERE job_id=?");
    repeats.bind(job_id).step();
    Statement progress(db_, "DELETE FROM progress WHERE job_id=?");
    progress.bind(job_id).step();
    return !job.failed() && !batches.failed() && !repeats.failed() && !progress.failed();
  });
}

// Of another results file than the one in force it says nothing: all of this one may have been handed out.
Result<void> SqliteStore::read_progress(RemoteBatch* batch, std::string_view record) {
  if (record.empty()) return {};
  auto progress = read_progress_record(record);
  if (!progress) return named(batch->job_id, std::move(progress.error()));
  if (progress->part != batch->part)
    return damaged(batch->job_id, "the progress of part " + std::to_string(batch->part) + " belongs elsewhere");
  batch->progress = progress->refetches == batch->refetches
                        ? progress->progress
                        : Progress{.handed_rows = std::numeric_limits<std::int64_t>::max()};
  return {};
}

// Columns and records say the same, and no batch is missing: damage ends here.
Result<void> SqliteStore::read_batches(Job* job, std::int64_t count) {
  Statement get(db_, has_progress_
                         ? "SELECT b.record, b.part, b.batch_id, p.record FROM batches b LEFT JOIN progress p"
                           " ON p.job_id=b.job_id AND p.part=b.part WHERE b.job_id=? ORDER BY b.part"
                         : "SELECT record, part, batch_id, '' FROM batches WHERE job_id=? ORDER BY part");
  get.bind(job->id);
  while (get.step()) {
    auto batch = read_batch_record(get.text(0));
    const std::string part = "part " + std::to_string(get.integer(1));
    if (!batch) return named(job->id, std::move(batch.error()));
    if (batch->job_id != job->id || batch->part != get.integer(1) || batch->status.id != get.text(2))
      return damaged(job->id, "the record of " + part + " belongs elsewhere");
    if (auto read = read_progress(&*batch, get.text(3)); !read) return read;
    job->batches.push_back(std::move(*batch));
  }
  if (get.failed()) return failure("read");
  const auto found = static_cast<std::int64_t>(job->batches.size());
  if (found == 0 || (count >= 0 && found != count))
    return damaged(job->id, "it has " + std::to_string(found) + " remote batches" +
                                (count >= 0 ? ", not " + std::to_string(count) : std::string()));
  return {};
}

Result<Job> SqliteStore::read_job(Statement* statement) {
  const std::string id(statement->text(1));
  auto job = read_job_record(statement->text(0));
  if (!job) return named(id, std::move(job.error()));
  if (job->id != id) return damaged(id, "its record is that of " + job->id);
  const std::int64_t count = batches_in_record(statement->text(0));
  BR_RETURN_IF_ERROR(read_batches(&*job, count));
  return job;
}

Result<std::vector<Job>> SqliteStore::read_jobs(Statement* statement) {
  std::vector<Job> jobs;
  while (statement->step()) {
    auto job = read_job(statement);
    BR_RETURN_IF_ERROR(job);
    // A batch of an older moment than its job's: what is missing of it is fetched again.
    job->done = job->done && std::all_of(job->batches.begin(), job->batches.end(), [](const RemoteBatch& batch) {
                  return batch.phase == Phase::collected;
                });
    jobs.push_back(std::move(*job));
  }
  if (statement->failed()) return failure("read");
  return jobs;
}

Result<Job> SqliteStore::load(std::string_view job_id) {
  const std::lock_guard lock(mutex_);
  Statement get(db_, "SELECT record, id FROM jobs WHERE id=?");
  get.bind(job_id);
  auto jobs = read_jobs(&get);
  BR_RETURN_IF_ERROR(jobs);
  if (jobs->empty()) return no_such_job(job_id);
  return std::move(jobs->front());
}

Result<std::vector<std::string>> SqliteStore::unsettled_ids() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  // Not by the index on `settled`: one flipped bit there, and paid work would be forgotten. The records have checksums.
  Statement get(db_, "SELECT id, settled, record FROM jobs ORDER BY id");
  while (get.step()) {
    auto settled = settled_in_record(get.text(2));
    if (!settled) return named(get.text(0), std::move(settled.error()));
    if (!settled->value_or(get.integer(1) != 0)) ids.emplace_back(get.text(0));
  }
  if (get.failed()) return failure("read");
  return ids;
}

Result<std::vector<Job>> SqliteStore::list(std::string_view provider, std::int64_t limit) {
  const std::lock_guard lock(mutex_);
  Statement get(db_,
                "SELECT record, id FROM jobs WHERE ?1='' OR provider=?1 ORDER BY created_ms DESC, id DESC LIMIT ?2");
  get.bind(provider).bind(limit <= 0 ? -1 : limit);
  return read_jobs(&get);
}

Result<std::int64_t> SqliteStore::count() {
  const std::lock_guard lock(mutex_);
  Statement get(db_, "SELECT count(*) FROM jobs");
  if (!get.step()) return failure("read");
  return get.integer(0);
}

Result<std::vector<std::string>> SqliteStore::ids() {
  const std::lock_guard lock(mutex_);
  Statement get(db_, "SELECT id FROM jobs ORDER BY id");
  return read_ids(&get);
}

Result<std::string> SqliteStore::owner_of(std::string_view provider, std::string_view base_url,
                                          std::string_view batch_id) {
  const std::lock_guard lock(mutex_);
  Statement get(db_, "SELECT job_id, record FROM batches WHERE batch_id=? AND batch_id <> ''");
  get.bind(batch_id);
  while (get.step()) {
    auto batch = read_batch_record(get.text(1));
    BR_RETURN_IF_ERROR(batch);
    if (batch->provider == provider && batch->base_url == base_url) return std::string(get.text(0));
  }
  if (get.failed()) return failure("read");
  return std::string();
}

Result<std::optional<Repeat>> SqliteStore::repeat_of(std::string_view job_id) {
  if (!has_repeats_) return std::optional<Repeat>();
  const std::lock_guard lock(mutex_);
  Statement get(db_, "SELECT input, told, refuses FROM repeats WHERE job_id=?");
  get.bind(job_id);
  if (get.step()) return std::optional(Repeat{std::string(get.text(0)), get.integer(1) != 0, get.integer(2) != 0});
  if (get.failed()) return failure("read");
  return std::optional<Repeat>();
}

Result<void> SqliteStore::keep_repeat(std::string_view job_id, const Repeat& repeat) {
  return transaction([&] { return put_repeat(job_id, repeat); });
}

Result<std::vector<std::string>> SqliteStore::read_ids(Statement* statement) {
  std::vector<std::string> ids;
  while (statement->step()) ids.emplace_back(statement->text(0));
  if (statement->failed()) return failure("read");
  return ids;
}

Result<std::vector<std::string>> SqliteStore::jobs_asking(const std::vector<std::string>& inputs, WhichJobs which) {
  const std::lock_guard lock(mutex_);
  Statement get(db_,
                "SELECT jobs.id FROM repeats JOIN jobs ON jobs.id=repeats.job_id"
                " WHERE (repeats.input IN (?1, ?2) OR (repeats.requests <> '' AND repeats.requests IN (?1, ?2)))"
                " AND (?3=0 OR jobs.settled=0 OR repeats.told=0) ORDER BY jobs.created_ms DESC, jobs.id DESC");
  get.bind(inputs.front()).bind(inputs.back()).bind(std::int64_t{which == WhichJobs::open});
  return read_ids(&get);
}

Result<std::vector<std::string>> SqliteStore::jobs_without_repeat() {
  const std::lock_guard lock(mutex_);
  Statement get(db_,
                "SELECT id FROM jobs WHERE NOT EXISTS(SELECT 1 FROM repeats WHERE repeats.job_id=jobs.id)"
                " ORDER BY created_ms DESC, id DESC");
  return read_ids(&get);
}

Result<void> SqliteStore::tell(const std::vector<std::string>& job_ids) {
  return transaction([&] {
    for (const std::string& id : job_ids) {
      Statement put(db_, "UPDATE repeats SET told=1 WHERE job_id=?");
      put.bind(id).step();
      if (put.failed()) return false;
    }
    return true;
  });
}

}  // namespace

Error no_such_job(std::string_view job_id) {
  return Error(Code::not_found, "no job " + std::string(job_id) + " in this state directory",
               "`batchrouter list` shows the jobs there are");
}

Result<std::unique_ptr<Store>> open_sqlite_store(FileSystem* files, const std::string& path, bool read_only,
                                                 const char* vfs) {
  if (!read_only) {
    // Made by us, so that its mode is 0600; SQLite gives its side files the mode of the main file.
    auto file = files->open_update(path);
    BR_RETURN_IF_ERROR(file);
  }
  sqlite3* db = nullptr;
  const int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_FULLMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, vfs);
  auto store = std::make_unique<SqliteStore>(db, path);
  if (code != SQLITE_OK)
    return Error(Code::store, path + ": cannot open the state: " + sqlite3_errstr(code), "check the path");
  BR_RETURN_IF_ERROR(store->prepare(read_only));
  return std::unique_ptr<Store>(std::move(store));
}

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace br
