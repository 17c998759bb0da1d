// ResultCursor: the results of one job from the first to the last, apart from what is handed out once. Used by one thread
// at a time. What it opened stays as it is when a refetch puts other files in force.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/results/deliver.h"
#include "core/router/result_files.h"
#include "sys/clock.h"

namespace br {

class ResultCursor {
 public:
  enum class Mode : std::uint8_t { finished, follow };  // follow: of a job that may still run, so that calls wait for more
  enum class Order : std::uint8_t { arrival, input };
  enum class Step : std::uint8_t { line, none_now, end };
  // What a call came to: done; at the end; the time ran out or somebody woke the waiting calls.
  enum class Came : std::uint8_t { done, end, again };

  // files and clock outlive the cursor. timeout_ms: how long one call waits; -1: without limit.
  static Result<std::unique_ptr<ResultCursor>> open(ResultFiles* files, const Clock* clock, std::string job_id, Mode mode,
                                                    std::int64_t timeout_ms);

  // From the first result again. Order::input needs a job that is done.
  Result<void> set_order(Order order);
  // Calls take() with up to `capacity` lines; each is valid during its call. Came::done: at least one.
  Result<Came> next_block(std::size_t capacity, const std::function<void(std::string_view line)>& take);
  // Calls write() with blocks of whole lines up to the end. rows, failed: what was written, also beside an error.
  Result<Came> write_all(const std::function<Result<void>(std::string_view block)>& write, std::int64_t* rows,
                         std::int64_t* failed);

 private:
  ResultCursor(ResultFiles* files, const Clock* clock, std::string job_id, Mode mode, std::int64_t timeout_ms)
      : all_(files), clock_(clock), job_id_(std::move(job_id)), follows_(mode == Mode::follow), timeout_ms_(timeout_ms) {}
  Result<Step> next(std::string_view* line);
  Result<Step> next_in_order(std::string_view* line);
  Result<Wait> wait_for_more(std::int64_t timeout_ms);

  ResultFiles* const all_;
  const Clock* const clock_;
  const std::string job_id_;
  const bool follows_;
  const std::int64_t timeout_ms_;
  Feeds feeds_;
  // In the order of arrival: the part that is read.
  std::size_t part_ = 0;
  std::unique_ptr<FeedReader> reader_;
  // In the order of the requests: where each result lies, the next of them, the files, and the newest line.
  bool in_order_ = false;
  std::vector<ResultPlace> places_;
  std::size_t next_place_ = 0;
  std::vector<File> files_;
  std::string line_;
};

}  // namespace br
