#include "emulator/batches/batches.h"

#include <algorithm>
#include <utility>

#include "emulator/base/key_forms.h"
#include "emulator/batches/row_run.h"

namespace br::emulator {
namespace {

constexpr int64_t kEverything = INT64_MAX;
constexpr int64_t kCancellingMostMs = 600'000;  // OpenAI says up to ten minutes
constexpr int64_t kCheckSliceBytes = 1024 * 1024;
constexpr int64_t kAnswerSliceRows = 512;
constexpr int64_t kWorkPauseMs = 10;

void apply_gone(const Fault& fault, BatchQuirks& quirks) {
  GoneResults gone;
  gone.status = static_cast<int>(fault_number(fault, "status", 404));
  gone.code = fault_text(fault, "code", "");
  gone.message = fault_text(fault, "message", "The file does not exist or is no longer available.");
  gone.downloads = fault_number(fault, "downloads", 0);
  const std::string which = fault_text(fault, "which", "both");
  if (which != "errors") quirks.gone_output = gone;
  if (which != "output") quirks.gone_errors = gone;
}

void apply(const Fault& fault, BatchQuirks& quirks) {
  const auto rows = [&] { return fault_number(fault, "rows", 1); };
  const auto polls = [&](int64_t otherwise) { return fault_number(fault, "polls", otherwise); };
  if (fault.kind == "rows_missing") quirks.rows_missing += rows();
  if (fault.kind == "rows_duplicated") quirks.rows_duplicated += rows();
  if (fault.kind == "rows_malformed") quirks.rows_malformed += rows();
  if (fault.kind == "rows_unknown") quirks.rows_unknown += rows();
  if (fault.kind == "bom") quirks.text.bom = true;
  if (fault.kind == "crlf") quirks.text.crlf = true;
  if (fault.kind == "blank_lines") quirks.text.blank_lines = true;
  if (fault.kind == "no_final_newline") quirks.text.no_final_newline = true;
  if (fault.kind == "output_late") quirks.output_late_polls = polls(2);
  if (fault.kind == "error_file_only") quirks.error_file_only = true;
  if (fault.kind == "not_found") quirks.not_found_polls = polls(1);
  if (fault.kind == "listing_lag") {
    quirks.hidden_list_ms = fault_number(fault, "ms", 0);
    quirks.hidden_lists = fault_number(fault, "lists", quirks.hidden_list_ms > 0 ? 0 : 1);
  }
  if (fault.kind == "late") quirks.late_ms = fault_number(fault, "ms", 1000);
  if (fault.kind == "rows_huge") {
    quirks.rows_huge += rows();
    quirks.huge_bytes = fault_number(fault, "bytes", 20'000'000);
  }
  if (fault.kind == "rows_with_key") {
    quirks.rows_with_key += rows();
    quirks.key_form = fault_text(fault, "form", "plain");
  }
  if (fault.kind == "rows_unknown") quirks.stranger_start = fault_text(fault, "start", "unknown-");
  if (fault.kind == "look_alikes") quirks.look_alikes = look_alikes_of(fault, false);
  if (fault.kind == "results_gone") apply_gone(fault, quirks);
  if (fault.kind == "status_upper") quirks.status_upper = true;
  if (fault.kind == "null_fields") quirks.null_fields = true;
  if (fault.kind == "expire") quirks.expire_share = fault_share(fault, "share", 0.5);
  if (fault.kind == "stall") quirks.stall_share = fault_share(fault, "share", 0);
  if (fault.kind == "status_word") {
    quirks.status_word = fault_text(fault, "word", "reticulating");
    quirks.status_word_polls = polls(1);
  }
  if (fault.kind == "fail") {
    quirks.fails = true;
    quirks.failure.code = fault_text(fault, "code", "token_limit_exceeded");
    quirks.failure.message = fault_text(fault, "message", "Enqueued token limit reached for this model.");
  }
}

}  // namespace

Batches::Batches(const EmulatorOptions& options, const Clock& clock, LedgerWriter& ledger, std::shared_ptr<BodyFile> bodies,
                 Call& call)
    : options_(options), clock_(clock), ledger_(ledger), bodies_(std::move(bodies)), call_(call) {}

Batch& Batches::add(std::unique_ptr<Batch> added, const std::vector<Fault>& faults) {
  Batch& batch = *batches_.emplace_back(std::move(added));
  for (const Fault& fault : faults) apply(fault, batch.quirks);
  batch.quirks.failure.message = with_key(batch.quirks.failure.message, batch.tenant.key);
  if (batch.never_fails && batch.quirks.fails) {
    batch.quirks.fails = false;
    batch.quirks.error_file_only = true;
  }
  batch.times.created_ms = clock_.now_ms();
  batch.times.expires_ms = batch.times.created_ms + batch.window_ms;
  batch.account = ledger_.open(batch.vendor, batch.id, batch.input_file_id, batch.tenant);
  batch.run = std::make_unique<RowRun>(batch, ledger_, options_, bodies_);
  running_.push_back(&batch);
  if (batch.quirks.gone_output.status != 0 || batch.quirks.gone_errors.status != 0) losing_.push_back(&batch);
  return batch;
}

void Batches::update(Batch& batch, bool read) {
  if (read) ++batch.reads_in_stage;
  bool read_used = false;
  while (step(batch, read_used)) {
  }
  if (batch.stage == Stage::kInProgress) batch.run->answer_until(rows_due(batch), clock_.now_ms() / 1000);
}

// Virtual time is shared out among the stages by tenths: one for validating, eight for the rows, one for finalizing.
int64_t Batches::stage_end_ms(const Batch& batch) const {
  const int64_t tenth = options_.latency_ms / 10;
  switch (batch.stage) {
    case Stage::kValidating:
      return batch.times.created_ms + tenth;
    case Stage::kInProgress:
      return batch.times.created_ms + options_.latency_ms - tenth;
    case Stage::kFinalizing:
      return batch.times.created_ms + options_.latency_ms;
    case Stage::kCancelling:
      return batch.times.cancelling_ms + std::min(tenth, kCancellingMostMs);
    default:
      return batch.times.ended_ms;
  }
}

bool Batches::stage_over(Batch& batch, int64_t end_ms, bool& read_used) {
  if (options_.polls == 0) return clock_.now_ms() >= end_ms;
  if (read_used || batch.reads_in_stage < options_.polls) return false;
  return read_used = true;
}

// Moves the batch one stage on if that is due.
bool Batches::step(Batch& batch, bool& read_used) {
  if (has_ended(batch.stage)) return false;
  const int64_t end_ms = stage_end_ms(batch);
  // By count of reads there is no plan to keep, so a stage ends when it is seen to.
  const int64_t at_ms = options_.polls == 0 ? end_ms : clock_.now_ms();
  switch (batch.stage) {
    case Stage::kValidating:
      if (!stage_over(batch, end_ms, read_used)) return false;
      batch.run->check(kEverything);
      if (batch.problems.empty()) {
        batch.times.in_progress_ms = at_ms;
        enter(batch, Stage::kInProgress, at_ms);
      } else {
        end(batch, Stage::kFailed, at_ms);
      }
      return true;
    case Stage::kInProgress:
      return step_in_progress(batch, read_used);
    case Stage::kFinalizing:
      if (!stage_over(batch, end_ms, read_used)) return false;
      end(batch, Stage::kCompleted, at_ms);
      return true;
    default:
      if (!stage_over(batch, end_ms, read_used)) return false;
      end(batch, Stage::kCancelled, at_ms);
      return true;
  }
}

bool Batches::step_in_progress(Batch& batch, bool& read_used) {
  const int64_t now_ms = clock_.now_ms();
  const int64_t end_ms = stage_end_ms(batch);
  const bool stalls = batch.quirks.stall_share >= 0;
  if (now_ms >= batch.times.expires_ms && (stalls || end_ms > batch.times.expires_ms)) {
    batch.run->answer_until(rows_due(batch), now_ms / 1000);
    end(batch, Stage::kExpired, batch.times.expires_ms);
    return true;
  }
  if (stalls || !stage_over(batch, end_ms, read_used)) return false;
  const int64_t at_ms = options_.polls == 0 ? end_ms : now_ms;
  if (batch.quirks.expire_share >= 0) {
    const auto rows = static_cast<int64_t>(static_cast<double>(batch.total) * batch.quirks.expire_share);
    batch.run->answer_until(rows, at_ms / 1000);
    end(batch, Stage::kExpired, at_ms);
    return true;
  }
  batch.run->answer_until(batch.total, at_ms / 1000);
  batch.times.finalizing_ms = at_ms;
  enter(batch, Stage::kFinalizing, at_ms);
  return true;
}

void Batches::enter(Batch& batch, Stage stage, int64_t at_ms) {
  batch.stage = stage;
  batch.reads_in_stage = 0;
  if (has_ended(stage)) batch.times.ended_ms = at_ms;
}

void Batches::end(Batch& batch, Stage stage, int64_t at_ms) {
  if (stage != Stage::kFailed) {
    const CallScope scope(call_, {batch.tenant, {}, {}});
    batch.run->finish(stage == Stage::kExpired ? Unanswered::kExpired : Unanswered::kCancelled, at_ms / 1000);
  }
  batch.run.reset();
  batch.input.reset();
  running_.remove(&batch);
  ledger_.close(batch.account);
  enter(batch, stage, at_ms);
}

// How many rows are answered by now if the vendor works evenly.
int64_t Batches::rows_due(const Batch& batch) const {
  double share = 0;
  if (options_.polls > 0) {
    share = static_cast<double>(batch.reads_in_stage) / (options_.polls + 1);
  } else {
    const int64_t whole = std::max<int64_t>(1, stage_end_ms(batch) - batch.times.in_progress_ms);
    share = static_cast<double>(clock_.now_ms() - batch.times.in_progress_ms) / static_cast<double>(whole);
  }
  if (batch.quirks.stall_share >= 0) share = std::min(share, batch.quirks.stall_share);
  if (batch.quirks.expire_share >= 0) share = std::min(share, batch.quirks.expire_share);
  return static_cast<int64_t>(static_cast<double>(batch.total) * std::clamp(share, 0.0, 1.0));
}

bool Batches::cancel(Batch& batch) {
  update(batch, false);
  if (has_ended(batch.stage) || batch.stage == Stage::kCancelling) return false;
  batch.times.cancelling_ms = clock_.now_ms();
  // A file that was never validated is read all the same: every row of it must be accounted for.
  batch.run->check(kEverything);
  if (!batch.problems.empty()) {
    end(batch, Stage::kFailed, batch.times.cancelling_ms);
    return true;
  }
  enter(batch, Stage::kCancelling, batch.times.cancelling_ms);
  return true;
}

// Does a slice of what will be due anyway; true if there is more for now.
bool Batches::work_on(Batch& batch) {
  if (batch.stage == Stage::kValidating && !batch.run->check(kCheckSliceBytes)) return true;
  if (options_.polls > 0) return false;
  if (batch.stage != Stage::kInProgress) {
    bool unused = false;
    return step(batch, unused);
  }
  const int64_t due = rows_due(batch);
  if (batch.run->answered() < due) {
    batch.run->answer_until(std::min(due, batch.run->answered() + kAnswerSliceRows), clock_.now_ms() / 1000);
    return true;
  }
  bool unused = false;
  return step(batch, unused);
}

const GoneResults* Batches::refused_download(const std::shared_ptr<const Blob>& bytes) {
  for (Batch* const batch : losing_) {
    const bool output = batch->lost_output == bytes;
    if (!output && batch->lost_errors != bytes) continue;
    GoneResults& gone = output ? batch->quirks.gone_output : batch->quirks.gone_errors;
    // The last that is refused gives the file back.
    if (gone.downloads > 0 && --gone.downloads == 0) (output ? batch->lost_output : batch->lost_errors).reset();
    return &gone;
  }
  return nullptr;
}

int64_t Batches::count_running(std::string_view vendor, const std::string& project) {
  std::vector<Batch*> own;
  for (Batch* const batch : running_) {
    if (batch->vendor == vendor && batch->tenant.project == project && !batch->tenant.stranger) own.push_back(batch);
  }
  for (Batch* const batch : own) update(*batch, false);
  return std::count_if(own.begin(), own.end(), [](const Batch* batch) { return !has_ended(batch->stage); });
}

int64_t Batches::work() {
  bool more = false;
  bool large = false;
  for (auto at = running_.begin(); at != running_.end();) {
    Batch& batch = **at++;  // before the work: a batch that ends leaves the list
    large = large || (batch.total > kAnswerSliceRows && batch.quirks.stall_share < 0);
    more = work_on(batch) || more;
  }
  if (more) return 0;
  // A small batch is worked on when somebody looks; a large one would make him wait.
  return large && options_.polls == 0 && clock_.speed() > 0 ? kWorkPauseMs : -1;
}

}  // namespace br::emulator
