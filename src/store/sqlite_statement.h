// Statement: one prepared SQL statement. Statements: those of a connection that are prepared once and used again.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace br {

// A prepared statement with its bindings, finalised at the end.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) { sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::string_view text) {
    sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
  }
  Statement& bind_blob(std::string_view bytes) {
    sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(std::int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }
  // true: a row is there. false: the end, or failed() tells.
  bool step() {
    code_ = statement_ == nullptr ? sqlite3_errcode(db_) : sqlite3_step(statement_);
    return code_ == SQLITE_ROW;
  }
  bool failed() const { return code_ != SQLITE_ROW && code_ != SQLITE_DONE; }
  std::string_view text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  // Ready for the next row to be written, with bindings of its own.
  void reset() {
    sqlite3_reset(statement_);
    bound_ = 0;
  }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0, code_ = SQLITE_DONE;
};

// One use of a statement of Statements. The end of it ends what the statement reads, too.
class StatementUse {
 public:
  explicit StatementUse(Statement* statement) : statement_(statement) {}
  ~StatementUse() { statement_->reset(); }
  StatementUse(const StatementUse&) = delete;
  StatementUse& operator=(const StatementUse&) = delete;

  Statement& operator*() const { return *statement_; }
  Statement* operator->() const { return statement_; }

 private:
  Statement* const statement_;
};

// One thread at a time; each statement has one use at a time. Goes before its connection.
class Statements {
 public:
  explicit Statements(sqlite3* db) : db_(db) {}

  // sql: a literal, which is known again by its address.
  StatementUse use(const char* sql) {
    std::unique_ptr<Statement>& made = by_text_[sql];
    if (made == nullptr) made = std::make_unique<Statement>(db_, sql);
    return StatementUse(made.get());
  }
  void clear() { by_text_.clear(); }

 private:
  sqlite3* const db_;
  std::unordered_map<const char*, std::unique_ptr<Statement>> by_text_;
};

}  // namespace br
