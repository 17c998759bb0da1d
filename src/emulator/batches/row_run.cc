#include "emulator/batches/row_run.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "emulator/base/hash.h"
#include "emulator/base/key_forms.h"
#include "emulator/base/row_text.h"
#include "emulator/base/utf8.h"
#include "emulator/batches/price_list.h"

namespace br::emulator {
namespace {

constexpr size_t kReadBytes = 256 * 1024;
// Rows are shuffled within a block and blocks among each other, so that the input is read in large pieces.
constexpr uint32_t kBlockRows = 64;
constexpr uint32_t kBlockBytes = 256 * 1024;

template <typename List>
void shuffle(List& list, uint64_t seed) {
  for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[mix(seed + i) % i]);
}

double share_of(uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1.0p-53; }

}  // namespace

Batch::Batch() = default;
Batch::~Batch() = default;

RowRun::RowRun(Batch& batch, LedgerWriter& ledger, const EmulatorOptions& options, std::shared_ptr<BodyFile> bodies)
    : batch_(batch),
      ledger_(ledger),
      options_(options),
      output_(bodies, batch.quirks.text),
      errors_(bodies, batch.quirks.text) {
  if (batch_.quirks.fails) {
    fail(batch_.quirks.failure);
  } else if (batch_.input->size() > batch_.max_bytes) {
    fail({"file_too_large",
          "The input file has " + std::to_string(batch_.input->size()) + " bytes, the limit for batches is " +
              std::to_string(batch_.max_bytes) + ".",
          "input_file_id", 0});
  }
}

bool RowRun::check(int64_t bytes) {
  if (!checked_ && !line_check_) line_check_ = batch_.owner->check(batch_);
  while (!checked_ && bytes > 0) {
    const size_t held = window_.size() - window_used_;
    window_.erase(0, window_used_);
    window_used_ = 0;
    window_.resize(held + kReadBytes);
    const size_t got = batch_.input->read(read_offset_, window_.data() + held, kReadBytes);
    window_.resize(held + got);
    const int64_t start = read_offset_ - static_cast<int64_t>(held);
    read_offset_ += static_cast<int64_t>(got);
    bytes -= static_cast<int64_t>(got);
    size_t searched = held;
    while (!checked_) {
      char* const line = window_.data() + window_used_;
      const size_t from = std::max(searched, window_used_);
      auto* const newline = static_cast<char*>(std::memchr(window_.data() + from, '\n', window_.size() - from));
      if (newline == nullptr) break;
      const auto size = static_cast<size_t>(newline - line);
      *newline = '\0';
      if (!answer_line(line, size, start + static_cast<int64_t>(window_used_))) break;
      window_used_ += size + 1;
    }
    if (!checked_ && got == 0) {
      const size_t rest = window_.size() - window_used_;
      if (rest == 0 || answer_line(window_.data() + window_used_, rest, start + static_cast<int64_t>(window_used_))) {
        end_of_input();
      }
    }
  }
  return checked_;
}

bool RowRun::answer_line(char* line, size_t size, int64_t offset) {
  ++line_number_;
  const std::string_view text(line, size);
  const uint64_t hash = hash_of(text);
  content_hash_ = mix(content_hash_ + hash);
  LineProblem problem;
  if (line_number_ > batch_.max_requests) {
    problem = {"too_many_tasks",
               "The batch has more than " + std::to_string(batch_.max_requests) + " requests, the most it may have.",
               {},
               line_number_};
  } else if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
    problem = {"invalid_json_line", "This line is not valid UTF-8 text.", {}, line_number_};
  } else if (line_check_->line(line, size, problem)) {
    const bool full = blocks_.empty() || blocks_.back().rows == kBlockRows || blocks_.back().bytes >= kBlockBytes;
    if (full) blocks_.push_back({offset, 0, 0});
    blocks_.back().bytes = static_cast<uint32_t>(offset - blocks_.back().offset) + static_cast<uint32_t>(size);
    ++blocks_.back().rows;
    return true;
  }
  problem.line = line_number_;
  fail(std::move(problem));
  return false;
}

void RowRun::fail(LineProblem problem) {
  batch_.problems.push_back(std::move(problem));
  checked_ = true;
  window_ = std::string();
  line_check_.reset();
}

void RowRun::end_of_input() {
  LineProblem problem;
  if (!line_check_->end(problem)) return fail(std::move(problem));
  // Where the create call names the model, the lines do not.
  if (!line_check_->model().empty()) batch_.model = line_check_->model();
  batch_.total = line_number_;
  ledger_.accept(batch_.account, line_number_, content_hash_, line_check_->id_set_hash());
  shuffle(blocks_, options_.seed ^ content_hash_);
  checked_ = true;
  window_ = std::string();
  line_check_.reset();
}

