#include "core/collect.h"

#include <algorithm>

#include "batchrouter.h"
#include "codec/json_read.h"
#include "codec/utf8.h"
#include "core/id_file.h"

namespace br {
namespace {

constexpr std::int64_t kMaxOddEvents = 100;  // of one batch; the output file has them all
constexpr std::size_t kMaxDamagedKept = 1000;
constexpr std::size_t kShownBytes = 120;

std::string shown(std::string_view text) { return repair_utf8(text.substr(0, std::min(text.size(), kShownBytes))); }

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

}  // namespace

Result<std::unique_ptr<Collector>> Collector::open(CollectorPlan plan) {
  std::unique_ptr<Collector> collector(new Collector(std::move(plan)));
  if (!collector->plan_.ids_path.empty()) {
    auto ledger = IdLedger::load(collector->plan_.ids_path, collector->plan_.hash_seed);
    if (!ledger) return std::move(ledger.error());
    collector->ledger_ = std::move(*ledger);
  }
  if (collector->plan_.provider != nullptr) collector->rows_ = collector->plan_.provider->row_reader();
  if (collector->plan_.takes_caller_ids && collector->ledger_.has_wire_ids()) {
    if (auto found = collector->find_places(&collector->caller_places_); !found) return std::move(found.error());
  }
  if (auto replayed = collector->replay(); !replayed) return std::move(replayed.error());
  return collector;
}

// The whole lines of an earlier process stay, since some of them may have been handed out; a torn last one goes.
Result<void> Collector::replay() {
  auto file = File::open_update(plan_.feed->path);
  if (!file) return std::move(file.error());
  std::uint64_t whole = 0;
  std::unordered_map<std::string, std::size_t> places;
  if (ledger_.has_wire_ids() && file_size(plan_.feed->path) > 0) {
    if (auto found = find_places(&places); !found) return found;
  }
  {
    LineReader lines([&file](char* buffer, std::size_t capacity) { return file->read(buffer, capacity); },
                     kMaxIdLine);
    Line line;
    for (;;) {
      auto more = lines.next(&line);
      if (!more) return std::move(more.error());
      if (!*more || !line.terminated) break;
      replay_line({line.data, line.size}, places);
      whole = line.offset + line.size + 1;
    }
  }
  if (auto cut = file->truncate(whole); !cut) return cut;
  if (auto sought = file->seek(whole); !sought) return sought;
  results_ = std::make_unique<BufferedFile>(std::move(*file));
  plan_.feed->length = whole;
  return {};
}

// Our results hold the caller's ids, the ledger those on the wire.
Result<void> Collector::find_places(std::unordered_map<std::string, std::size_t>* places) const {
  return for_each_id(plan_.ids_path, [&](const IdEntry& entry) {
    (*places)[std::string(entry.custom_id)] = ledger_.find(entry.wire_id);
  });
}

void Collector::replay_line(std::string_view text, const std::unordered_map<std::string, std::size_t>& places) {
  const auto json = Json::parse(text);
  if (json == nullptr) return;
  const std::string_view id = (*json)["custom_id"].string();
  const std::string_view status = (*json)["status"].string();
  for (const ResultStatus known : {ResultStatus::succeeded, ResultStatus::errored, ResultStatus::cancelled, ResultStatus::expired}) {
    if (status == result_status_name(known)) count(known);
  }
  const Json& usage = (*json)["usage"];
  const auto tokens = [&usage](std::string_view name) { return usage[name].integer().value_or(0); };
  tokens_.add(Usage{tokens("input_tokens"), tokens("output_tokens"), tokens("cached_input_tokens"),
                    tokens("reasoning_tokens")});
  if (plan_.ids_path.empty()) {
    foreign_[std::string(id)] = true;
  } else if (ledger_.has_wire_ids()) {
    if (const auto found = places.find(std::string(id)); found != places.end()) ledger_.mark(found->second);
  } else if (const std::size_t place = ledger_.find(id); place != IdLedger::kNone) {
    ledger_.mark(place);
  }
}

std::size_t Collector::place_of(std::string_view id) const {
  const std::size_t place = ledger_.find(id);
  if (place != IdLedger::kNone || caller_places_.empty()) return place;
  const auto found = caller_places_.find(std::string(id));
  return found == caller_places_.end() ? IdLedger::kNone : found->second;
}

void Collector::count(ResultStatus status, std::int64_t by) {
  counts_.total += by;
  switch (status) {
    case ResultStatus::succeeded:
      counts_.succeeded += by;
      return;
    case ResultStatus::errored:
      counts_.errored += by;
      return;
    case ResultStatus::cancelled:
      counts_.cancelled += by;
      return;
    case ResultStatus::expired:
      counts_.expired += by;
      return;
  }
}

void Collector::odd(std::int32_t event, std::string text) {
  if (++odd_rows_ > kMaxOddEvents || !plan_.odd_row) return;
  if (odd_rows_ == kMaxOddEvents) text += "; further odd rows of this batch are only in its output file";
  plan_.odd_row(event, text);
}

Result<void> Collector::open_output() {
  auto file = File::open_read(plan_.output_path);
  if (!file) return std::move(file.error());
  output_ = std::move(*file);
  lines_ = std::make_unique<LineReader>(
      [this](char* buffer, std::size_t capacity) -> Result<std::size_t> {
        const std::uint64_t left = readable_ > read_at_ ? readable_ - read_at_ : 0;
        auto n = output_.read_at(buffer, std::min<std::uint64_t>(capacity, left), read_at_);
        if (n) read_at_ += *n;
        return n;
      },
      plan_.max_line_bytes);
  return {};
}

Result<CollectReport> Collector::consume(std::uint64_t length, bool last, bool repeated) {
  readable_ = length;
  if (!lines_) {
    if (auto opened = open_output(); !opened) return std::move(opened.error());
  }
  lines_->keep_partial(!last);
  Line line;
  for (;;) {
    auto more = lines_->next(&line);
    if (!more) return std::move(more.error());
    if (!*more) break;
    if (!is_blank({line.data, line.size})) {
      if (auto taken = take_line(&line, repeated); !taken) return std::move(taken.error());
    }
    if (auto flushed = results_->flush_if_full(); !flushed) return std::move(flushed.error());
  }
  if (auto published = publish(); !published) return std::move(published.error());
  const CollectReport pass = report();
  if (last) malformed_ = unknown_ = 0;
  return pass;
}

Result<void> Collector::publish() {
  if (auto flushed = results_->flush(); !flushed) return flushed;
  auto size = results_->file().size();
  if (!size) return std::move(size.error());
  plan_.feed->length = *size;
  return {};
}

Result<void> Collector::take_line(Line* line, bool repeated) {
  Row row;
  if (rows_->read(line->data, line->size, &row)) return take_row(row, repeated);
  take_damaged(*line, row);
  return {};
}

Result<void> Collector::take_row(Row row, bool repeated) {
  if (plan_.ids_path.empty()) {
    if (!foreign_.emplace(row.custom_id, true).second) return {};
  } else {
    const std::size_t place = place_of(row.custom_id);
    if (place == IdLedger::kNone) {
      unknown_ += 1;
      odd(BR_EVENT_UNKNOWN_ID, "a row for the id \"" + shown(row.custom_id) + "\", which was never asked");
      return {};
    }
    if (ledger_.seen(place)) {
      if (!repeated)
        odd(BR_EVENT_DUPLICATE_ROW, "a second row for \"" + shown(row.custom_id) + "\"; the first one counts");
      return {};
    }
    auto replaced = ledger_.custom_id_token(place, &id_token_);
    if (!replaced) return std::move(replaced.error());
    if (*replaced) row.custom_id_json = id_token_;
    ledger_.mark(place);
  }
  append_result_line(row, plan_.context, &results_->buffer());
  results_->buffer().push_back('\n');
  count(row.status);
  tokens_.add(row.usage);
  return {};
}

void Collector::take_damaged(const Line& line, const Row& row) {
  malformed_ += 1;
  const std::string text = shown({line.data, line.size});
  odd(BR_EVENT_MALFORMED_ROW, "line " + std::to_string(line.number) + " of the results is no result row: " + text);
  if (row.custom_id.empty() || plan_.ids_path.empty() || damaged_.size() >= kMaxDamagedKept) return;
  if (const std::size_t place = ledger_.find(row.custom_id); place != IdLedger::kNone) damaged_[place] = text;
}

Result<CollectReport> Collector::finish(const SyntheticError& rest) {
  if (!plan_.ids_path.empty() && ledger_.unseen() > 0) {
    Result<void> flushed;
    auto walked = for_each_id(plan_.ids_path, [&](const IdEntry& entry) {
      const std::string_view token = entry.token;
      const std::size_t place = ledger_.find(entry.wire_id);
      if (place == IdLedger::kNone || ledger_.seen(place) || !flushed) return;
      ledger_.mark(place);
      const auto damaged = damaged_.find(place);
      if (damaged == damaged_.end() || rest.status != ResultStatus::errored) {
        append_synthetic_line(token, rest, plan_.context, &results_->buffer());
        count(rest.status);
      } else {
        const std::string message = "the vendor's result row cannot be read: " + damaged->second;
        append_synthetic_line(token, {ResultStatus::errored, "malformed", "malformed", message, 0, true},
                              plan_.context, &results_->buffer());
        count(ResultStatus::errored);
      }
      results_->buffer().push_back('\n');
      flushed = results_->flush_if_full();
    });
    if (!walked) return std::move(walked.error());
    if (!flushed) return std::move(flushed.error());
  }
  if (auto published = publish(); !published) return std::move(published.error());
  plan_.feed->complete = true;
  return report();
}

CollectReport Collector::report() const {
  CollectReport report;
  report.missing = plan_.ids_path.empty() ? 0 : static_cast<std::int64_t>(ledger_.unseen());
  report.malformed = malformed_;
  report.unknown = unknown_;
  report.counts = counts_;
  report.tokens = tokens_;
  return report;
}

}  // namespace br
