// The br_results cursor: all answers of a job from the first, apart from what is handed out once.
#include <algorithm>

#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/result_handle.h"
#include "abi/usable.h"
#include "codec/result_line.h"

using br::Error;
using br::forked;
using br::guard;
using br::Result;

namespace {

constexpr std::size_t kWriteBlock = std::size_t{128} << 10;

enum class Next { line, none_now, end };

Result<Next> next_in_order(br_results* results, std::string_view* line) {
  if (results->next_place >= results->places.size()) return Next::end;
  const br::ResultPlace& place = results->places[results->next_place];
  results->line.resize(place.size);
  auto n = results->files[static_cast<std::size_t>(place.part)].read_at(results->line.data(), place.size, place.offset);
  if (!n) return std::move(n.error());
  if (*n != place.size) return Error(br::Code::store, "a results file has become shorter", "restore it from a backup");
  ++results->next_place;
  *line = results->line;
  return Next::line;
}

// The next line of any part, in the order of the parts; valid until the next call.
Result<Next> next_line(br_results* results, std::string_view* line) {
  if (results->in_order) return next_in_order(results, line);
  while (results->part < results->feeds.size()) {
    if (!results->reader) results->reader = std::make_unique<br::FeedReader>(results->feeds[results->part], 0);
    br::Line found;
    auto more = results->reader->next(&found);
    if (!more) return std::move(more.error());
    if (*more) {
      *line = {found.data, found.size};
      return Next::line;
    }
    if (results->follows && !results->reader->at_end()) return Next::none_now;
    results->reader.reset();
    ++results->part;
  }
  return Next::end;
}

// Until the part that is read has more; in a cursor that follows only.
Result<br::Wait> wait_for_more(br_results* results, std::int64_t timeout_ms) {
  auto use = br::usable(results->router);
  if (!use) return std::move(use.error());
  return (*use)->files().wait(results->job_id, timeout_ms, [results] { return results->reader->has_grown(); });
}

// The lines of one call of br_results_write.
struct Writer {
  br_write_fn write;
  void* user_data;
  std::int64_t rows = 0, failed = 0;
  std::string block;

  Result<void> flush(std::size_t least) {
    if (block.empty() || block.size() < least) return {};
    if (write(user_data, block.data(), block.size()) != 0)
      return Error(br::Code::cancelled, "the write function stopped the work");
    block.clear();
    return {};
  }

  // All that is there: Next::none_now or Next::end.
  Result<Next> drain(br_results* results) {
    for (std::string_view line;;) {
      auto more = next_line(results, &line);
      if (!more) return std::move(more.error());
      if (*more != Next::line) {
        if (auto done = flush(0); !done) return std::move(done.error());
        return *more;
      }
      ++rows;
      failed += br::is_success_line(line) ? 0 : 1;
      block.append(line).push_back('\n');
      if (auto done = flush(kWriteBlock); !done) return std::move(done.error());
    }
  }
};

Result<br_status> write_all(br_results* results, Writer* writer) {
  const std::int64_t began_ms = results->router->world().clock->now_ms();
  for (;;) {
    auto next = writer->drain(results);
    if (!next) return std::move(next.error());
    if (*next == Next::end) return BR_OK;
    std::int64_t left_ms = results->timeout_ms;
    if (left_ms >= 0) left_ms = std::max<std::int64_t>(0, left_ms - (results->router->world().clock->now_ms() - began_ms));
    auto waited = wait_for_more(results, left_ms);
    if (!waited) return std::move(waited.error());
    if (*waited != br::Wait::ready) return BR_AGAIN;
  }
}

// Up to `capacity` results. BR_OK: at least one.
Result<br_status> read_block(br_results* results, size_t capacity, std::vector<std::unique_ptr<br_result>>* handles) {
  for (std::string_view line;;) {
    auto more = next_line(results, &line);
    // What was read before the mistake is handed out first; the next call meets it again.
    if (!more && handles->empty()) return std::move(more.error());
    if (more && *more == Next::line) {
      handles->push_back(br_result::make(line, nullptr, {}));
      if (handles->size() == capacity) return BR_OK;
      continue;
    }
    if (!handles->empty()) return BR_OK;
    if (*more == Next::end) return BR_END;
    auto waited = wait_for_more(results, results->timeout_ms);
    if (!waited) return std::move(waited.error());
    if (*waited != br::Wait::ready) return BR_AGAIN;
  }
}

Result<br_status> open_cursor(br_job* job, bool follow, std::int64_t timeout_ms, br_results** results) {
  if (job == nullptr || results == nullptr) return br::null_argument("job or results");
  auto use = br::usable(job);
  if (!use) return std::move(use.error());
  br::ResultFiles& files = (*use)->files();
  auto feeds = follow ? files.growing(job->id) : files.finished(job->id);
  if (!feeds) return std::move(feeds.error());
  auto made = std::make_unique<br_results>();
  made->router = job->router;
  made->feeds = std::move(*feeds);
  made->job_id = job->id;
  made->follows = follow;
  made->timeout_ms = timeout_ms;
  *results = made.release();
  return BR_OK;
}

}  // namespace

