#include "core/results/collect.h"

#include <algorithm>

#include "batchrouter.h"
#include "codec/utf8.h"
#include "core/results/id_file.h"

namespace br {
namespace {

constexpr std::int64_t kMaxOddEvents = 100;  // of one batch; the output file has them all
constexpr std::size_t kMaxDamagedKept = 1000;
constexpr std::size_t kShownBytes = 120;
// Lines that answer nothing are somebody else's, or somebody's joke: so many bytes of them are kept, and no more.
constexpr std::uint64_t kMaxJunkBytes = std::uint64_t{64} << 20;

std::string shown(std::string_view text) { return repair_utf8(text.substr(0, std::min(text.size(), kShownBytes))); }

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

}  // namespace

ResultFeed::~ResultFeed() {
  if (replaced) files->remove_file(path);
}

Result<std::unique_ptr<Collector>> Collector::open(CollectorPlan plan) {
  std::unique_ptr<Collector> collector(new Collector(std::move(plan)));
  const CollectorPlan& p = collector->plan_;
  if (p.ids) {
    auto ledger = IdLedger::load(*p.ids, p.hash_seed);
    BR_RETURN_IF_ERROR(ledger);
    collector->ledger_ = std::move(*ledger);
  }
  if (p.provider != nullptr) collector->rows_ = p.provider->dialect().row_reader();
  if (p.takes_caller_ids && collector->ledger_.has_wire_ids()) {
    BR_RETURN_IF_ERROR(collector->find_places(&collector->caller_places_));
  }
  BR_RETURN_IF_ERROR(collector->replay());
  BR_RETURN_IF_ERROR(collector->leave_out_answered());
  return collector;
}

std::size_t Collector::place_of(std::string_view id) const {
  const std::size_t place = ledger_.find(id);
  if (place != IdLedger::kNone || caller_places_.empty()) return place;
  const auto found = caller_places_.find(std::string(id));
  return found == caller_places_.end() ? IdLedger::kNone : found->second;
}

Result<std::size_t> Collector::find_by_position(Row* row) {
  if (order_.empty()) {
    auto read = for_each_id(*plan_.ids, [this](const IdEntry& entry) {
      order_.push_back({ledger_.find(entry.wire_id), std::string(entry.token)});
    });
    BR_RETURN_IF_ERROR(read);
  }
  const auto position = static_cast<std::size_t>(row->position);
  if (position >= order_.size()) return IdLedger::kNone;
  row->custom_id_json = order_[position].token;
  return order_[position].place;
}

Result<std::size_t> Collector::find_request(Row* row) {
  if (row->position >= 0) return find_by_position(row);
  const std::size_t place = place_of(row->custom_id);
  if (place == IdLedger::kNone) return place;
  auto replaced = ledger_.custom_id_token(place, &id_token_);
  BR_RETURN_IF_ERROR(replaced);
  if (*replaced) row->custom_id_json = id_token_;
  return place;
}

bool Collector::is_unidentified(const Row& row) const {
  return row.anonymous && plan_.provider != nullptr && !plan_.provider->dialect().join_setting().empty();
}

SyntheticError Collector::unidentified() {
  const std::string setting(plan_.provider->dialect().join_setting());
  unidentified_ =
      "the vendor's answers came without the ids of their requests, so that nothing proves which of them answers this one; they "
      "are kept as they came, and nothing was joined by guessing. Where there are as many answers as requests, `results JOB "
      "--refetch --set " + setting + "=position` joins them in their order; nothing is paid again";
  return {ResultStatus::errored, "unidentified", "unidentified", unidentified_, 0, false};
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

Result<void> Collector::open_files() {
  auto results = plan_.feed->files->open_update(plan_.feed->path);
  BR_RETURN_IF_ERROR(results);
  if (auto sought = results->seek(plan_.feed->length); !sought) return sought;
  results_ = std::make_unique<BufferedFile>(std::move(*results));
  return sums_.open(plan_.feed->files, plan_.feed->path);
}

// Thousands of batches may wait for their next download: none of them holds a descriptor or a buffer.
void Collector::close_files() {
  results_.reset();
  sums_.close();
  output_ = File();
  ledger_.close_file();
  if (lines_) lines_->release_buffer();
}

Result<CollectReport> Collector::consume(const OutputRead& read) {
  if (pass_ended_) anonymous_ = 0;
  pass_ended_ = read.last;
  readable_ = read.length;
  body_starts_ = read.body_starts;
  cut_lines_ = read.cut_lines;
  if (!lines_) {
    lines_ = std::make_unique<LineReader>(
        [this](char* buffer, std::size_t capacity) -> Result<std::size_t> {
          const std::uint64_t left = readable_ > read_at_ ? readable_ - read_at_ : 0;
          auto n = output_.read_at(buffer, std::min<std::uint64_t>(capacity, left), read_at_);
          if (n) read_at_ += *n;
          return n;
        },
        plan_.max_line_bytes);
    lines_->skip_long_lines();
  }
  lines_->keep_partial(!read.last);
  auto output = plan_.feed->files->open_read(plan_.output_path);
  BR_RETURN_IF_ERROR(output);
  output_ = std::move(*output);
  BR_RETURN_IF_ERROR(open_files());
  auto taken = collect_lines(read.repeated);
  if (taken) taken = publish();
  close_files();
  BR_RETURN_IF_ERROR(taken);
  const CollectReport pass = report();
  if (read.last) {
    malformed_ = unknown_ = 0;
    bodies_.clear();
    bare_text_.clear();
  }
  return pass;
}

Result<void> Collector::collect_lines(bool repeated) {
  Line line;
  while (!enough_) {
    auto more = lines_->next(&line);
    BR_RETURN_IF_ERROR(more);
    if (!*more) return check_size();
    if (!is_blank({line.data, line.size})) {
      if (auto taken = collect_line(&line, repeated); !taken) return taken;
    }
    if (results_->is_full()) {
      if (auto flushed = flush_results(); !flushed) return flushed;
    }
    if (auto fits = check_size(); !fits) return fits;
  }
  return {};
}

// A batch may bring what was asked for, and a little of what was not.
Result<void> Collector::check_size() {
  const std::uint64_t unfinished = lines_->pending_bytes();
  const bool endless = unfinished > kMaxJunkBytes && unfinished / 16 > plan_.max_line_bytes;
  if (junk_bytes_ <= kMaxJunkBytes && !endless) return {};
  if (plan_.ids && ledger_.unseen() == 0) {
    enough_ = true;
    return {};
  }
  Error error(
      Code::protocol,
      endless ? "the results hold a line of more than " + std::to_string(unfinished >> 20) + " MiB"
              : "the results hold more than " + std::to_string(kMaxJunkBytes >> 20) +
                    " MiB that answer none of the requests",
      "look at " + plan_.output_path + ", ask the vendor, then resume: what was asked for and has come is kept");
  error.blocking = true;
  return error;
}

void Collector::end_line(std::size_t begin) {
  sums_.add(std::string_view(results_->buffer()).substr(begin));
  results_->buffer().push_back('\n');
}

// A line is never there without its sum.
Result<void> Collector::flush_results() {
  if (auto flushed = sums_.flush(); !flushed) return flushed;
  return results_->flush();
}

Result<void> Collector::publish() {
  if (auto flushed = flush_results(); !flushed) return flushed;
  auto size = results_->file().size();
  BR_RETURN_IF_ERROR(size);
  plan_.feed->length = *size;
  return {};
}

// Of the download that the line belongs to.
Collector::Body& Collector::body_at(std::uint64_t offset) {
  if (bodies_.size() < body_starts_.size()) bodies_.resize(body_starts_.size());
  if (bodies_.empty()) bodies_.resize(1);
  const auto after = std::upper_bound(body_starts_.begin(), body_starts_.end(), offset);
  const auto at = static_cast<std::size_t>(after - body_starts_.begin());
  return bodies_[at == 0 ? 0 : at - 1];
}

Result<void> Collector::collect_line(Line* line, bool repeated) {
  Row row;
  const std::uint64_t offset = line->offset;
  bool good = rows_->read(line->data, line->size, &row);
  if (good && row.position >= 0 && !plan_.takes_positions) {
    row.position = -1;
    row.anonymous = true;
    good = false;
  }
  if (good && !line->too_long) {
    body_at(offset).rows += 1;
    return collect_row(row, repeated, line->size);
  }
  if (std::binary_search(cut_lines_.begin(), cut_lines_.end(), offset)) return {};
  if (is_unidentified(row)) {
    anonymous_ += 1;
    body_at(offset).rows += 1;
    odd(BR_EVENT_UNKNOWN_ID, "line " + std::to_string(line->number) + " of the results has no id");
    return {};
  }
  // A damaged row of an id that was asked is a row all the same.
  const bool asked = collect_damaged(*line, row);
  (asked ? body_at(offset).rows : body_at(offset).other) += 1;
  return {};
}

Result<void> Collector::collect_row(Row row, bool repeated, std::size_t size) {
  if (!plan_.ids) {
    if (row.position >= 0) return {};
    if (!foreign_.emplace(row.custom_id, true).second) {
      junk_bytes_ += repeated || plan_.answered ? 0 : size;
      return {};
    }
  } else {
    const auto found = find_request(&row);
    BR_RETURN_IF_ERROR(found);
    const std::size_t place = *found;
    if (place == IdLedger::kNone) {
      unknown_ += 1;
      junk_bytes_ += size;
      odd(BR_EVENT_UNKNOWN_ID, "a row for the id \"" + shown(row.custom_id) + "\", which was never asked");
      return {};
    }
    if (ledger_.seen(place)) {
      if (repeated || plan_.answered) return {};
      junk_bytes_ += size;
      odd(BR_EVENT_DUPLICATE_ROW, "a second row for \"" + shown(row.custom_id) + "\"; the first one counts");
      return {};
    }
    ledger_.mark(place);
  }
  const std::size_t begin = results_->buffer().size();
  append_result_line(row, plan_.context, &results_->buffer());
  end_line(begin);
  count(row.status);
  used_.add(row.usage, row.model_json);
  return {};
}

// true: its id was asked.
bool Collector::collect_damaged(const Line& line, const Row& row) {
  malformed_ += 1;
  const std::string text = shown({line.data, line.size});
  const std::string what = line.too_long ? "is longer than limits.max_line_bytes (" +
                                               std::to_string(plan_.max_line_bytes) + " bytes): " + text
                                         : "cannot be read: " + text;
  odd(BR_EVENT_MALFORMED_ROW, "line " + std::to_string(line.number) + " of the results " + what);
  if (!row.custom_id.empty() && plan_.ids) {
    if (const std::size_t place = place_of(row.custom_id); place != IdLedger::kNone) {
      if (damaged_.size() < kMaxDamagedKept) damaged_[place] = {what, !line.terminated};
      return true;
    }
  }
  if (bare_text_.empty()) bare_text_ = text;
  junk_bytes_ += line.size;
  return false;
}

Result<CollectReport> Collector::finish(const SyntheticError& rest) {
  if (!plan_.answered && plan_.ids && ledger_.unseen() > 0) {
    BR_RETURN_IF_ERROR(open_files());
    // Nobody knows which requests they answer: none of these is asked, and paid, once more.
    const bool given_up = rest.type == "abandoned" || rest.type == "results_gone";
    auto given = give_the_rest(anonymous_ > 0 && !given_up ? unidentified() : rest);
    if (given) given = publish();
    close_files();
    BR_RETURN_IF_ERROR(given);
  }
  plan_.feed->complete = true;
  return report();
}

Result<void> Collector::give_the_rest(const SyntheticError& rest) {
  auto ids = IdFileReader::open(*plan_.ids);
  BR_RETURN_IF_ERROR(ids);
  for (;;) {
    auto entry = ids->next();
    BR_RETURN_IF_ERROR(entry);
    if (*entry == nullptr) return {};
    const std::size_t place = ledger_.find((*entry)->wire_id);
    if (place == IdLedger::kNone || ledger_.seen(place)) continue;
    ledger_.mark(place);
    const std::size_t begin = results_->buffer().size();
    const auto damaged = damaged_.find(place);
    const bool gone = damaged != damaged_.end() && damaged->second.cut && rest.type == "results_gone";
    if (damaged == damaged_.end() || rest.status != ResultStatus::errored || gone) {
      append_synthetic_line((*entry)->token, rest, plan_.context, &results_->buffer());
      count(rest.status);
    } else {
      const std::string message = "the vendor's result row " + damaged->second.what;
      append_synthetic_line((*entry)->token, {ResultStatus::errored, "malformed", "malformed", message, 0, true},
                            plan_.context, &results_->buffer());
      count(ResultStatus::errored);
    }
    end_line(begin);
    if (results_->is_full()) {
      if (auto flushed = flush_results(); !flushed) return flushed;
    }
  }
}

CollectReport Collector::report() const {
  CollectReport report;
  report.missing = !plan_.ids ? 0 : static_cast<std::int64_t>(ledger_.unseen());
  report.malformed = malformed_;
  report.enough = enough_;
  for (const auto& [place, damaged] : damaged_) report.damaged += ledger_.seen(place) ? 0 : 1;
  report.unknown = unknown_;
  report.counts = counts_;
  report.tokens = used_.all();
  report.model_tokens = used_.by_model();
  report.bodies = static_cast<std::int64_t>(body_starts_.size());
  report.bare_text = bare_text_;
  report.bodies_with_rows.resize(body_starts_.size());
  for (std::size_t i = 0; i < bodies_.size() && i < body_starts_.size(); ++i) {
    report.rows += bodies_[i].rows;
    report.bare += bodies_[i].rows == 0 && bodies_[i].other > 0 ? 1 : 0;
    report.bodies_with_rows[i] = bodies_[i].rows > 0;
  }
  return report;
}

}  // namespace br
