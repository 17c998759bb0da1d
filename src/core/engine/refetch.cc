// The engine's refetch: the files of a job that is done are downloaded once more by a run of their own, which shares
// the whole protocol and saves nothing. The job itself changes only when all of it worked, in one save.
#include <algorithm>

#include "batchrouter.h"
#include "core/engine/engine.h"
#include "core/results/result_file.h"

namespace br {
namespace {

// Under the job's own directory, so that it goes with the job.
std::string refetch_id(const std::string& job_id) { return job_id + "/refetch"; }

// The batch as one whose files are to be read once more: one pass, one refusal, and it is over.
RemoteBatch once_more(RemoteBatch batch) {
  batch.phase = Phase::running;
  batch.blocked = batch.cancel_wanted = batch.matched_by_shape = false;
  batch.error.reset();
  batch.fetches = 0;
  batch.refused_fetches = kMaxRefusedFetches - 1;
  batch.bad_fetches = kMaxBadFetches - 3;
  batch.missing_since_ms = -1;
  batch.results = {};
  batch.tokens = {};
  for (ModelTokens& each : batch.model_tokens) each.tokens = {};
  batch.progress = {};
  return batch;
}

// A batch that was fetched once more, and what it was before.
struct RunFetched {
  Fetched fetched;
  Counts before;
  ResultFile old;
  std::string answers_path;
};

// The new results files of all batches, or none.
Result<Refetched> merge_all(const Spool& spool, std::vector<RunFetched> parts, std::uint64_t seed) {
  Refetched merged;
  for (RunFetched& part : parts) {
    RemoteBatch& batch = part.fetched.answers;
    if (batch.results.total == 0) continue;
    const std::string path = spool.results(batch, batch.refetches + 1);
    if (part.fetched.whole) {
      BR_RETURN_IF_ERROR(replace_results(part.fetched, part.before, part.old, part.answers_path, path, seed));
    } else {
      auto replaced = merge_answers(part.old, part.answers_path, path, seed);
      BR_RETURN_IF_ERROR(replaced);
      part.fetched.replaced = std::move(*replaced);
    }
    auto sum = sum_of_file(spool.files(), path);
    BR_RETURN_IF_ERROR(sum);
    batch.results_sum = std::move(*sum);
    merged.push_back(std::move(part.fetched));
  }
  return merged;
}

}  // namespace

void Engine::refetch(const Job& job, std::vector<RefetchPart> parts, RefetchedFn done) {
  const std::string id = refetch_id(job.id);
  if (find(id) != nullptr)
    return done(Error(Code::already, "the results of " + job.id + " are being fetched again", "wait for that"));
  core_.parts.spool->files()->remove_tree(core_.parts.spool->job_directory(id));
  if (auto made = core_.parts.spool->files()->make_directories(core_.parts.spool->job_directory(id)); !made) return done(std::move(made.error()));
  auto run = std::make_unique<Run>();
  run->job = job;
  run->job.id = id;
  run->job.done = false;
  run->job.batches.clear();
  run->config = *core_.parts.config;
  for (const auto& [key, value] : job.settings) (void)run->config.set(key, value);
  run->refetch = std::make_unique<RefetchOrder>(
      RefetchOrder{.job_id = job.id, .done = std::move(done), .parts = {}, .number = core_.parts.random->next()});
  run->parts.resize(parts.size());
  for (const RefetchPart& part : parts) {
    run->job.batches.push_back(once_more(job.batches[part.part]));
    const RemoteBatch& batch = job.batches[part.part];
    run->refetch->parts.push_back({part.whole, batch.results, result_file_of(*core_.parts.spool, batch)});
  }
  move_addresses(run.get());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const RemoteBatch& batch = job.batches[parts[i].part];
    auto feed = std::make_shared<ResultFeed>(core_.parts.spool->files(),
                                             core_.parts.spool->output(id, batch.part) + ".answers");
    use_provider_of(run.get(), i, std::move(parts[i].use), std::move(feed));
    // Nothing is ever sent again, and nobody waits for a batch that the vendor no longer has.
    run->parts[i].rules.attached = true;
    run->parts[i].rules.wait_when_queue_full = false;
    run->parts[i].rules.settle_ms = 0;
  }
  run->active = true;
  core_.runs[id] = std::move(run);
  for (std::size_t i = 0; i < parts.size(); ++i) push(id, i, {});
  drain();
}

void Engine::stop_refetch(const std::string& job_id) {
  remove(refetch_id(job_id));
  core_.parts.spool->files()->remove_tree(core_.parts.spool->job_directory(refetch_id(job_id)));
}

// After each event: a run that is blocked waits for nobody.
void Engine::refetch_maybe_failed(Run* run) {
  if (!is_blocked(run->job)) return;
  std::optional<Error> why;
  for (const RemoteBatch& batch : run->job.batches) {
    if (batch.blocked && batch.error) why = batch.error;
  }
  const RefetchedFn done = std::move(run->refetch->done);
  const std::string job_id = run->refetch->job_id;
  stop_refetch(job_id);
  done(why.value_or(Error(Code::provider, "the results cannot be fetched")));
}

// Every file was read: the merge is the collecting thread's, and with it the end of this run.
void Engine::refetch_collected(Run* run) {
  if (std::exchange(run->refetch->merging, true)) return;
  std::vector<RunFetched> parts;
  for (std::size_t i = 0; i < run->parts.size(); ++i)
    parts.push_back({{run->job.batches[i], {}, run->refetch->parts[i].whole},
                     run->refetch->parts[i].before,
                     run->refetch->parts[i].old,
                     run->parts[i].fetch->feed()->path});
  const std::string job_id = run->refetch->job_id;
  core_.parts.executor->post([this, job_id, number = run->refetch->number, parts = std::move(parts), seed = core_.parts.random->next()]() mutable {
    auto result = std::make_shared<Result<Refetched>>(merge_all(*core_.parts.spool, std::move(parts), seed));
    post([this, job_id, number, result] {
      Run* found = find(refetch_id(job_id));
      if (found == nullptr || found->refetch->number != number) return;
      const RefetchedFn done = std::move(found->refetch->done);
      stop_refetch(job_id);
      done(std::move(*result));
    });
  });
}

// In one save: from here on the new files are the results.
Result<void> Engine::put_in_force(const Job& job) {
  if (auto saved = core_.parts.store->replace_results(job.batches); !saved) {
    core_.fail_store(saved.error());
    return saved;
  }
  Run* run = find(job.id);
  if (run == nullptr) {
    tell_settled(job);
    return {};
  }
  for (const RemoteBatch& from : job.batches) {
    for (RemoteBatch& batch : run->job.batches) {
      if (batch.part == from.part) batch = from;
    }
  }
  tell(*run);
  return {};
}

}  // namespace br
