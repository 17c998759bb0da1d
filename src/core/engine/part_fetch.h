// PartFetch: brings the results of one part from where its driver gets them to the results file. What the driver brings
// is appended to the output file; the executor's thread reads rows from it into the results file while more comes. Loop's
// thread only, but for the executor's work, which it shares nothing with but the collector.
//
// A pass is one walk over all sources of the batch. Idle --start--> bringing --all sources brought--> reading the rest
// --the collector has read all--> idle, and an event `collected`. A source that breaks ends the walk with an event
// `fetch_failed`; the next start() goes on with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine/driver.h"
#include "core/protocol/step.h"
#include "core/results/collect.h"
#include "store/output_file.h"

namespace br {

class PartFetch : public std::enable_shared_from_this<PartFetch> {
 public:
  PartFetch(PartContext context, std::shared_ptr<ResultFeed> feed) : c_(std::move(context)), feed_(std::move(feed)) {}

  // Begins a pass, or goes on with the one that broke.
  void start();
  // Gives every id that has no result one that says why. Ends with an event `finished`.
  void finish();
  // The batch's record says that its results are here.
  void recorded();
  // Results up to there are acknowledged, which is going to be saved: a loss of power after that leaves them here.
  Result<void> sync_acknowledged(std::int64_t bytes);
  const std::shared_ptr<ResultFeed>& feed() const { return feed_; }

  // ---- for the driver ----

  // Results are still wanted, and this is the source to bring. nullptr: there is none.
  const Download* source() const;
  // Its first bytes came already, and it broke off: what came is there.
  bool is_begun() const { return source_is_begun_; }
  std::uint64_t source_length() const { return output_->source_length(); }
  std::uint64_t output_length() const { return output_->length(); }
  // Before the first byte of a source; again: the bytes of one that broke off come anew.
  Result<void> begin_source(OutputFile::Source from);
  // The bytes that come now are those of its beginning again. false: as put().
  bool restart_source();
  // The bytes that come now go on where it broke off.
  void continue_source() { output_->continue_source(); }
  // false: it cannot be written; write_error() says why.
  bool put(std::string_view bytes);
  std::optional<Error> consume_write_error() { return std::exchange(write_error_, std::nullopt); }
  // The source is here whole; more: where further results are.
  void source_ended(std::vector<Download> more = {});
  // A piece of it came; the next one is to be brought.
  void piece_ended();
  // No more bytes of it come for now.
  void close_output() { output_->close(); }
  // The vendor says that it is not there, which is the answer for this source only.
  void source_refused(Error why);
  // bytes: Event::bytes.
  void source_failed(Error why, std::int64_t bytes = -1);
  // A file on this machine is the source.
  void copy_from(const std::string& path);

 private:
  enum class Stage : std::uint8_t { idle, bringing, reading_rest };

  void open_pass(const Account& account);
  void next_source();
  void skip_to(std::size_t source);
  Result<void> end_source();
  void read_rows();
  void rows_read(bool last, Result<CollectReport> report);
  void pass_ended(CollectReport report);
  void finished(Result<CollectReport> report);
  void start_over(Error why);
  CollectorPlan collector_plan();
  RemoteBatch& batch() const;

  const PartContext c_;
  const std::shared_ptr<ResultFeed> feed_;
  // Shared with the executor's work, of which there is one at a time.
  std::shared_ptr<std::unique_ptr<Collector>> collector_ = std::make_shared<std::unique_ptr<Collector>>();
  std::unique_ptr<OutputFile> output_;  // from the first start() until the results are recorded
  Stage stage_ = Stage::idle;
  bool source_is_begun_ = false;
  bool reading_ = false;   // the executor reads rows
  bool replayed_ = false;  // the results file had rows of an earlier process when this one began
  std::vector<Download> sources_;
  std::size_t source_ = 0;
  // Of this pass: the sources that brought bytes, and where those begin in the output file; why one brought none.
  std::vector<std::string> bodies_;
  std::vector<std::uint64_t> body_starts_;
  std::optional<Error> refused_, write_error_;
  std::set<std::string> read_bodies_;  // were read whole in a pass that does not count
  std::int32_t counted_passes_ = 0;
  int passes_ = 0;
  std::uint64_t synced_to_ = 0;  // how far the results file was synced while more came
  std::uint64_t read_to_ = 0;  // how far the executor was asked to read
  std::int64_t read_ms_ = 0;   // when
};

}  // namespace br
