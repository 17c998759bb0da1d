// The engine's results: what the downloads bring is read by the collecting thread, until the job is done.
#include <algorithm>

#include "batchrouter.h"
#include "core/engine/engine.h"
#include "core/results/rest_reason.h"
#include "core/results/result_file.h"
#include "sys/wall.h"

namespace br {
namespace {

constexpr std::uint64_t kConsumeStep = std::uint64_t{256} << 10;

// Before the state says that the results are here: after that nobody asks the vendor for them again.
Result<void> sync_results(const ResultFeed& feed) {
  auto file = feed.files->open_update(feed.path);
  if (!file) return std::move(file.error());
  if (auto synced = file->sync(); !synced) return synced;
  return feed.files->sync_directory(parent_path(feed.path));
}

// Opens the collector where there is none yet.
Result<void> open_collector(std::unique_ptr<Collector>* slot, CollectorPlan plan) {
  if (*slot != nullptr) return {};
  auto opened = Collector::open(std::move(plan));
  if (!opened) return std::move(opened.error());
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

CollectorPlan Engine::collector_plan(Run* run, std::size_t index) {
  const RemoteBatch& batch = run->job.batches[index];
  CollectorPlan plan;
  if (!run->job.attached) plan.ids = id_file_of(*p_.spool, batch);
  if (run->refetch != nullptr && !run->refetch->parts[index].whole) plan.answered = run->refetch->parts[index].old;
  plan.takes_caller_ids = batch.adopted_by_person;
  plan.acked_bytes = static_cast<std::uint64_t>(batch.acked_bytes);
  plan.output_path = p_.spool->output(run->job.id, batch.part);
  plan.max_line_bytes = static_cast<std::size_t>(run->config.integer("limits.max_line_bytes"));
  plan.hash_seed = p_.random->next();
  plan.context = ResultContext(batch.provider, batch.job_id, batch.status.id);
  plan.provider = run->parts[index].provider;
  plan.feed = run->parts[index].feed;
  plan.odd_row = [this, job_id = run->job.id, index](std::int32_t event, const std::string& text) {
    post([this, job_id, index, event, text] {
      if (const Run* found = find(job_id)) tell_event(*found, event, found->job.batches[index], text);
    });
  };
  return plan;
}

// Lets the collecting thread read what has come; at most one such task of a part is under way.
void Engine::consume(Run* run, std::size_t index, bool last) {
  Part& part = run->parts[index];
  if (part.consume_busy) return;
  part.consume_busy = true;
  part.consumed_to = part.output->length();
  part.consumed_ms = p_.clock->now_ms();
  OutputRead read{part.consumed_to, last, part.pass > 0 || part.output->diverged() || part.replayed, part.body_starts};
  p_.executor->post([this, job_id = run->job.id, index, last, read = std::move(read), slot = part.collector,
                     plan = collector_plan(run, index)]() mutable {
    auto report = guarded([&]() -> Result<CollectReport> {
      if (auto opened = open_collector(slot.get(), std::move(plan)); !opened) return std::move(opened.error());
      return (*slot)->consume(read);
    });
    p_.listener->results_grew(job_id);
    post([this, job_id, index, last, shared = std::make_shared<Result<CollectReport>>(std::move(report))] {
      consumed(job_id, index, last, std::move(*shared));
    });
  });
}

// Nothing more comes of what is under way: the next try begins with new files.
void Engine::collecting_failed(Run* run, std::size_t index, Error error) {
  Part& part = run->parts[index];
  if (part.download_call != 0) p_.transport->abort(part.download_call);
  part.download_call = 0;
  part.pass_open = part.consume_last = part.download_again = false;
  part.output.reset();
  part.collector = std::make_shared<std::unique_ptr<Collector>>();
  part.read_bodies.clear();
  fetch_error(run->job.id, index, std::move(error));
}

void Engine::consumed(const std::string& job_id, std::size_t index, bool last, Result<CollectReport> report) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.consume_busy = false;
  if (!report) return collecting_failed(run, index, report.error());
  if (!last && report->enough) {
    if (part.download_call != 0) p_.transport->abort(part.download_call);
    part.download_call = 0;
    part.download_again = false;
    part.download = part.downloads.size();
    return consume(run, index, true);
  }
  if (!last) {
    if (part.consume_last || part.output->length() - part.consumed_to >= kConsumeStep)
      consume(run, index, part.consume_last);
    return;
  }
  part.consume_last = false;
  part.pass_open = false;
  part.pass += 1;
  report->asked = !part.downloads.empty();
  // What was read well is not read again, unless the vendor counts more answers than it held.
  const RemoteStatus& status = run->job.batches[index].status;
  const bool has_all = !status.counts_known || report->counts.succeeded >= status.counts.succeeded;
  for (std::size_t i = 0; i < part.bodies.size() && i < report->bodies_with_rows.size(); ++i) {
    if (report->bodies_with_rows[i] && has_all) part.read_bodies.insert(part.bodies[i]);
  }
  report->refused = std::exchange(part.refused, std::nullopt);
  push(job_id, index, {EventKind::collected, Op::poll, {}, {}, *report});
}

void Engine::start_finish(Run* run, std::size_t index) {
  Part& part = run->parts[index];
  p_.executor->post([this, job_id = run->job.id, index, slot = part.collector, plan = collector_plan(run, index),
                     feed = part.feed, rest = rest_reason(run->job.batches[index])]() mutable {
    auto report = guarded([&]() -> Result<CollectReport> {
      if (auto opened = open_collector(slot.get(), std::move(plan)); !opened) return std::move(opened.error());
      auto ended = (*slot)->finish(rest.view());
      if (!ended) return ended;
      auto sum = sum_of_file(feed->files, feed->path);
      if (!sum) return std::move(sum.error());
      ended->results_sum = std::move(*sum);
      return ended;
    });
    slot->reset();
    p_.listener->results_grew(job_id);
    post([this, job_id, index, shared = std::make_shared<Result<CollectReport>>(std::move(report))] {
      finished(job_id, index, std::move(*shared));
    });
  });
}

void Engine::finished(const std::string& job_id, std::size_t index, Result<CollectReport> report) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  if (!report) return collecting_failed(run, index, report.error());
  Part& part = run->parts[index];
  part.output.reset();
  part.bodies = {};
  part.body_starts = {};
  part.read_bodies.clear();
  part.downloads = {};
  if (auto synced = sync_results(*part.feed); !synced) return fetch_error(job_id, index, synced.error());
  const std::string line_sums = LineSums::path_of(part.feed->path);
  push(job_id, index, {EventKind::finished, Op::poll, {}, {}, *report});
  drain();
  if (!store_failed_) p_.spool->files()->remove_file(line_sums);  // the checksum of the whole file stands in the record now
  if (run = find(job_id); run != nullptr) job_maybe_done(run);
}

void Engine::job_maybe_done(Run* run) {
  Job& job = run->job;
  const bool all = std::all_of(job.batches.begin(), job.batches.end(),
                               [](const RemoteBatch& batch) { return batch.phase == Phase::collected; });
  if (!all || job.done || store_failed_) return;
  if (run->refetch != nullptr) return refetch_collected(run);
  // Before the job says that it is done: after that nobody comes back for a link that is missing.
  if (run->config.boolean("audit.files")) {
    for (const RemoteBatch& batch : job.batches) {
      if (auto linked = p_.spool->link_audit_files(job, batch); !linked)
        p_.listener->job_event(BR_EVENT_WARNING, job, &batch, linked.error().message);
    }
  }
  job.done = true;
  job.completed_ms = p_.clock->now_ms();
  if (auto saved = p_.store->save_job(job); !saved) return fail_store(saved.error());
  (void)p_.spool->add_to_journal(job, nullptr);
  for (Part& part : run->parts) release(&part);
  tell(*run);
  p_.listener->job_event(BR_EVENT_JOB_DONE, job, nullptr, state_name(state_of(job)));
  delete_remote_files(run);
}

}  // namespace br
