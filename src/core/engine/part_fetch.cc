#include "core/engine/part_fetch.h"

#include <iterator>
#include <utility>

#include "core/engine/engine_core.h"
#include "core/results/canary_rows.h"
#include "core/results/rest_reason.h"
#include "core/results/result_file.h"
#include "sys/wall.h"

namespace br {
namespace {

constexpr std::size_t kCopyBlock = std::size_t{256} << 10;
constexpr std::uint64_t kReadStep = std::uint64_t{256} << 10;
constexpr std::int64_t kReadAfterMs = 100;  // the first bytes at once, and never longer than this

// What names a source from one pass to the next: a signature in the query does not.
std::string body_name(const Download& source) { return source.request.url.substr(0, source.request.url.find('?')); }

// Before the state says that the results are here: after that nobody asks the vendor for them again.
Result<void> sync_results(const ResultFeed& feed) {
  auto file = feed.files->open_update(feed.path);
  BR_RETURN_IF_ERROR(file);
  if (auto synced = file->sync(); !synced) return synced;
  return feed.files->sync_directory(parent_path(feed.path));
}

// Opens the collector where there is none yet.
Result<void> open_collector(std::unique_ptr<Collector>* slot, CollectorPlan plan) {
  if (*slot != nullptr) return {};
  auto opened = Collector::open(std::move(plan));
  BR_RETURN_IF_ERROR(opened);
  *slot = std::move(*opened);
  return {};
}

// What is thrown while the rows of one batch are read is that batch's error, and nobody else's.
template <class Work>
Result<CollectReport> guarded(Work&& work) {
  Result<CollectReport> report = CollectReport{};
  behind_wall([&] { report = work(); },
              [&](const char* what) {
                Error error(Code::no_memory, std::string("reading the results failed: ") + what,
                            "give the program more memory, then resume");
                error.blocking = true;
                report = std::move(error);
              });
  return report;
}

}  // namespace

RemoteBatch& PartFetch::batch() const { return c_.core->batch(c_.key); }

// ---- a pass over the sources ----

void PartFetch::start() {
  const Spool& spool = *c_.core->parts.spool;
  if (output_ == nullptr) {
    auto opened = OutputFile::open(spool.files(), spool.output(c_.key.job_id, batch().part));
    if (!opened) return source_failed(std::move(opened.error()));
    output_ = std::make_unique<OutputFile>(std::move(*opened));
    replayed_ = feed_->files->file_size(feed_->path) > 0;
  }
  if (stage_ == Stage::idle) {
    auto account = c_.core->account_of(c_.key);
    if (!account) return source_failed(std::move(account.error()));
    open_pass(*account);
  }
  next_source();
}

void PartFetch::open_pass(const Account& account) {
  sources_ = c_.core->part(c_.key)->driver->sources(account);
  source_ = 0;
  source_is_begun_ = false;
  stage_ = Stage::bringing;
  bodies_.clear();
  body_starts_.clear();
  refused_.reset();
  // Only a pass that did not count leaves out what it read well.
  if (std::exchange(counted_passes_, batch().fetches) != batch().fetches) read_bodies_.clear();
}

const Download* PartFetch::source() const {
  return output_ == nullptr || source_ >= sources_.size() ? nullptr : &sources_[source_];
}

void PartFetch::next_source() {
  while (source() != nullptr && !source()->page && read_bodies_.contains(body_name(*source()))) source_ += 1;
  if (source() == nullptr) {
    stage_ = Stage::reading_rest;
    return read_rows();
  }
  auto account = c_.core->account_of(c_.key);
  if (!account) return source_failed(std::move(account.error()));
  c_.core->part(c_.key)->driver->bring(*account);
}

Result<void> PartFetch::begin_source(OutputFile::Source from) {
  source_is_begun_ = true;
  if (from == OutputFile::Source::next) {
    bodies_.push_back(source() != nullptr ? body_name(*source()) : "");
    body_starts_.push_back(output_->length());
  }
  return output_->begin_source(from);
}

bool PartFetch::restart_source() {
  auto begun = output_->begin_source(OutputFile::Source::again);
  if (!begun) write_error_ = std::move(begun.error());
  return begun.ok();
}

bool PartFetch::put(std::string_view bytes) {
  if (auto written = output_->append(bytes); !written) {
    write_error_ = std::move(written.error());
    return false;
  }
  // Judged for itself: what came before it broke says nothing of what came now.
  if (const auto at = output_->consume_divergence(); at && !bodies_.empty()) {
    bodies_.push_back(bodies_.back());
    body_starts_.push_back(*at);
  }
  const bool enough = output_->length() - read_to_ >= kReadStep;
  if (enough || c_.core->parts.clock->now_ms() - read_ms_ >= kReadAfterMs) read_rows();
  return true;
}

Result<void> PartFetch::end_source() {
  if (!source_is_begun_) return {};  // nothing came of it
  auto ended = output_->end_source();
  output_->close();
  if (auto error = consume_write_error()) return std::move(*error);
  return ended;
}

void PartFetch::skip_to(std::size_t source) {
  source_is_begun_ = false;
  source_ = source;
  next_source();
}

void PartFetch::source_ended(std::vector<Download> more) {
  if (auto ended = end_source(); !ended) return source_failed(std::move(ended.error()));
  const auto behind = sources_.begin() + static_cast<std::ptrdiff_t>(source_ + 1);
  sources_.insert(behind, std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  skip_to(source_ + 1);
}

void PartFetch::piece_ended() {
  output_->close();
  next_source();
}

void PartFetch::source_refused(Error why) {
  refused_ = std::move(why);
  const std::string name = source_is_begun_ && !bodies_.empty() ? bodies_.back() : "";
  while (source_is_begun_ && !bodies_.empty() && bodies_.back() == name) {
    bodies_.pop_back();
    body_starts_.pop_back();
  }
  skip_to(source_ + 1);
}

void PartFetch::source_failed(Error why, std::int64_t bytes) {
  c_.core->fetch_failed(c_.key, std::move(why), bytes);
}

void PartFetch::copy_from(const std::string& path) {
  if (auto begun = begin_source(is_begun() ? OutputFile::Source::again : OutputFile::Source::next); !begun) return source_failed(std::move(begun.error()));
  auto file = feed_->files->open_read(path);
  if (!file) return source_failed(std::move(file.error()));
  std::string block(kCopyBlock, '\0');
  for (;;) {
    auto n = file->read(block.data(), block.size());
    if (!n) return source_failed(std::move(n.error()));
    if (*n == 0) break;
    if (auto written = output_->append({block.data(), *n}); !written) return source_failed(std::move(written.error()));
  }
  source_ended();
}

// ---- rows, on the executor's thread ----

CollectorPlan PartFetch::collector_plan() {
  const Run& run = *c_.core->find(c_.key.job_id);
  const RemoteBatch& of = batch();
  const Spool& spool = *c_.core->parts.spool;
  CollectorPlan plan;
  if (!run.job.attached) plan.ids = id_file_of(spool, of);
  if (run.refetch != nullptr && !run.refetch->parts[c_.key.index].whole)
    plan.answered = run.refetch->parts[c_.key.index].old;
  plan.takes_positions = positions_are_ours(of);
  plan.takes_caller_ids = of.adopted_by_person;
  plan.acked_bytes = static_cast<std::uint64_t>(of.progress.acked_bytes);
  plan.output_path = spool.output(run.job.id, of.part);
  plan.max_line_bytes = static_cast<std::size_t>(run.config.integer("limits.max_line_bytes"));
  plan.hash_seed = c_.core->parts.random->next();
  plan.context = ResultContext(of.provider, of.job_id, of.status.id);
  plan.provider = c_.provider;
  plan.feed = feed_;
  plan.odd_row = [core = c_.core, key = c_.key](std::int32_t event, const std::string& text) {
    core->post([core, key, event, text] {
      if (core->part(key) != nullptr) core->tell_event(*core->find(key.job_id), event, core->batch(key), text);
    });
  };
  return plan;
}

// At most one such piece of work of a part is under way.
void PartFetch::read_rows() {
  if (std::exchange(reading_, true)) return;
  const bool last = stage_ == Stage::reading_rest;
  read_to_ = output_->length();
  read_ms_ = c_.core->parts.clock->now_ms();
  OutputRead read{read_to_, last, passes_ > 0 || output_->diverged() || replayed_, body_starts_, output_->cut_lines()};
  c_.core->parts.executor->post([weak = weak_from_this(), core = c_.core, job_id = c_.key.job_id, last,
                                 read = std::move(read), slot = collector_, plan = collector_plan()]() mutable {
    auto report = std::make_shared<Result<CollectReport>>(guarded([&]() -> Result<CollectReport> {
      BR_RETURN_IF_ERROR(open_collector(slot.get(), std::move(plan)));
      return (*slot)->consume(read);
    }));
    core->parts.listener->results_grew(job_id);
    core->post([weak, last, report] {
      if (const auto self = weak.lock()) self->rows_read(last, std::move(*report));
    });
  });
}

void PartFetch::rows_read(bool last, Result<CollectReport> report) {
  reading_ = false;
  if (!report) return start_over(std::move(report.error()));
  if (last) return pass_ended(std::move(*report));
  if (report->enough) {
    c_.core->part(c_.key)->driver->stop_bringing();
    source_is_begun_ = false;
    source_ = sources_.size();
    stage_ = Stage::reading_rest;
    return read_rows();
  }
  if (stage_ == Stage::reading_rest || output_->length() - read_to_ >= kReadStep) read_rows();
}

// Nothing more comes of what is under way: the next try begins with new files.
void PartFetch::start_over(Error why) {
  if (Driver* driver = c_.core->part(c_.key)->driver.get()) driver->stop_bringing();
  stage_ = Stage::idle;
  source_is_begun_ = false;
  output_.reset();
  collector_ = std::make_shared<std::unique_ptr<Collector>>();
  read_bodies_.clear();
  source_failed(std::move(why));
}

void PartFetch::pass_ended(CollectReport report) {
  stage_ = Stage::idle;
  passes_ += 1;
  report.asked = !sources_.empty();
  // What was read well is not read again, unless the vendor counts more answers than it held.
  const RemoteStatus& status = batch().status;
  const bool has_all = !status.counts_known || report.counts.succeeded >= status.counts.succeeded;
  for (std::size_t i = 0; i < bodies_.size() && i < report.bodies_with_rows.size(); ++i) {
    if (report.bodies_with_rows[i] && has_all) read_bodies_.insert(bodies_[i]);
  }
  for (std::size_t i = 0; i < bodies_.size() && i < report.bodies_with_rows.size(); ++i) {
    if (!report.bodies_with_rows[i]) read_bodies_.erase(bodies_[i]);
  }
  report.refused = std::exchange(refused_, std::nullopt);
  c_.core->push(c_.key, {.kind = EventKind::collected, .report = std::move(report)});
}

// ---- the end ----

void PartFetch::finish() {
  c_.core->parts.executor->post([weak = weak_from_this(), core = c_.core, job_id = c_.key.job_id, slot = collector_,
                                 plan = collector_plan(), feed = feed_, rest = rest_reason(batch()),
                                 is_canary = batch().canary]() mutable {
    auto report = std::make_shared<Result<CollectReport>>(guarded([&]() -> Result<CollectReport> {
      BR_RETURN_IF_ERROR(open_collector(slot.get(), std::move(plan)));
      auto ended = (*slot)->finish(rest.view());
      if (!ended) return ended;
      auto sum = sum_of_file(feed->files, feed->path);
      BR_RETURN_IF_ERROR(sum);
      ended->results_sum = std::move(*sum);
      if (!is_canary) return ended;
      auto refusal = canary_refusal({feed->files, feed->path, ended->counts.total, ended->results_sum});
      BR_RETURN_IF_ERROR(refusal);
      ended->canary_refusal = std::move(*refusal);
      return ended;
    }));
    slot->reset();
    core->parts.listener->results_grew(job_id);
    core->post([weak, report] {
      if (const auto self = weak.lock()) self->finished(std::move(*report));
    });
  });
}

void PartFetch::finished(Result<CollectReport> report) {
  if (!report) return start_over(std::move(report.error()));
  output_.reset();
  bodies_ = {};
  body_starts_ = {};
  read_bodies_.clear();
  sources_ = {};
  if (auto synced = sync_results(*feed_); !synced) return source_failed(std::move(synced.error()));
  c_.core->push(c_.key, {.kind = EventKind::finished, .report = std::move(*report)});
}

// Once for all lines that are there by now, and not at all for a file that was synced as a whole.
Result<void> PartFetch::sync_acknowledged(std::int64_t bytes) {
  if (batch().phase == Phase::collected || bytes <= static_cast<std::int64_t>(synced_to_)) return {};
  const std::uint64_t there = feed_->length;
  BR_RETURN_IF_ERROR(LineSums::sync(feed_->files, feed_->path));
  BR_RETURN_IF_ERROR(sync_results(*feed_));
  synced_to_ = there;
  return {};
}

// The checksum of the whole file stands in the record from here on.
void PartFetch::recorded() { feed_->files->remove_file(LineSums::path_of(feed_->path)); }

}  // namespace br
