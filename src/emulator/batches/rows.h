#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace br::emulator {

struct Batch;

// Why a whole batch is turned down.
struct LineProblem {
  std::string code;
  std::string message;
  std::string param;
  int64_t line = 0;  // 0: not about a line
};

struct Tokens {
  int64_t input = 0;  // with what was read from a cache and written to one
  int64_t output = 0;
  int64_t cache_read = 0;
  int64_t cache_write_5m = 0;
  int64_t cache_write_1h = 0;
};

// One row of the input on its way to an answer.
struct Row {
  char* line = nullptr;  // ends with a NUL and may be overwritten
  uint64_t hash = 0;     // of its bytes
  int64_t now_s = 0;
  bool fails = false;         // the vendor's own trouble: the row ends with a 500
  int variant = 0;            // > 0: another answer to the same row
  std::string_view other_id;  // not empty: answered under this id instead of its own
};

struct RowAnswer {
  bool succeeded = false;  // belongs in the output file and is paid for
  std::string line;        // without newline
  Tokens tokens;
  std::string model;  // of this row; empty: the batch's
};

// Why a row was never answered.
enum class Unanswered { kCancelled, kExpired };

// Reads one batch's input front to back before anything runs.
class LineCheck {
 public:
  virtual ~LineCheck() = default;
  // `text` ends with a NUL at `size` and may be overwritten. False, with `problem`, if the whole batch fails for it.
  virtual bool line(char* text, size_t size, LineProblem& problem) = 0;
  // After the last line; says which model the batch is for.
  virtual bool end(LineProblem& problem) = 0;
  virtual const std::string& model() const = 0;
  // Of the set of ids, whatever their order.
  virtual uint64_t id_set_hash() const = 0;
};

// The vendor's part in a batch: what rows must look like and what becomes of them.
class BatchOwner {
 public:
  virtual ~BatchOwner() = default;
  virtual std::unique_ptr<LineCheck> check(const Batch& batch) = 0;
  virtual RowAnswer answer(const Batch& batch, const Row& row) = 0;
  // Empty: the vendor's results do not name the row.
  virtual std::string unanswered(const Batch& batch, const Row& row, Unanswered why) = 0;
  // The result files are written; the vendor gives them ids.
  virtual void results_ready(Batch& batch) = 0;
  // `twin` has the fields of `original`, which another program in the account might have asked for as well, and rows
  // of its own: gives it what the vendor keeps of it, ids, names and files of its own, and no word of the client's.
  virtual void make_twin(const Batch& original, Batch& twin) = 0;
  // The batch was made and never was: what the vendor keeps of it goes.
  virtual void unmake(const Batch& batch) = 0;
};

}  // namespace br::emulator
