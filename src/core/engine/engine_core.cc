#include "core/engine/engine_core.h"

#include <algorithm>

#include "batchrouter.h"
#include "core/engine/address_trust.h"
#include "core/protocol/reconcile.h"
#include "providers/registry.h"

namespace br {

void EngineCore::post(std::function<void()> work) {
  {
    const MutexLock lock(&mutex_);
    posted_.push_back(std::move(work));
  }
  parts.transport->wake();
}

std::vector<std::function<void()>> EngineCore::drain_posted() {
  const MutexLock lock(&mutex_);
  return std::exchange(posted_, {});
}

Run* EngineCore::find(const std::string& job_id) {
  const auto found = runs.find(job_id);
  return found == runs.end() ? nullptr : found->second.get();
}

RunPart* EngineCore::part(const PartKey& key) {
  Run* run = find(key.job_id);
  return run == nullptr || key.index >= run->parts.size() ? nullptr : &run->parts[key.index];
}

RemoteBatch& EngineCore::batch(const PartKey& key) { return find(key.job_id)->job.batches[key.index]; }

std::optional<std::pair<PartKey, Event>> EngineCore::next_event() {
  if (pending_.empty()) return std::nullopt;
  auto next = std::move(pending_.front());
  pending_.pop_front();
  return next;
}

void EngineCore::drop_events(const std::string& job_id) {
  std::erase_if(pending_, [&](const auto& each) { return each.first.job_id == job_id; });
}

void EngineCore::set_timer(const PartKey& key, std::int64_t due_ms) {
  RunPart* found = part(key);
  if (found == nullptr || found->timer_ms == due_ms) return;
  if (found->timer_ms >= 0) timers_.erase({found->timer_ms, key});
  found->timer_ms = due_ms;
  if (due_ms >= 0) timers_.insert({due_ms, key});
}

std::optional<PartKey> EngineCore::next_due() {
  if (timers_.empty() || timers_.begin()->first > parts.clock->now_ms()) return std::nullopt;
  const PartKey key = timers_.begin()->second;
  timers_.erase(timers_.begin());
  if (RunPart* found = part(key)) found->timer_ms = -1;
  return key;
}

std::int64_t EngineCore::idle_ms() const {
  if (timers_.empty()) return -1;
  return std::max<std::int64_t>(0, timers_.begin()->first - parts.clock->now_ms());
}

Result<Account> EngineCore::account_of(const PartKey& key) {
  const Run& run = *find(key.job_id);
  const RemoteBatch& of = run.job.batches[key.index];
  RunPart& asking = *part(key);
  if (asking.provider == nullptr)
    return Error(Code::no_provider, "this build has no provider \"" + of.provider + "\"",
                 "it has: " + provider_names() + "; register it and resume");
  if (asking.account) return *asking.account;
  auto account = resolve_account(run.config, *asking.provider, of.base_url, of.account);
  if (!account) return account;
  if (!asking.address_is_given) {
    BR_RETURN_IF_ERROR(check_address(*parts.config, *asking.provider, of, *account));
  }
  asking.account = *account;
  return account;
}

// Whether the account has batches of ours at work, beside this one.
bool EngineCore::others_run(const PartKey& key) {
  const Run* asking = find(key.job_id);
  if (asking == nullptr) return false;
  const RemoteBatch& of = asking->job.batches[key.index];
  for (const auto& [id, run] : runs) {
    for (const RemoteBatch& other : run->job.batches) {
      if (&other != &of && other.phase == Phase::running && other.provider == of.provider &&
          other.base_url == of.base_url && other.account == of.account)
        return true;
    }
  }
  return false;
}

// Two jobs of one directory never have one batch: who has it already is told with the list.
void EngineCore::find_owners(const PartKey& key, Outcome* outcome) {
  const RunPart* asking = part(key);
  outcome->owners.assign(outcome->listed.size(), "");
  for (std::size_t i = 0; asking != nullptr && i < outcome->listed.size(); ++i) {
    const RemoteBatch& of = batch(key);
    // Nobody asks whose the others are, and a list may have thousands.
    if (!asking->rules.match_by_shape && !is_ours(of, outcome->listed[i], asking->track.search.uploads)) continue;
    const auto owner = parts.store->owner_of(of.provider, of.base_url, outcome->listed[i].id);
    if (owner && *owner != key.job_id) outcome->owners[i] = *owner;
  }
}

void EngineCore::call_done(const PartKey& key, Op op, Outcome outcome) {
  if (op == Op::list) find_owners(key, &outcome);
  push(key, {.kind = EventKind::done, .op = op, .outcome = std::move(outcome)});
}

void EngineCore::call_failed(const PartKey& key, Op op, Error error, bool sent) {
  if (!sent) error.not_executed = true;
  const bool others = op == Op::create && others_run(key);
  push(key, {.kind = EventKind::failed, .op = op, .error = std::move(error), .others_run = others});
}

void EngineCore::probed(const PartKey& key, RemoteStatus status, RowProof proof) {
  Outcome outcome;
  outcome.listed.push_back(status);
  find_owners(key, &outcome);
  outcome.status = std::move(status);
  push(key, {.kind = EventKind::probed, .outcome = std::move(outcome), .proof = proof});
}

void EngineCore::probe_failed(const PartKey& key, Error error) {
  push(key, {.kind = EventKind::probe_failed, .error = std::move(error)});
}

void EngineCore::fetch_failed(const PartKey& key, Error error, std::int64_t bytes) {
  push(key, {.kind = EventKind::fetch_failed, .error = std::move(error), .bytes = bytes});
}

// Of a run that fetches results once more only what is worth a line, as the job's.
void EngineCore::tell_event(const Run& run, std::int32_t event, const RemoteBatch& of, const std::string& text) {
  if (run.refetch == nullptr) return parts.listener->job_event(event, run.job, &of, text);
  if (event != BR_EVENT_WARNING && event != BR_EVENT_RETRY && event != BR_EVENT_MALFORMED_ROW) return;
  Job job = run.job;
  job.id = run.refetch->job_id;
  parts.listener->job_event(event, job, &of, text);
}

void EngineCore::fail_store(const Error& error) {
  store_failed_ = true;
  for (auto& [id, run] : runs) {
    for (RunPart& each : run->parts) {
      if (each.driver != nullptr) each.driver->stop();
    }
  }
  timers_.clear();
  parts.listener->store_failed(error);
}

bool EngineCore::check_directory() {
  if (parts.directory == nullptr) return true;
  auto same = parts.directory->check_unchanged();
  if (!same) fail_store(same.error());
  return same.ok();
}

}  // namespace br
