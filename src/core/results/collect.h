// Collector: turns the vendor's result rows of one remote batch into our results file: exactly one line for each id that
// was asked, whatever the vendor does. Runs on the collecting thread, one call at a time; `published` is for any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "codec/jsonl.h"
#include "codec/result_line.h"
#include "core/protocol/step.h"
#include "core/results/id_file.h"
#include "core/results/id_ledger.h"
#include "core/results/line_sums.h"
#include "core/results/result_file.h"
#include "core/results/used_tokens.h"
#include "providers/provider.h"
#include "sys/file_system.h"

namespace br {

// The results file as its readers see it.
struct ResultFeed {
  ResultFeed(FileSystem* in, std::string name) : files(in), path(std::move(name)) {}
  ~ResultFeed();
  ResultFeed(const ResultFeed&) = delete;
  ResultFeed& operator=(const ResultFeed&) = delete;
  FileSystem* const files;
  const std::string path;
  std::atomic<std::uint64_t> length{0};  // whole lines up to here
  std::atomic<bool> complete{false};     // no more will come
  std::string sum;                       // of the whole file, where an earlier process collected it
  std::atomic<bool> checked{false};      // it was compared
  std::atomic<bool> replaced{false};     // another file is in force: this one goes with its last reader
  std::shared_ptr<const void> keeps;     // what has to live as long, so that the file is not removed
};

// Something odd in the rows: `event` is a BR_EVENT_... number.
using OddRowFn = std::function<void(std::int32_t event, const std::string& text)>;

struct CollectorPlan {
  std::optional<IdFile> ids;      // nothing: a batch made elsewhere, every id is taken
  bool takes_positions = false;   // the rows are ours, written of an answer that holds them all (positions_are_ours())
  bool takes_caller_ids = false;  // a person said which batch it is: rows may have the caller's ids as well
  std::uint64_t acked_bytes = 0;   // of the results file: nobody gives those back
  std::optional<ResultFile> answered;  // fetched once more: results of these ids that are final already are not wanted
  std::string output_path;
  std::size_t max_line_bytes = 0;
  std::uint64_t hash_seed = 0;
  ResultContext context;
  const Provider* provider = nullptr;
  std::shared_ptr<ResultFeed> feed;
  OddRowFn odd_row;
};

// What can be read of the output file.
struct OutputRead {
  std::uint64_t length = 0;
  bool last = false;      // no more bytes come in this pass, so an unterminated last line counts if it is whole
  bool repeated = false;  // rows may come twice for good reasons
  std::vector<std::uint64_t> body_starts = {};  // where each download of this pass begins
  std::vector<std::uint64_t> cut_lines = {};    // OutputFile's
};

// Whether a row's position may be believed: of results that came inside the answer to a poll we write the lines, and a
// vendor's own file can say anything.
inline bool positions_are_ours(const RemoteBatch& batch) { return batch.status.output.id.empty(); }

class Collector {
 public:
  // Reads what an earlier process collected, so that no id gets a second line.
  static Result<std::unique_ptr<Collector>> open(CollectorPlan plan);

  // Between two calls it holds no file open.
  Result<CollectReport> consume(const OutputRead& read);
  // Gives each id without a row its result: `malformed` where a damaged row was seen, else `rest`.
  Result<CollectReport> finish(const SyntheticError& rest);

 private:
  explicit Collector(CollectorPlan plan) : plan_(std::move(plan)) {}
  // The rows of one download of this pass.
  struct Body {
    std::int64_t rows = 0, other = 0;  // result rows; lines that are none
  };
  using Places = std::unordered_map<std::string, std::size_t>;

  Result<void> replay();
  Result<void> leave_out_answered();
  Result<void> find_places(Places* places) const;
  bool replay_line(const Line& line, const Places& places);
  Result<std::uint64_t> read_earlier(File* file, const Places& places, std::vector<std::uint64_t>* sums);
  Result<void> open_files();
  void close_files();
  Result<void> collect_lines(bool repeated);
  Result<void> collect_line(Line* line, bool repeated);
  Result<void> collect_row(Row row, bool repeated, std::size_t size);
  bool collect_damaged(const Line& line, const Row& row);
  Result<void> check_size();
  Body& body_at(std::uint64_t offset);
  void odd(std::int32_t event, std::string text);
  void count(ResultStatus status, std::int64_t by = 1);
  // What was appended to the results since `begin` is one line, without its end.
  void end_line(std::size_t begin);
  Result<void> flush_results();
  Result<void> publish();
  Result<void> give_the_rest(const SyntheticError& rest);
  CollectReport report() const;

  std::size_t place_of(std::string_view id) const;
  // The place of the request that the row answers, whose id it then has.
  Result<std::size_t> find_request(Row* row);
  Result<std::size_t> find_by_position(Row* row);
  // Whether the vendor's answers may come without ids, and this is one.
  bool is_unidentified(const Row& row) const;
  // What becomes of a request without a row, where rows without ids came.
  SyntheticError unidentified();

  CollectorPlan plan_;
  IdLedger ledger_;
  Places caller_places_;  // takes_caller_ids: places by the caller's ids
  // Each request in its order, once a row asked for it.
  struct Asked {
    std::size_t place;
    std::string token;  // the caller's id as a JSON string
  };
  std::vector<Asked> order_;
  std::int64_t anonymous_ = 0;  // rows without ids, of the last pass
  bool pass_ended_ = false;
  std::string unidentified_;    // a message
  std::unique_ptr<BufferedFile> results_;
  LineSums sums_;  // of its lines
  File output_;
  std::uint64_t read_at_ = 0, readable_ = 0;
  std::unique_ptr<LineReader> lines_;
  std::unique_ptr<RowReader> rows_;
  Counts counts_;
  UsedTokens used_;
  // A row that came and cannot be read.
  struct Damaged {
    std::string what;
    bool cut = false;  // the end of a file that came in part
  };
  std::unordered_map<std::size_t, Damaged> damaged_;  // by the place of its id
  std::unordered_map<std::string, bool> foreign_;         // attached batches: ids seen
  std::string id_token_;
  std::vector<std::uint64_t> body_starts_, cut_lines_;  // of the newest OutputRead
  std::vector<Body> bodies_;
  std::string bare_text_;  // the first line of this pass that is no row
  bool enough_ = false;     // every id has its result, and what follows is none
  std::uint64_t junk_bytes_ = 0;  // of lines that answer nothing
  std::int64_t malformed_ = 0, unknown_ = 0;
  std::int64_t odd_rows_ = 0;
};

}  // namespace br
