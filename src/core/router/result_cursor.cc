#include "core/router/result_cursor.h"

#include <algorithm>
#include <utility>

#include "codec/result_line.h"

namespace br {
namespace {

constexpr std::size_t kWriteBlock = std::size_t{128} << 10;

}  // namespace

Result<std::unique_ptr<ResultCursor>> ResultCursor::open(ResultFiles* files, const Clock* clock, std::string job_id,
                                                         Mode mode, std::int64_t timeout_ms) {
  auto feeds = mode == Mode::follow ? files->growing(job_id) : files->finished(job_id);
  BR_RETURN_IF_ERROR(feeds);
  std::unique_ptr<ResultCursor> cursor(new ResultCursor(files, clock, std::move(job_id), mode, timeout_ms));
  cursor->feeds_ = std::move(*feeds);
  return cursor;
}

Result<void> ResultCursor::set_order(Order order) {
  if (follows_ && order == Order::input)
    return Error(Code::not_complete, "a cursor that follows a job has no input order",
                 "open one with br_results_open when the job is done");
  part_ = next_place_ = 0;
  reader_.reset();
  in_order_ = false;
  if (order == Order::arrival) return {};
  if (places_.empty()) {
    auto places = all_->input_order(job_id_);
    BR_RETURN_IF_ERROR(places);
    std::vector<File> opened;
    for (const auto& feed : feeds_) {
      auto file = feed->files->open_read(feed->path);
      BR_RETURN_IF_ERROR(file);
      opened.push_back(std::move(*file));
    }
    files_ = std::move(opened);
    places_ = std::move(*places);
  }
  in_order_ = true;
  return {};
}

Result<ResultCursor::Step> ResultCursor::next_in_order(std::string_view* line) {
  if (next_place_ >= places_.size()) return Step::end;
  const ResultPlace& place = places_[next_place_];
  line_.resize(place.size);
  auto n = files_[static_cast<std::size_t>(place.part)].read_at(line_.data(), place.size, place.offset);
  BR_RETURN_IF_ERROR(n);
  if (*n != place.size) return Error(Code::store, "a results file has become shorter", "restore it from a backup");
  ++next_place_;
  *line = line_;
  return Step::line;
}

// The next line of any part, in the order of the parts; valid until the next call.
Result<ResultCursor::Step> ResultCursor::next(std::string_view* line) {
  if (in_order_) return next_in_order(line);
  while (part_ < feeds_.size()) {
    if (!reader_) reader_ = std::make_unique<FeedReader>(feeds_[part_], 0);
    Line found;
    auto more = reader_->next(&found);
    BR_RETURN_IF_ERROR(more);
    if (*more) {
      *line = {found.data, found.size};
      return Step::line;
    }
    if (follows_ && !reader_->at_end()) return Step::none_now;
    reader_.reset();
    ++part_;
  }
  return Step::end;
}

// Until the part that is read has more; of a cursor that follows only.
Result<Wait> ResultCursor::wait_for_more(std::int64_t timeout_ms) {
  return all_->wait(job_id_, timeout_ms, [this] { return reader_->has_grown(); });
}

Result<ResultCursor::Came> ResultCursor::next_block(std::size_t capacity,
                                                    const std::function<void(std::string_view line)>& take) {
  std::size_t taken = 0;
  for (std::string_view line;;) {
    auto step = next(&line);
    // What was read before the mistake is handed out first; the next call meets it again.
    if (!step && taken == 0) return std::move(step.error());
    if (step && *step == Step::line) {
      take(line);
      if (++taken == capacity) return Came::done;
      continue;
    }
    if (taken > 0) return Came::done;
    if (*step == Step::end) return Came::end;
    auto waited = wait_for_more(timeout_ms_);
    BR_RETURN_IF_ERROR(waited);
    if (*waited != Wait::ready) return Came::again;
  }
}

Result<ResultCursor::Came> ResultCursor::write_all(const std::function<Result<void>(std::string_view block)>& write,
                                                   std::int64_t* rows, std::int64_t* failed) {
  const std::int64_t began_ms = clock_->now_ms();
  std::string block;
  const auto flush = [&]() -> Result<void> {
    if (block.empty()) return {};
    auto written = write(block);
    block.clear();
    return written;
  };
  for (std::string_view line;;) {
    auto step = next(&line);
    BR_RETURN_IF_ERROR(step);
    if (*step == Step::line) {
      ++*rows;
      *failed += is_success_line(line) ? 0 : 1;
      block.append(line).push_back('\n');
      if (block.size() < kWriteBlock) continue;
    }
    BR_RETURN_IF_ERROR(flush());
    if (*step == Step::line) continue;
    if (*step == Step::end) return Came::end;
    std::int64_t left_ms = timeout_ms_;
    if (left_ms >= 0) left_ms = std::max<std::int64_t>(0, left_ms - (clock_->now_ms() - began_ms));
    auto waited = wait_for_more(left_ms);
    BR_RETURN_IF_ERROR(waited);
    if (*waited != Wait::ready) return Came::again;
  }
}

}  // namespace br
