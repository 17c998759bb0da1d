// The engine's second half: downloading result files and collecting their rows.
#include <algorithm>

#include "batchrouter.h"
#include "core/engine.h"
#include "core/rest_reason.h"
#include "providers/http_error.h"

namespace br {
namespace {

constexpr std::uint64_t kConsumeStep = std::uint64_t{256} << 10;
constexpr std::int64_t kConsumeAfterMs = 100;  // the first bytes at once, and never longer than this

// Before the state says that the results are here: after that nobody asks the vendor for them again.
Result<void> sync_results(const std::string& path) {
  auto file = File::open_update(path);
  if (!file) return std::move(file.error());
  if (auto synced = file->sync(); !synced) return synced;
  return sync_directory(path.substr(0, path.rfind('/')));
}

}  // namespace

CollectorPlan Engine::collector_plan(Run* run, std::size_t index) {
  const RemoteBatch& batch = run->job.batches[index];
  CollectorPlan plan;
  if (!run->job.attached) plan.ids_path = p_.spool->ids(run->job.id, batch.part);
  plan.takes_caller_ids = batch.adopted_by_person;
  plan.output_path = p_.spool->output(run->job.id, batch.part);
  plan.max_line_bytes = static_cast<std::size_t>(run->config.integer("limits.max_line_bytes"));
  plan.hash_seed = p_.random->next();
  plan.context = ResultContext(batch.provider, run->job.id, batch.status.id);
  plan.provider = run->parts[index].provider;
  plan.feed = run->parts[index].feed;
  plan.odd_row = [this, job_id = run->job.id, index](std::int32_t event, const std::string& text) {
    post([this, job_id, index, event, text] {
      if (Run* found = find(job_id)) p_.listener->job_event(event, found->job, &found->job.batches[index], text);
    });
  };
  return plan;
}

void Engine::start_fetch(Run* run, std::size_t index) {
  Part& part = run->parts[index];
  const std::string& job_id = run->job.id;
  if (!part.output) {
    auto opened = OutputFile::open(p_.spool->output(job_id, run->job.batches[index].part), true);
    if (!opened) return fetch_error(job_id, index, opened.error());
    part.output = std::make_unique<OutputFile>(std::move(*opened));
    part.replayed = file_size(part.feed->path) > 0;
  }
  if (!part.pass_open) {
    auto account = account_of(*run, index);
    if (!account) return fetch_error(job_id, index, account.error());
    part.downloads = part.provider->downloads(*account, run->job.batches[index]);
    part.download = 0;
    part.download_again = false;
    part.pass_open = true;
  }
  start_download(run, index);
}

void Engine::start_download(Run* run, std::size_t index) {
  Part& part = run->parts[index];
  if (part.download >= part.downloads.size()) {
    part.consume_last = true;
    return consume(run, index, true);
  }
  if (part.provider->capability().external) return external_fetch(run, index);
  const Download& download = part.downloads[part.download];
  if (!download.path.empty()) return copy_local_output(run, index, download.path);
  auto account = account_of(*run, index);
  if (!account) return fetch_error(run->job.id, index, account.error());
  with_token(*part.provider, std::move(*account),
             [this, job_id = run->job.id, index](const Account& with, const Error* error) {
               if (error != nullptr) return fetch_error(job_id, index, *error);
               if (find(job_id) != nullptr) begin_download(job_id, index, with);
             });
}

void Engine::begin_download(const std::string& job_id, std::size_t index, const Account& account) {
  Part& part = find(job_id)->parts[index];
  const Download& download = part.downloads[part.download];
  HttpRequest request = download.request;
  Result<std::uint64_t> sent = std::uint64_t{0};
  if (download.page) {
    sent = send(*part.provider, account, std::move(request), nullptr, [this, job_id, index, account](HttpResponse response) {
      page_ended(job_id, index, account, response);
    });
  } else {
    request.bulk = true;
    if (auto begun = part.output->begin_source(part.download_again); !begun)
      return fetch_error(job_id, index, begun.error());
    sent = send(
        *part.provider, account, std::move(request),
        [this, job_id, index](std::string_view bytes) { return take_bytes(job_id, index, bytes); },
        [this, job_id, index, account](const HttpResponse& response) {
          download_ended(job_id, index, account, response);
        });
  }
  if (!sent) return fetch_error(job_id, index, sent.error());
  part.download_call = *sent;
}

// What a local run wrote becomes the output file as if it had been downloaded.
void Engine::copy_local_output(Run* run, std::size_t index, const std::string& path) {
  Part& part = run->parts[index];
  const std::string job_id = run->job.id;
  if (auto begun = part.output->begin_source(part.download_again); !begun)
    return fetch_error(job_id, index, begun.error());
  auto file = File::open_read(path);
  if (!file) return fetch_error(job_id, index, file.error());
  std::string block(kConsumeStep, '\0');
  for (;;) {
    auto n = file->read(block.data(), block.size());
    if (!n) return fetch_error(job_id, index, n.error());
    if (*n == 0) break;
    if (auto put = part.output->append({block.data(), *n}); !put) return fetch_error(job_id, index, put.error());
  }
  if (auto ended = part.output->end_source(); !ended) return fetch_error(job_id, index, ended.error());
  part.download += 1;
  start_download(run, index);
}

void Engine::page_ended(const std::string& job_id, std::size_t index, const Account& account,
                        const HttpResponse& response) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.download_call = 0;
  auto page = part.provider->read_page(account, run->job.batches[index], response);
  if (!page) {
    token_refused(account, &page.error());
    return fetch_error(job_id, index, page.error());
  }
  if (!page->lines.empty()) {
    if (auto begun = part.output->begin_source(false); !begun) return fetch_error(job_id, index, begun.error());
    if (!take_bytes(job_id, index, page->lines) || !part.output->end_source())
      return fetch_error(job_id, index, Error(Code::io, "the results cannot be written", "check the disk"));
  }
  part.download += 1;
  const auto at = part.downloads.begin() + static_cast<std::ptrdiff_t>(part.download);
  part.downloads.insert(at, std::make_move_iterator(page->next.begin()), std::make_move_iterator(page->next.end()));
  start_download(run, index);
}

