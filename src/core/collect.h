// Collector: turns the vendor's result rows of one remote batch into our results file: exactly one line for each id that
// was asked, whatever the vendor does. Runs on the collecting thread, one call at a time; `published` is for any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "codec/jsonl.h"
#include "codec/result_line.h"
#include "core/id_ledger.h"
#include "core/step.h"
#include "providers/provider.h"
#include "sys/file.h"

namespace br {

// The results file as its readers see it.
struct ResultFeed {
  std::string path;
  std::atomic<std::uint64_t> length{0};  // whole lines up to here
  std::atomic<bool> complete{false};     // no more will come
};

// Something odd in the rows: `event` is a BR_EVENT_... number.
using OddRowFn = std::function<void(std::int32_t event, const std::string& text)>;

struct CollectorPlan {
  std::string ids_path;      // empty: a batch made elsewhere, every id is taken
  bool takes_caller_ids = false;  // a person said which batch it is: rows may have the caller's ids as well
  std::string output_path;
  std::size_t max_line_bytes = 0;
  std::uint64_t hash_seed = 0;
  ResultContext context;
  const Provider* provider = nullptr;
  std::shared_ptr<ResultFeed> feed;
  OddRowFn odd_row;
};

class Collector {
 public:
  // Reads what an earlier process collected, so that no id gets a second line.
  static Result<std::unique_ptr<Collector>> open(CollectorPlan plan);

  // Reads the rows up to `length` bytes of the output file. last: no more bytes come in this pass, so an unterminated
  // last line counts if it is whole. repeated: rows may come twice for good reasons.
  Result<CollectReport> consume(std::uint64_t length, bool last, bool repeated);
  // Gives each id without a row its result: `malformed` where a damaged row was seen, else `rest`.
  Result<CollectReport> finish(const SyntheticError& rest);

 private:
  explicit Collector(CollectorPlan plan) : plan_(std::move(plan)) {}
  Result<void> replay();
  Result<void> find_places(std::unordered_map<std::string, std::size_t>* places) const;
  void replay_line(std::string_view text, const std::unordered_map<std::string, std::size_t>& places);
  Result<void> open_output();
  Result<void> take_line(Line* line, bool repeated);
  Result<void> take_row(Row row, bool repeated);
  void take_damaged(const Line& line, const Row& row);
  void odd(std::int32_t event, std::string text);
  void count(ResultStatus status, std::int64_t by = 1);
  Result<void> publish();
  CollectReport report() const;

  CollectorPlan plan_;
  std::size_t place_of(std::string_view id) const;

  IdLedger ledger_;
  std::unordered_map<std::string, std::size_t> caller_places_;  // takes_caller_ids: places by the caller's ids
  std::unique_ptr<BufferedFile> results_;
  File output_;
  std::uint64_t read_at_ = 0, readable_ = 0;
  std::unique_ptr<LineReader> lines_;
  std::unique_ptr<RowReader> rows_;
  Counts counts_;
  TokenSums tokens_;
  std::unordered_map<std::size_t, std::string> damaged_;  // place of an id -> what its damaged row looked like
  std::unordered_map<std::string, bool> foreign_;         // attached batches: ids seen
  std::string id_token_;
  std::int64_t malformed_ = 0, unknown_ = 0;
  std::int64_t odd_rows_ = 0;
};

}  // namespace br
