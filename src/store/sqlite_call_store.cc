#include "store/sqlite_call_store.h"

#include <sqlite3.h>

#include "store/sqlite_statement.h"
#include "sys/file_system.h"
#include "sys/mutex.h"

namespace br {
namespace {

constexpr std::int64_t kCallSchemaVersion = 1;
// The highest numbers are kept apart from the rows: a number is never given twice, whatever was removed.
constexpr const char* kCallSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE calls(id INTEGER PRIMARY KEY, identity BLOB NOT NULL, batch INTEGER NOT NULL, line_offset INTEGER NOT"
    " NULL, line_length INTEGER NOT NULL, created_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, state INTEGER NOT "
    "NULL,"
    " status INTEGER NOT NULL, answer_batch INTEGER NOT NULL, answer_offset INTEGER NOT NULL, answer_length INTEGER NOT"
    " NULL, vendor_batch TEXT NOT NULL, answered_ms INTEGER NOT NULL, delivered_ms INTEGER NOT NULL, used_ms INTEGER "
    "NOT"
    " NULL);"
    "CREATE INDEX calls_answered ON calls(identity) WHERE state = 2;"
    "CREATE INDEX calls_open ON calls(id) WHERE state < 2;"
    "CREATE INDEX calls_by_batch ON calls(batch);"
    "CREATE INDEX calls_by_answer ON calls(answer_batch) WHERE answer_batch > 0;"
    "CREATE TABLE batches(id INTEGER PRIMARY KEY, queue TEXT NOT NULL, state INTEGER NOT NULL, job_id TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, requests INTEGER NOT NULL, bytes INTEGER NOT NULL);"
    "CREATE INDEX batches_open ON batches(id) WHERE state < 3;"
    "CREATE TABLE kept(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version=1;"
    "COMMIT";
#define CALL_COLUMNS                                                                                             \
  "SELECT id, identity, batch, line_offset, line_length, created_ms, attempts, state, status, answer_batch," \
  " answer_offset, answer_length, vendor_batch, answered_ms, delivered_ms, used_ms FROM calls "
#define BATCH_COLUMNS "SELECT id, queue, state, job_id, created_ms, requests, bytes FROM batches "
constexpr const char* kOpenCalls = CALL_COLUMNS "WHERE state < 2 ORDER BY id";
constexpr const char* kAnswers = CALL_COLUMNS
    "WHERE identity=? AND state=2 AND created_ms>=? AND status BETWEEN 200 AND 299 ORDER BY used_ms, id";
constexpr const char* kOpenBatches = BATCH_COLUMNS "WHERE state < 3 ORDER BY id";
constexpr const char* kEndedBatches = BATCH_COLUMNS
    "WHERE state=3 AND created_ms<? AND NOT EXISTS (SELECT 1 FROM calls WHERE state<2 AND"
    " (batch=batches.id OR answer_batch=batches.id)) ORDER BY id";
#undef CALL_COLUMNS
#undef BATCH_COLUMNS
constexpr const char* kPutCall = "INSERT OR REPLACE INTO calls VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
// Of a call that has its answer: where its line is does not change any more, and no index on that is touched.
constexpr const char* kUpdateCall =
    "UPDATE calls SET attempts=?, state=?, status=?, answer_batch=?, answer_offset=?, answer_length=?, vendor_batch=?,"
    " answered_ms=?, delivered_ms=?, used_ms=? WHERE id=?";
constexpr const char* kPutBatch = "INSERT OR REPLACE INTO batches VALUES(?,?,?,?,?,?,?)";
constexpr const char* kRemoveCall = "DELETE FROM calls WHERE id=?";
constexpr const char* kRemoveAnswered = "DELETE FROM calls WHERE answer_batch=?";
constexpr const char* kRemoveBatch = "DELETE FROM batches WHERE id=?";
constexpr const char* kKeep = "INSERT OR REPLACE INTO kept VALUES(?,?)";
constexpr const char* kLast = "SELECT CAST(value AS INTEGER) FROM kept WHERE name=?";

CapturedCall call_of(const Statement& row) {
  CapturedCall call;
  call.id = row.integer(0);
  call.identity = std::string(row.text(1));
  call.line = {row.integer(2), static_cast<std::uint64_t>(row.integer(3)), static_cast<std::uint64_t>(row.integer(4))};
  call.created_ms = row.integer(5);
  call.attempts = static_cast<std::int32_t>(row.integer(6));
  call.state = static_cast<CallState>(row.integer(7));
  call.status = static_cast<std::int32_t>(row.integer(8));
  call.answer = {row.integer(9), static_cast<std::uint64_t>(row.integer(10)),
                 static_cast<std::uint64_t>(row.integer(11))};
  call.vendor_batch = std::string(row.text(12));
  call.answered_ms = row.integer(13);
  call.delivered_ms = row.integer(14);
  call.used_ms = row.integer(15);
  return call;
}

CallBatch batch_of(const Statement& row) {
  return {row.integer(0),
          std::string(row.text(1)),
          static_cast<CallBatchState>(row.integer(2)),
          std::string(row.text(3)),
          row.integer(4),
          row.integer(5),
          row.integer(6)};
}

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// The columns from `attempts` on.
void bind_outcome(const CapturedCall& call, Statement* to) {
  to->bind(std::int64_t{call.attempts}).bind(static_cast<std::int64_t>(call.state)).bind(std::int64_t{call.status});
  to->bind(call.answer.batch).bind(number(call.answer.offset)).bind(number(call.answer.length));
  to->bind(call.vendor_batch).bind(call.answered_ms).bind(call.delivered_ms).bind(call.used_ms);
}

class SqliteCallStore : public CallStore {
 public:
  SqliteCallStore(sqlite3* db, std::string path) : db_(db), path_(std::move(path)), statements_(db) {}
  ~SqliteCallStore() override {
    statements_.clear();
    sqlite3_close_v2(db_);
  }

  Result<void> prepare();
  Result<void> apply(const CallChanges& changes) override;
  Result<std::vector<CapturedCall>> open_calls() override;
  Result<std::vector<CallBatch>> open_batches() override;
  Result<std::vector<CapturedCall>> answers(std::string_view identity, std::int64_t since_ms) override;
  Result<std::vector<CallBatch>> ended_batches(std::int64_t before_ms) override;
  Result<std::int64_t> last_call() override {
    const MutexLock lock(&mutex_);
    return last("last_call");
  }
  Result<std::int64_t> last_batch() override {
    const MutexLock lock(&mutex_);
    return last("last_batch");
  }
  Result<std::string> salt(const std::string& fresh) override;

 private:
  Error failure(const char* verb) const {
    return Error(Code::store, path_ + ": cannot " + verb + " the captured calls: " + sqlite3_errmsg(db_),
                 "check the disk and the directory's owner and mode");
  }
  Result<void> execute(const char* sql, const char* verb) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(verb);
    return {};
  }
  bool write(const CallChanges& changes) REQUIRES(mutex_);
  bool put_calls(const std::vector<CapturedCall>& calls) REQUIRES(mutex_);
  bool put_call(const CapturedCall& call) REQUIRES(mutex_);
  bool update_call(const CapturedCall& call) REQUIRES(mutex_);
  bool put_batches(const std::vector<CallBatch>& batches) REQUIRES(mutex_);
  bool remove_all(const char* sql, const std::vector<std::int64_t>& ids) REQUIRES(mutex_);
  bool keep(std::string_view name, std::string_view value) REQUIRES(mutex_);
  bool keep_greatest(std::string_view name, std::int64_t number) REQUIRES(mutex_);
  Result<std::int64_t> last(std::string_view name) REQUIRES(mutex_);
  Result<std::vector<CapturedCall>> read_calls(Statement* statement);
  Result<std::vector<CallBatch>> read_batches(Statement* statement);

  Mutex mutex_;
  sqlite3* const db_;  // has no mutex of its own: only under this one
  const std::string path_;
  Statements statements_ GUARDED_BY(mutex_);
};

Result<void> SqliteCallStore::prepare() {
  constexpr int kBusyMs = 10'000;
  sqlite3_busy_timeout(db_, kBusyMs);
  BR_RETURN_IF_ERROR(execute("PRAGMA temp_store=MEMORY; PRAGMA cache_size=-2000", "configure"));
  std::int64_t found = 0;
  {
    Statement version(db_, "PRAGMA user_version");
    if (!version.step()) return failure("read");
    found = version.integer(0);
  }
  if (found > kCallSchemaVersion)
    return Error(Code::store, path_ + ": was written by a newer version of batchrouter", "use that version");
  BR_RETURN_IF_ERROR(execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", "configure"));
  if (found == kCallSchemaVersion) return {};
  return execute(kCallSchema, "make");
}

Result<void> SqliteCallStore::apply(const CallChanges& changes) {
  if (changes.empty()) return {};
  const MutexLock lock(&mutex_);
  BR_RETURN_IF_ERROR(execute("BEGIN IMMEDIATE", "write"));
  if (!write(changes)) {
    Error error = failure("write");
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    return error;
  }
  if (auto committed = execute("COMMIT", "write"); !committed) {
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    return committed;
  }
  return {};
}

bool SqliteCallStore::write(const CallChanges& changes) {
  return put_batches(changes.batches) && put_calls(changes.calls) &&
         remove_all(kRemoveCall, changes.removed_calls) &&
         remove_all(kRemoveAnswered, changes.removed_batches) &&
         remove_all(kRemoveBatch, changes.removed_batches);
}

bool SqliteCallStore::put_calls(const std::vector<CapturedCall>& calls) {
  if (calls.empty()) return true;
  std::int64_t greatest = 0;
  for (const CapturedCall& call : calls) {
    if (!(call.state == CallState::waiting ? put_call(call) : update_call(call))) return false;
    greatest = std::max(greatest, call.id);
  }
  return keep_greatest("last_call", greatest);
}

bool SqliteCallStore::put_call(const CapturedCall& call) {
  const StatementUse put = statements_.use(kPutCall);
  put->bind(call.id).bind_blob(call.identity).bind(call.line.batch).bind(number(call.line.offset));
  put->bind(number(call.line.length)).bind(call.created_ms);
  bind_outcome(call, &*put);
  put->step();
  return !put->failed();
}

bool SqliteCallStore::update_call(const CapturedCall& call) {
  const StatementUse update = statements_.use(kUpdateCall);
  bind_outcome(call, &*update);
  update->bind(call.id).step();
  return !update->failed();
}

bool SqliteCallStore::put_batches(const std::vector<CallBatch>& batches) {
  std::int64_t greatest = 0;
  for (const CallBatch& batch : batches) {
    const StatementUse use = statements_.use(kPutBatch);
    Statement& put = *use;
    put.bind(batch.id).bind(batch.queue).bind(static_cast<std::int64_t>(batch.state)).bind(batch.job_id);
    put.bind(batch.created_ms).bind(batch.requests).bind(batch.bytes);
    put.step();
    if (put.failed()) return false;
    greatest = std::max(greatest, batch.id);
  }
  return batches.empty() || keep_greatest("last_batch", greatest);
}

bool SqliteCallStore::remove_all(const char* sql, const std::vector<std::int64_t>& ids) {
  for (const std::int64_t id : ids) {
    const StatementUse remove = statements_.use(sql);
    remove->bind(id).step();
    if (remove->failed()) return false;
  }
  return true;
}

bool SqliteCallStore::keep(std::string_view name, std::string_view value) {
  const StatementUse put = statements_.use(kKeep);
  put->bind(name).bind(value).step();
  return !put->failed();
}

bool SqliteCallStore::keep_greatest(std::string_view name, std::int64_t number) {
  auto known = last(name);
  return known.ok() && (number <= *known || keep(name, std::to_string(number)));
}

Result<std::int64_t> SqliteCallStore::last(std::string_view name) {
  const StatementUse get = statements_.use(kLast);
  const bool found = get->bind(name).step();
  if (get->failed()) return failure("read");
  return found ? get->integer(0) : std::int64_t{0};
}

Result<std::string> SqliteCallStore::salt(const std::string& fresh) {
  const MutexLock lock(&mutex_);
  Statement get(db_, "SELECT value FROM kept WHERE name='salt'");
  if (get.step()) return std::string(get.text(0));
  if (get.failed() || !keep("salt", fresh)) return failure("write");
  return fresh;
}

Result<std::vector<CapturedCall>> SqliteCallStore::read_calls(Statement* statement) {
  std::vector<CapturedCall> calls;
  while (statement->step()) calls.push_back(call_of(*statement));
  if (statement->failed()) return failure("read");
  return calls;
}

Result<std::vector<CallBatch>> SqliteCallStore::read_batches(Statement* statement) {
  std::vector<CallBatch> batches;
  while (statement->step()) batches.push_back(batch_of(*statement));
  if (statement->failed()) return failure("read");
  return batches;
}

Result<std::vector<CapturedCall>> SqliteCallStore::open_calls() {
  const MutexLock lock(&mutex_);
  return read_calls(&*statements_.use(kOpenCalls));
}

Result<std::vector<CallBatch>> SqliteCallStore::open_batches() {
  const MutexLock lock(&mutex_);
  return read_batches(&*statements_.use(kOpenBatches));
}

Result<std::vector<CapturedCall>> SqliteCallStore::answers(std::string_view identity, std::int64_t since_ms) {
  const MutexLock lock(&mutex_);
  const StatementUse get = statements_.use(kAnswers);
  get->bind_blob(identity).bind(since_ms);
  return read_calls(&*get);
}

Result<std::vector<CallBatch>> SqliteCallStore::ended_batches(std::int64_t before_ms) {
  const MutexLock lock(&mutex_);
  const StatementUse get = statements_.use(kEndedBatches);
  get->bind(before_ms);
  return read_batches(&*get);
}

}  // namespace

Result<std::unique_ptr<CallStore>> open_sqlite_call_store(FileSystem* files, const std::string& path,
                                                          const char* vfs) {
  {
    // Made by us, so that its mode is 0600; SQLite gives its side files the mode of the main file.
    auto file = files->open_update(path);
    BR_RETURN_IF_ERROR(file);
  }
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
  auto store = std::make_unique<SqliteCallStore>(db, path);
  if (code != SQLITE_OK)
    return Error(Code::store, path + ": cannot open the captured calls: " + sqlite3_errstr(code), "check the path");
  BR_RETURN_IF_ERROR(store->prepare());
  return std::unique_ptr<CallStore>(std::move(store));
}

}  // namespace br