bool Engine::take_bytes(const std::string& job_id, std::size_t index, std::string_view bytes) {
  Run* run = find(job_id);
  if (run == nullptr) return false;
  Part& part = run->parts[index];
  if (!part.output->append(bytes)) return false;
  const bool enough = part.output->length() - part.consumed_to >= kConsumeStep;
  if (enough || p_.clock->now_ms() - part.consumed_ms >= kConsumeAfterMs) consume(run, index, false);
  return true;
}

void Engine::download_ended(const std::string& job_id, std::size_t index, const Account& account,
                            const HttpResponse& response) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.download_call = 0;
  if (!response.ok()) {
    part.download_again = true;
    Error error = read_http_error(run->job.batches[index].provider, "downloading results", response);
    token_refused(account, &error);
    return fetch_error(job_id, index, std::move(error));
  }
  if (auto ended = part.output->end_source(); !ended) return fetch_error(job_id, index, ended.error());
  part.download_again = false;
  part.download += 1;
  start_download(run, index);
}

void Engine::fetch_error(const std::string& job_id, std::size_t index, Error error) {
  push(job_id, index, {EventKind::fetch_failed, Op::poll, {}, std::move(error), {}});
}

// Lets the collecting thread read what has come; at most one such task of a part is under way.
void Engine::consume(Run* run, std::size_t index, bool last) {
  Part& part = run->parts[index];
  if (part.consume_busy) return;
  part.consume_busy = true;
  part.consumed_to = part.output->length();
  part.consumed_ms = p_.clock->now_ms();
  const bool repeated = part.pass > 0 || part.output->diverged() || part.replayed;
  p_.executor->post([this, job_id = run->job.id, index, last, repeated, length = part.consumed_to,
                     slot = part.collector, plan = collector_plan(run, index)]() mutable {
    Result<CollectReport> report = CollectReport{};
    if (*slot == nullptr) {
      auto opened = Collector::open(std::move(plan));
      if (opened) *slot = std::move(*opened);
      else report = std::move(opened.error());
    }
    if (*slot != nullptr) report = (*slot)->consume(length, last, repeated);
    p_.listener->results_grew(job_id);
    post([this, job_id, index, last, shared = std::make_shared<Result<CollectReport>>(std::move(report))] {
      consumed(job_id, index, last, std::move(*shared));
    });
  });
}

void Engine::consumed(const std::string& job_id, std::size_t index, bool last, Result<CollectReport> report) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  Part& part = run->parts[index];
  part.consume_busy = false;
  if (!report) {
    part.pass_open = false;
    part.consume_last = false;
    return fetch_error(job_id, index, report.error());
  }
  if (!last) {
    if (part.consume_last || part.output->length() - part.consumed_to >= kConsumeStep)
      consume(run, index, part.consume_last);
    return;
  }
  part.consume_last = false;
  part.pass_open = false;
  part.pass += 1;
  push(job_id, index, {EventKind::collected, Op::poll, {}, {}, *report});
}

void Engine::start_finish(Run* run, std::size_t index) {
  Part& part = run->parts[index];
  p_.executor->post([this, job_id = run->job.id, index, slot = part.collector, plan = collector_plan(run, index),
                     rest = rest_reason(run->job.batches[index])]() mutable {
    Result<CollectReport> report = CollectReport{};
    if (*slot == nullptr) {
      auto opened = Collector::open(std::move(plan));
      if (opened) *slot = std::move(*opened);
      else report = std::move(opened.error());
    }
    if (*slot != nullptr) report = (*slot)->finish(rest.view());
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
  if (!report) return fetch_error(job_id, index, report.error());
  Part& part = run->parts[index];
  part.output.reset();
  if (auto synced = sync_results(part.feed->path); !synced) return fetch_error(job_id, index, synced.error());
  push(job_id, index, {EventKind::finished, Op::poll, {}, {}, *report});
  drain();
  job_maybe_done(run);
}

void Engine::job_maybe_done(Run* run) {
  Job& job = run->job;
  const bool all = std::all_of(job.batches.begin(), job.batches.end(),
                               [](const RemoteBatch& batch) { return batch.phase == Phase::collected; });
  if (!all || job.done || store_failed_) return;
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
