#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "emulator/base/options.h"
#include "emulator/batches/batch.h"
#include "emulator/batches/ledger_writer.h"

namespace br::emulator {

// The work on one batch's rows: reads the input front to back to validate it, then answers rows in a shuffled order
// that the seed decides. Memory: an index entry per 64 rows and the block at hand.
class RowRun {
 public:
  RowRun(Batch& batch, LedgerWriter& ledger, const EmulatorOptions& options, std::shared_ptr<BodyFile> bodies);

  // Checks up to about `bytes` of the input. True when the check is over, well or badly.
  bool check(int64_t bytes);
  bool checked() const { return checked_; }
  // Answers rows until `rows` in all are answered.
  void answer_until(int64_t rows, int64_t now_s);
  int64_t answered() const { return answered_; }
  // The results so far; null if there are none.
  std::shared_ptr<const Blob> output_so_far() { return output_.so_far(); }
  // Writes what is left as unanswered and closes the result files.
  void finish(Unanswered why, int64_t now_s);

 private:
  struct Block {
    int64_t offset;
    uint32_t bytes;
    uint32_t rows;
  };

  bool answer_line(char* line, size_t size, int64_t offset);
  void fail(LineProblem problem);
  void end_of_input();
  bool next_block();
  char* next_row();
  void answer_row(char* line, int64_t now_s);
  ResultFile& file_for(bool succeeded) { return succeeded || batch_.one_result_file ? output_ : errors_; }
  Row row_of(char* line, int64_t now_s) const;

  Batch& batch_;
  LedgerWriter& ledger_;
  const EmulatorOptions& options_;
  ResultFile output_;
  ResultFile errors_;

  std::unique_ptr<LineCheck> line_check_;
  bool checked_ = false;
  std::string window_;       // input bytes at hand
  size_t window_used_ = 0;   // of these, taken
  int64_t read_offset_ = 0;  // of the next bytes to read
  int64_t line_number_ = 0;
  uint64_t content_hash_ = 0;

  std::vector<Block> blocks_;
  size_t next_block_ = 0;
  std::string block_;           // text of the block at hand
  std::vector<uint32_t> rows_;  // where its unanswered rows begin, in reverse order of answering
  int64_t answered_ = 0;
};

}  // namespace br::emulator