bool RowRun::next_block() {
  if (next_block_ == blocks_.size()) return false;
  const Block& at = blocks_[next_block_++];
  block_.resize(at.bytes + 1);
  block_[batch_.input->read(at.offset, block_.data(), at.bytes)] = '\n';
  size_t begin = 0;
  while (begin < block_.size()) {
    const size_t end = block_.find('\n', begin);
    block_[end] = '\0';
    rows_.push_back(static_cast<uint32_t>(begin));
    begin = end + 1;
  }
  shuffle(rows_, options_.seed ^ mix(next_block_));
  return true;
}

// The next row in the order of answering; null when there is none.
char* RowRun::next_row() {
  if (rows_.empty() && !next_block()) return nullptr;
  char* const line = block_.data() + rows_.back();
  rows_.pop_back();
  return line;
}

void RowRun::answer_until(int64_t rows, int64_t now_s) {
  while (answered_ < rows) {
    char* const line = next_row();
    if (line == nullptr) return;
    answer_row(line, now_s);
  }
}

Row RowRun::row_of(char* line, int64_t now_s) const {
  Row row;
  row.line = line;
  row.hash = hash_of(line);
  row.now_s = now_s;
  row.fails = batch_.quirks.error_file_only || share_of(mix(row.hash ^ options_.seed)) < options_.fail_rate;
  return row;
}

void RowRun::answer_row(char* line, int64_t now_s) {
  const BatchQuirks& quirks = batch_.quirks;
  const int64_t index = answered_++;
  const int64_t duplicated_end = quirks.rows_missing + quirks.rows_duplicated;
  const int64_t malformed_end = duplicated_end + quirks.rows_malformed;
  const bool missing = index < quirks.rows_missing;
  const bool duplicated = !missing && index < duplicated_end;
  const bool malformed = !missing && !duplicated && index < malformed_end;
  // Strangers beyond the batch's own rows come with its last one.
  const int64_t last_stranger =
      index + 1 < batch_.total ? std::min(index + 1, quirks.rows_unknown) : quirks.rows_unknown;
  const bool stranger = index < last_stranger;

  std::string copy = duplicated || stranger ? line : "";
  std::string second_copy = duplicated && stranger ? line : "";
  Row row = row_of(line, now_s);
  RowAnswer answer = batch_.owner->answer(batch_, row);
  ++(answer.succeeded ? batch_.completed : batch_.failed);
  if (answer.succeeded) {
    const std::string& model = answer.model.empty() ? batch_.model : answer.model;
    ledger_.bill(batch_.account, row.hash, charge_for(batch_.vendor, model, answer.tokens));
    batch_.tokens.input += answer.tokens.input;
    batch_.tokens.output += answer.tokens.output;
  }
  if (index < quirks.rows_huge) insert_text(answer.line, std::string(static_cast<size_t>(quirks.huge_bytes), 'x'));
  if (index < quirks.rows_with_key) insert_text(answer.line, " " + key_in_form(batch_.tenant.key, quirks.key_form));
  ResultFile& file = file_for(answer.succeeded);
  if (malformed) answer.line.resize(answer.line.size() / 2);
  if (!missing) file.row(answer.line);
  if (duplicated) {
    row.line = copy.data();
    row.variant = 1;
    file.row(batch_.owner->answer(batch_, row).line);
    copy = std::move(second_copy);
  }
  for (int64_t number = index + 1; number <= last_stranger; ++number) {
    const std::string id = quirks.stranger_start + std::to_string(number);
    std::string again = copy;
    row.line = again.data();
    row.other_id = id;
    file.row(batch_.owner->answer(batch_, row).line);
  }
}

void RowRun::finish(Unanswered why, int64_t now_s) {
  while (char* const line = next_row()) {
    const std::string row = batch_.owner->unanswered(batch_, row_of(line, now_s), why);
    if (!row.empty()) file_for(false).row(row);
    ++batch_.failed;
    ++batch_.unanswered;
  }
  batch_.output = output_.finish();
  batch_.errors = errors_.finish();
  if (batch_.quirks.gone_output.status != 0) batch_.lost_output = batch_.output;
  if (batch_.quirks.gone_errors.status != 0) batch_.lost_errors = batch_.errors;
  block_ = std::string();
  batch_.owner->results_ready(batch_);
}

}  // namespace br::emulator
