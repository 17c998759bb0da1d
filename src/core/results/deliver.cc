#include "core/results/deliver.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "core/results/result_file.h"

namespace br {
namespace {
constexpr std::uint64_t kAcked = std::uint64_t{1} << 63;
}  // namespace

Result<void> check_once(ResultFeed* feed) {
  if (feed->sum.empty() || feed->checked) return {};
  if (auto whole = check_results(feed->files, feed->path, feed->sum); !whole) return whole;
  feed->checked = true;
  return {};
}

FeedReader::FeedReader(std::shared_ptr<ResultFeed> feed, std::uint64_t offset)
    : feed_(std::move(feed)), start_(offset), read_at_(offset) {}

Result<bool> FeedReader::next(Line* line) {
  if (!file_.is_open()) {
    // What lay on the disk since another process collected it is compared before the first of it is handed out.
    BR_RETURN_IF_ERROR(check_once(feed_.get()));
    if (feed_->length <= start_) {
      pending_ = false;
      return false;
    }
    auto file = feed_->files->open_read(feed_->path);
    BR_RETURN_IF_ERROR(file);
    file_ = std::move(*file);
    lines_ = std::make_unique<LineReader>(
        [this](char* buffer, std::size_t capacity) -> Result<std::size_t> {
          const std::uint64_t length = feed_->length;
          const std::uint64_t left = length > read_at_ ? length - read_at_ : 0;
          auto n = file_.read_at(buffer, std::min<std::uint64_t>(capacity, left), read_at_);
          if (n) read_at_ += *n;
          return n;
        },
        kMaxResultLine, start_);
    lines_->keep_partial(true);
  }
  auto more = lines_->next(line);
  BR_RETURN_IF_ERROR(more);
  pending_ = *more;
  if (!*more) {
    // A router may hold many jobs whose results were read as far as they go: none keeps a descriptor and a buffer.
    start_ = read_at_;
    lines_.reset();
    file_ = File();
    return false;
  }
  return true;
}

Delivery::Delivery(const Job& job, const std::vector<std::shared_ptr<ResultFeed>>& feeds) : job_id_(job.id) {
  for (std::size_t i = 0; i < job.batches.size(); ++i) {
    Part part;
    part.number = job.batches[i].part;
    part.refetches = job.batches[i].refetches;
    part.progress = job.batches[i].progress;
    part.feed = feeds[i];
    part.reader = std::make_unique<FeedReader>(feeds[i], static_cast<std::uint64_t>(part.progress.acked_bytes));
    part.next_row = part.progress.acked_rows;
    part.handed_before = part.progress.handed_rows;
    parts_.push_back(std::move(part));
  }
}

Result<bool> Delivery::next(Delivered* out) {
  for (std::size_t tried = 0; tried < parts_.size(); ++tried) {
    Part& part = parts_[turn_];
    Line line;
    auto more = part.reader->next(&line);
    if (!more) return more;
    if (!*more) {
      turn_ = (turn_ + 1) % parts_.size();
      continue;
    }
    out->line.assign(line.data, line.size);
    out->job_id = job_id_;
    out->part = part.number;
    out->refetches = part.refetches;
    out->row = part.next_row++;
    out->redelivered = out->row < part.handed_before;
    part.waiting.push_back(line.offset + line.size + 1);  // where the next one begins
    if (part.progress.handed_rows != std::numeric_limits<std::int64_t>::max()) {
      // Saved once for all rows: after a crash each row that was not acknowledged may have been handed out.
      part.progress.handed_rows = std::numeric_limits<std::int64_t>::max();
      changed_ = first_handed_ = true;
    }
    return true;
  }
  return false;
}

bool Delivery::ended() const {
  return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.reader->at_end(); });
}

bool Delivery::all_acknowledged() const {
  return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) {
    return part.waiting.empty() && static_cast<std::uint64_t>(part.progress.acked_bytes) >= part.feed->length;
  });
}

void Delivery::advance(Part* part) {
  while (!part->waiting.empty() && (part->waiting.front() & kAcked) != 0) {
    part->progress.acked_bytes = static_cast<std::int64_t>(part->waiting.front() & ~kAcked);
    part->progress.acked_rows += 1;
    part->waiting.pop_front();
    changed_ = true;
  }
}

void Delivery::acknowledge(std::int32_t part_number, std::int64_t row, std::int32_t refetches) {
  for (Part& part : parts_) {
    if (part.number != part_number || part.refetches != refetches) continue;
    const std::int64_t place = row - part.progress.acked_rows;
    if (place < 0 || place >= static_cast<std::int64_t>(part.waiting.size())) return;
    part.waiting[static_cast<std::size_t>(place)] |= kAcked;
    advance(&part);
  }
}

bool Delivery::is_open(std::int32_t part_number, std::int64_t row, std::int32_t refetches) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) {
    const std::int64_t place = row - part.progress.acked_rows;
    return part.number == part_number && part.refetches == refetches && place >= 0 &&
           place < static_cast<std::int64_t>(part.waiting.size()) &&
           (part.waiting[static_cast<std::size_t>(place)] & kAcked) == 0;
  });
}

void Delivery::acknowledge_all(const std::deque<Delivered>& returned) {
  for (Part& part : parts_) {
    std::set<std::int64_t> kept;  // places in `waiting`
    for (const Delivered& each : returned) {
      if (each.part == part.number && each.refetches == part.refetches)
        kept.insert(each.row - part.progress.acked_rows);
    }
    for (std::size_t i = 0; i < part.waiting.size(); ++i) {
      if (!kept.contains(static_cast<std::int64_t>(i))) part.waiting[i] |= kAcked;
    }
    advance(&part);
  }
}

std::int64_t Delivery::handed() const {
  std::int64_t rows = 0;
  for (const Part& part : parts_) rows += part.next_row;
  return rows;
}

bool Delivery::consume_first_handed() { return std::exchange(first_handed_, false); }

bool Delivery::consume_progress(std::vector<PartProgress>* progress) {
  if (!changed_) return false;
  changed_ = false;
  *progress = this->progress();
  return true;
}

std::vector<PartProgress> Delivery::progress() const {
  std::vector<PartProgress> progress;
  for (const Part& part : parts_) progress.push_back({part.number, part.refetches, part.progress});
  return progress;
}

}  // namespace br
