#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/clock.h"
#include "emulator/base/options.h"
#include "emulator/batches/batch.h"
#include "emulator/batches/faults.h"
#include "emulator/batches/ledger_writer.h"

namespace br::emulator {

// The life of batches, the same at every vendor: validating, in progress, finalizing and an end; cancelling and expiry
// in between. What is due by the virtual clock or the number of reads is done when somebody looks, or before that in
// the background. Used by one thread at a time.
class Batches {
 public:
  Batches(const EmulatorOptions& options, const Clock& clock, LedgerWriter& ledger, std::shared_ptr<BodyFile> bodies, Call& call);

  // Takes a batch whose first block of fields is filled in; the faults are those that hit it.
  Batch& add(std::unique_ptr<Batch> batch, const std::vector<Fault>& faults);
  // Brings the batch up to date; `read` counts as a look at it.
  void update(Batch& batch, bool read);
  // False if it has ended or is being cancelled.
  bool cancel(Batch& batch);
  // Works in the background for a few milliseconds; returns in how many there is more to do, -1: none.
  int64_t work();
  const std::vector<std::unique_ptr<Batch>>& all() const { return batches_; }
  // How a download of these bytes is refused; null if it is not. Counts the download.
  const GoneResults* refused_download(const std::shared_ptr<const Blob>& bytes);
  // Those of that vendor that the project's own programs made and that have not ended.
  int64_t count_running(std::string_view vendor, const std::string& project);

 private:
  bool step(Batch& batch, bool& read_used);
  bool stage_over(Batch& batch, int64_t end_ms, bool& read_used);
  bool step_in_progress(Batch& batch, bool& read_used);
  void enter(Batch& batch, Stage stage, int64_t at_ms);
  void end(Batch& batch, Stage stage, int64_t at_ms);
  int64_t rows_due(const Batch& batch) const;
  int64_t stage_end_ms(const Batch& batch) const;
  bool work_on(Batch& batch);

  const EmulatorOptions& options_;
  const Clock& clock_;
  LedgerWriter& ledger_;
  std::shared_ptr<BodyFile> bodies_;
  Call& call_;  // in force; what ends a batch is done in the name of its owner
  std::list<Batch*> running_;
  std::vector<Batch*> losing_;  // those that lose result files
  std::vector<std::unique_ptr<Batch>> batches_;
};

}  // namespace br::emulator
