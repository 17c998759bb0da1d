// Delivery: hands out the results of one job, each once, and keeps what was acknowledged. Guarded by the router's
// mutex.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "codec/jsonl.h"
#include "core/results/collect.h"
#include "model/error.h"
#include "model/job.h"
#include "sys/file.h"

namespace br {

// One result as it is handed out.
struct Delivered {
  std::string line;  // unified JSON
  std::string job_id;
  std::int32_t part = 0;
  std::int64_t row = 0;
  bool redelivered = false;
  std::int32_t refetches = 0;  // of the results file that it was read from
};

// Compares what another process collected, once. Code::store where it is damaged.
Result<void> check_once(ResultFeed* feed);

// Reads a results file that may still grow.
class FeedReader {
 public:
  FeedReader(std::shared_ptr<ResultFeed> feed, std::uint64_t offset);
  // false: nothing more for now (at_end() tells whether ever). *line is valid until the next call.
  Result<bool> next(Line* line);
  bool has_grown() const { return feed_->complete || feed_->length > read_at_; }
  bool at_end() const { return feed_->complete && read_at_ >= feed_->length && !pending_; }

 private:
  std::shared_ptr<ResultFeed> feed_;
  File file_;
  std::uint64_t start_, read_at_;
  bool pending_ = true;
  std::unique_ptr<LineReader> lines_;
};

class Delivery {
 public:
  Delivery(const Job& job, const std::vector<std::shared_ptr<ResultFeed>>& feeds);

  // The next result; false: none for now. ended() tells whether there will be another one.
  Result<bool> next(Delivered* out);
  bool ended() const;

  // refetches: of the results file that it was read from; one of another file does not count.
  void acknowledge(std::int32_t part, std::int64_t row, std::int32_t refetches);
  // All that was handed out, but for the rows of `returned`, which nobody has.
  void acknowledge_all(const std::deque<Delivered>& returned);
  // It was handed out from that file and is not acknowledged.
  bool is_open(std::int32_t part, std::int64_t row, std::int32_t refetches) const;
  // None of the results that are there is left to be acknowledged. Whether others come may not be known yet.
  bool all_acknowledged() const;
  // Results handed out or acknowledged before.
  std::int64_t handed() const;
  // True, once, when rows of a batch are handed out of which no save says that they may have been.
  bool consume_first_handed();
  // What of it would be saved, for each batch.
  std::vector<PartProgress> progress() const;
  // What of it is to be saved, and whether anything changed since the last call.
  bool consume_progress(std::vector<PartProgress>* progress);

 private:
  struct Part {
    std::int32_t number = 0;     // RemoteBatch::part
    std::int32_t refetches = 0;  // RemoteBatch's
    Progress progress;
    std::shared_ptr<ResultFeed> feed;
    std::unique_ptr<FeedReader> reader;
    std::int64_t next_row = 0;
    std::int64_t handed_before = 0;
    std::deque<std::uint64_t> waiting;  // end offsets of rows handed out and not acknowledged; the top bit: it was
  };
  void advance(Part* part);

  std::string job_id_;
  std::vector<Part> parts_;
  std::size_t turn_ = 0;
  bool changed_ = false, first_handed_ = false;
};

}  // namespace br