extern "C" {

br_status br_results_open(br_job* job, br_results** results, br_error** err) {
  if (results != nullptr) *results = nullptr;
  return guard(err, [&] { return open_cursor(job, false, 0, results); });
}

br_status br_results_follow(br_job* job, int64_t timeout_ms, br_results** results, br_error** err) {
  if (results != nullptr) *results = nullptr;
  return guard(err, [&] { return open_cursor(job, true, br::bounded_timeout(timeout_ms), results); });
}

void br_results_free(br_results* results) { delete results; }

br_status br_results_set_order(br_results* results, int32_t order, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (results == nullptr) return br::null_argument("results");
    if (results->router->is_forked()) return forked();
    if (order != BR_ORDER_ARRIVAL && order != BR_ORDER_INPUT)
      return Error(br::Code::invalid_argument, "the order " + std::to_string(order) + " is not known",
                   "use BR_ORDER_ARRIVAL or BR_ORDER_INPUT");
    if (results->follows && order == BR_ORDER_INPUT)
      return Error(br::Code::not_complete, "a cursor that follows a job has no input order",
                   "open one with br_results_open when the job is done");
    results->part = results->next_place = 0;
    results->reader.reset();
    results->in_order = order == BR_ORDER_INPUT;
    if (!results->in_order || !results->places.empty()) return BR_OK;
    auto use = br::usable(results->router);
    if (!use) return std::move(use.error());
    auto places = (*use)->files().input_order(results->job_id);
    if (!places) {
      results->in_order = false;
      return std::move(places.error());
    }
    for (const auto& feed : results->feeds) {
      auto file = feed->files->open_read(feed->path);
      if (!file) return std::move(file.error());
      results->files.push_back(std::move(*file));
    }
    results->places = std::move(*places);
    return BR_OK;
  });
}

br_status br_results_next(br_results* results, br_result** out, size_t capacity, size_t* count, br_error** err) {
  if (count != nullptr) *count = 0;
  return guard(err, [&]() -> Result<br_status> {
    if (results == nullptr || out == nullptr || count == nullptr || capacity == 0)
      return br::null_argument("results, out, capacity or count");
    if (auto fits = br::check_size(capacity, "capacity", sizeof *out); !fits) return std::move(fits.error());
    if (results->router->is_forked()) return forked();
    std::vector<std::unique_ptr<br_result>> handles;
    auto status = read_block(results, capacity, &handles);
    if (!status) return std::move(status.error());
    for (size_t i = 0; i < handles.size(); ++i) out[i] = handles[i].release();
    *count = handles.size();
    return status;
  });
}

br_status br_results_write(br_results* results, br_write_fn write, void* user_data, int64_t* rows, int64_t* failed,
                           br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (results == nullptr || write == nullptr) return br::null_argument("results or write");
    if (results->router->is_forked()) return forked();
    Writer writer{write, user_data, 0, 0, {}};
    auto status = write_all(results, &writer);
    if (rows != nullptr) *rows = writer.rows;
    if (failed != nullptr) *failed = writer.failed;
    return status;
  });
}

}  // extern "C"
