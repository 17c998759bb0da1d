#include "core/engine/engine.h"

#include <algorithm>
#include <utility>

#include "batchrouter.h"
#include "core/protocol/canary.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr std::size_t kSaltLength = 16;

}  // namespace

StepRules step_rules(const Config& config, const Provider* provider, bool attached) {
  StepRules rules;
  rules.retry.base_ms = config.integer("retry.base_ms");
  rules.retry.cap_ms = config.integer("retry.cap_ms");
  rules.retry.max_attempts = static_cast<std::int32_t>(config.integer("retry.max_attempts"));
  rules.poll.interval_ms = config.integer("poll.interval_ms");
  rules.poll.max_interval_ms = config.integer("poll.max_interval_ms");
  rules.settle_ms = config.integer("submit.settle_ms");
  rules.resend_when_absent = config.get("submit.on_unknown") == "resend_when_absent";
  rules.wait_when_queue_full = config.get("submit.on_queue_full") == "wait";
  rules.max_creates = static_cast<std::int32_t>(config.integer("submit.max_attempts"));
  rules.attached = attached;
  if (provider == nullptr) return rules;
  rules.match_by_shape = provider->capability().marker == Marker::none;
  rules.find_upload = provider->capability().marker == Marker::input_file;
  rules.can_list = provider->capability().can_list;
  return rules;
}

Engine::~Engine() {
  core_.answers->close();
  stop_all();
}

void Engine::stop_all() {
  for (auto& [id, run] : core_.runs) {
    for (RunPart& part : run->parts) {
      if (part.driver != nullptr) part.driver->stop();
    }
  }
}

void Engine::use_provider_of(Run* run, std::size_t index, ProviderUse use, std::shared_ptr<ResultFeed> feed) {
  RunPart& part = run->parts[index];
  part.provider = use.provider;
  part.hold = std::move(use.hold);
  part.rules = step_rules(run->config, part.provider, run->job.attached);
  const PartContext context = {&core_, &http_, {run->job.id, index}, part.provider};
  part.fetch = std::make_shared<PartFetch>(context, std::move(feed));
  if (part.provider == nullptr) return;
  part.driver = make_driver(context);
  part.driver->tune(&part.rules);
  RemoteBatch& batch = run->job.batches[index];
  if (batch.key_salt.empty()) batch.key_salt = core_.parts.random->id(kSaltLength);
  note_account(run, index);
}

// Whose key is in force now.
void Engine::note_account(Run* run, std::size_t index) {
  RunPart& part = run->parts[index];
  const RemoteBatch& batch = run->job.batches[index];
  if (part.provider == nullptr) return;
  if (auto account = resolve_account(run->config, *part.provider, batch.base_url, batch.account))
    part.rules.account = account_proof(*part.provider, *account, batch.key_salt);
}

// A job of an earlier process goes on at the address that this router's configuration names, if it names one. An address
// is one vendor's: where a job has several, it says yes to those of its parts that remember it, and moves none.
bool Engine::move_addresses(Run* run) {
  const std::string& address = core_.parts.config->get("resume.base_url");
  if (address.empty()) return false;
  auto& batches = run->job.batches;
  const bool one = std::all_of(batches.begin(), batches.end(), [&](const RemoteBatch& batch) {
    return batch.provider == batches.front().provider && batch.base_url == batches.front().base_url;
  });
  if (one) run->job.base_url = address;
  bool moved = false;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (run->parts[i].address_is_given || (!one && batches[i].base_url != address)) continue;
    batches[i].base_url = address;
    run->parts[i].address_is_given = moved = true;
  }
  return moved;
}

void Engine::add(EngineJob added) {
  auto run = std::make_unique<Run>();
  run->job = std::move(added.job);
  run->config = *core_.parts.config;
  for (const auto& [key, value] : run->job.settings) (void)run->config.set(key, value);
  run->parts.resize(run->job.batches.size());
  for (RunPart& part : run->parts) part.address_is_given = added.address_is_given;
  const bool moved = move_addresses(run.get());
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    RunPart& part = run->parts[i];
    RemoteBatch& batch = run->job.batches[i];
    part.track.inherited = !added.planned_here;
    if (batch.planned_ms < 0) batch.planned_ms = run->job.created_ms;
    part.journaled = batch.phase;
    use_provider_of(run.get(), i, std::move(added.uses[i]), added.feeds[i]);
    // The same key at an address that somebody named is the same account.
    const AccountProof& proof = part.rules.account;
    if (moved && part.address_is_given && std::find(batch.keys.begin(), batch.keys.end(), proof.key) != batch.keys.end())
      learn_account(proof, &batch);
    batch.request_path = core_.parts.spool->requests(run->job.id, batch.part);
  }
  const std::string id = run->job.id;
  core_.runs[id] = std::move(run);
  if (added.active) resume(id);
}

// Before any batch of the job is told of: one that is still blocked beside one that is done would make the job look
// blocked to those who wait for what comes now.
void Engine::forget_blocks(Run* run, const std::function<bool(const RemoteBatch&)>& goes_on) {
  for (RemoteBatch& batch : run->job.batches) {
    if (!batch.blocked || !goes_on(batch)) continue;
    batch.blocked = false;
    batch.error.reset();
    if (!save(batch)) return;
  }
}

void Engine::resume(const std::string& job_id) {
  Run* run = find(job_id);
  if (run == nullptr || run->job.done) return;
  if (is_blocked(run->job)) http_.shared().clear();  // a person has looked at it
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    RunPart& part = run->parts[i];
    // It may have been registered meanwhile.
    if (part.provider == nullptr) use_provider_of(run, i, use_provider(run->job.batches[i].provider), part.fetch->feed());
    part.account.reset();  // a key may have been put right, or be known only now
    note_account(run, i);
    part.track.only_asked = false;
    if (!run->active || run->job.batches[i].blocked) push(job_id, i, {});
  }
  forget_blocks(run, [](const RemoteBatch&) { return true; });
  run->active = true;
  decide_canary(*run);
  drain();
  // A process may have ended between the last batch and the job.
  if (run = find(job_id); run != nullptr) job_maybe_done(run);
}

// Once every canary is collected, by this process or an earlier one: the batches that were held go, or never will. Who
// only looks at the job sends nothing of it.
void Engine::decide_canary(const Run& run) {
  if (!run.active || run.refetch != nullptr || is_closing_ || core_.store_failed()) return;
  std::optional<Error> why;
  const CanaryVerdict verdict = judge_canaries(run.job, &why);
  if (verdict != CanaryVerdict::passed && verdict != CanaryVerdict::refused) return;
  for (std::size_t i = 0; i < run.parts.size(); ++i) {
    if (!run.job.batches[i].held) continue;
    if (verdict == CanaryVerdict::passed) push(run.job.id, i, {.kind = EventKind::release});
    else push(run.job.id, i, {.kind = EventKind::withhold, .error = *why});
  }
}

void Engine::cancel(const std::string& job_id) {
  const Run* run = find(job_id);
  if (run == nullptr) return;
  for (std::size_t i = 0; i < run->parts.size(); ++i) push(job_id, i, {.kind = EventKind::cancel});
  drain();
}

// Asked here, where every owner is recorded one after the other.
Result<void> Engine::adopt(const std::string& job_id, std::int32_t part, const std::string& batch_id) {
  const Run* run = find(job_id);
  if (run == nullptr) return Error(Code::not_found, "the job " + job_id + " was removed meanwhile", "");
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    const RemoteBatch& batch = run->job.batches[i];
    if (batch.part != part) continue;
    auto owner = core_.parts.store->owner_of(batch.provider, batch.base_url, batch_id);
    BR_RETURN_IF_ERROR(owner);
    if (!owner->empty())
      return Error(Code::already, "the batch " + batch_id + " belongs to the job " + *owner + " of this directory",
                   "one batch has one job; remove that job first");
    Event event = {.kind = EventKind::adopt};
    event.outcome.status.emplace().id = batch_id;
    push(job_id, i, std::move(event));
  }
  drain();
  return {};
}

void Engine::abandon(const std::string& job_id) {
  const Run* run = find(job_id);
  if (run == nullptr) return;
  for (std::size_t i = 0; i < run->parts.size(); ++i) push(job_id, i, {.kind = EventKind::abandon});
  drain();
}

std::vector<std::int64_t> Engine::refresh(const std::string& job_id) {
  std::vector<std::int64_t> heard;
  Run* run = find(job_id);
  if (run == nullptr) return heard;
  forget_blocks(run, is_begun_by_refresh);
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    RunPart& part = run->parts[i];
    const bool twice = part.driver != nullptr && part.driver->poll_again();
    part.track.only_asked = !run->active;
    heard.push_back(part.track.polls + (twice ? 2 : 1));  // the answer under way is an older one
    push(job_id, i, {.kind = EventKind::refresh});
  }
  drain();
  return heard;
}

void Engine::remove(const std::string& job_id) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    if (run->parts[i].driver != nullptr) run->parts[i].driver->stop();
    release(&run->parts[i]);
    core_.set_timer({job_id, i}, -1);
    turns_.end({job_id, i});
  }
  core_.drop_events(job_id);
  core_.runs.erase(job_id);
  go_on_searching({job_id, 0});
}

void Engine::set_output(const std::string& job_id, const std::string& output) {
  if (core_.store_failed()) return;
  Run* run = find(job_id);
  auto job = run == nullptr ? core_.parts.store->load(job_id) : Result<Job>(run->job);
  if (!job) return;  // removed
  job->output = output;
  if (auto saved = core_.parts.store->save_job(*job); !saved) return core_.fail_store(saved.error());
  if (run == nullptr) return tell_settled(std::move(*job));
  run->job.output = output;
  tell(*run);
}

namespace {

// Of each batch whose results are still those that were handed out.
std::vector<PartProgress> merge_progress(const std::vector<PartProgress>& progress, Job* job) {
  std::vector<PartProgress> changed;
  for (const PartProgress& from : progress) {
    for (RemoteBatch& batch : job->batches) {
      if (batch.part != from.part || batch.refetches != from.refetches) continue;
      batch.progress = from.progress;
      changed.push_back(from);
    }
  }
  return changed;
}

// Before the progress is saved: nobody gives acknowledged results again, so that they may not go with the power.
Result<void> sync_acknowledged(const Run& run) {
  for (std::size_t i = 0; i < run.parts.size(); ++i) {
    const std::int64_t bytes = run.job.batches[i].progress.acked_bytes;
    if (bytes > 0) BR_RETURN_IF_ERROR(run.parts[i].fetch->sync_acknowledged(bytes));
  }
  return {};
}

}  // namespace

void Engine::acknowledged(const std::string& job_id, const std::vector<PartProgress>& progress) {
  if (core_.store_failed()) return;
  Run* run = find(job_id);
  std::optional<Job> settled;
  if (run == nullptr) {
    auto job = core_.parts.store->load(job_id);
    if (!job) return;  // removed
    settled = std::move(*job);
  }
  Job& job = run == nullptr ? *settled : run->job;
  const std::vector<PartProgress> changed = merge_progress(progress, &job);
  if (run != nullptr) {
    if (auto synced = sync_acknowledged(*run); !synced) return core_.fail_store(synced.error());
  }
  if (auto saved = core_.parts.store->save_progress(job_id, changed); !saved) return core_.fail_store(saved.error());
  if (is_settled(job)) {
    if (auto saved = core_.parts.store->save_job(job); !saved) return core_.fail_store(saved.error());
  }
  if (run == nullptr) return tell_settled(std::move(*settled));
  tell(*run);
  delete_remote_files(run);
}

void Engine::drain() {
  while (auto next = core_.next_event()) {
    const auto& [key, event] = *next;
    if (find(key.job_id) == nullptr || core_.store_failed()) continue;
    handle(key, event);
    Run* run = find(key.job_id);
    if (run == nullptr) continue;
    if (event.kind == EventKind::finished && !core_.store_failed()) run->parts[key.index].fetch->recorded();
    if (event.kind == EventKind::finished) decide_canary(*run);
    if (event.kind == EventKind::finished) job_maybe_done(run);
    if (run = find(key.job_id); run != nullptr && run->refetch != nullptr) refetch_maybe_failed(run);
  }
}

void Engine::turn(std::int64_t wait_ms) {
  const std::vector<std::function<void()>> posted = core_.drain_posted();
  for (const auto& work : posted) work();
  const std::vector<ExternalAnswers::Answer> answers = core_.answers->drain();
  for (const ExternalAnswers::Answer& answer : answers) answer.apply();
  while (const auto due = is_closing_ ? std::nullopt : core_.next_due()) core_.push(*due, {.kind = EventKind::due});
  drain();
  core_.parts.transport->wait(posted.empty() && answers.empty() ? wait_ms : 0);
  drain();
}

void Engine::handle(const PartKey& key, const Event& event) {
  Run& run = *find(key.job_id);
  RunPart& part = run.parts[key.index];
  Decision decision = step(part.rules, run.job.batches[key.index], part.track, event, core_.parts.clock->now_ms(),
                           core_.parts.random->next());
  run.job.batches[key.index] = std::move(decision.batch);
  part.track = std::move(decision.track);
  bool told = false;
  for (const Action& action : decision.actions) {
    // Whoever hears of an event finds the state that it is about.
    if (action.kind == ActionKind::notify && !std::exchange(told, true)) tell(run);
    if (!perform(key, action)) return;
  }
  core_.set_timer(key, part.track.due_ms);
  if (!told) tell(run);
  if (const Search& search = part.track.search; !search.under_way || !search.before_create) go_on_searching(key);
}

void Engine::tell(const Run& run) {
  auto snapshot = std::make_shared<JobSnapshot>();
  snapshot->job = run.job;
  for (const RunPart& part : run.parts) snapshot->tracks.push_back(part.track);
  core_.parts.listener->job_changed(std::move(snapshot));
}

// Of a job that was done before this process began, so that it is not run.
void Engine::tell_settled(Job job) {
  auto snapshot = std::make_shared<JobSnapshot>();
  snapshot->tracks.resize(job.batches.size());
  snapshot->job = std::move(job);
  core_.parts.listener->job_changed(std::move(snapshot));
}

// false: the state could not be saved, and nothing that builds on it may happen.
bool Engine::perform(const PartKey& key, const Action& action) {
  Run& run = *find(key.job_id);
  RunPart& part = run.parts[key.index];
  const RemoteBatch& batch = run.job.batches[key.index];
  switch (action.kind) {
    case ActionKind::save:
      if (run.refetch != nullptr) return true;
      if (!save(batch)) return false;
      keep_in_journal(key);
      return true;
    case ActionKind::call:
      if (run.refetch == nullptr || action.op == Op::poll) start_call(key, action.op);
      return true;
    case ActionKind::probe:
      if (!is_closing_) start_probe(key);
      return true;
    case ActionKind::fetch:
      if (!is_closing_) part.fetch->start();
      return true;
    case ActionKind::finish:
      part.fetch->finish();
      return true;
    case ActionKind::stop:
      if (part.driver != nullptr) part.driver->stop();
      return true;
    case ActionKind::notify:
      if (action.event == BR_EVENT_BATCH_SUBMITTED || action.event == BR_EVENT_ADOPTED) link_audit_files(run, batch);
      core_.tell_event(run, action.event, batch, action.text);
      return true;
  }
  return true;
}

void Engine::link_audit_files(const Run& run, const RemoteBatch& batch) {
  if (!run.config.boolean("audit.files")) return;
  if (auto linked = core_.parts.spool->link_audit_files(run.job, batch); !linked)
    core_.parts.listener->job_event(BR_EVENT_WARNING, run.job, &batch, linked.error().message);
}

// Just before an upload and every paid call: that the state is where it was opened, so that what is paid for will be
// known, and that the requests are those that were written.
bool Engine::may_send(const PartKey& key, Op op) {
  if (op != Op::upload && op != Op::create) return true;
  if (!core_.check_directory()) return false;
  const RemoteBatch& batch = core_.batch(key);
  const bool holds_requests = op == Op::upload || batch.input_file_id.empty();
  auto good = core_.parts.spool->check_requests(batch, holds_requests ? Spool::Check::content : Spool::Check::length);
  if (!good) core_.call_failed(key, op, std::move(good.error()), false);
  return good.ok();
}

void Engine::start_call(const PartKey& key, Op op) {
  RunPart& part = *core_.part(key);
  if (part.driver != nullptr && part.driver->is_calling(op)) return;
  if (is_closing_) return leave_out(key, op);
  const bool searches = op == Op::list || op == Op::find_upload;
  if (searches && part.track.search.before_create && !turns_.begin({key.job_id, key.index}, op)) return;
  auto account = core_.account_of(key);
  if (!account) return core_.call_failed(key, op, std::move(account.error()), false);
  if (may_send(key, op)) part.driver->call(op, *account);
}

// The next process begins it. A paid call is on record as begun: it is put on record that it was not.
void Engine::leave_out(const PartKey& key, Op op) {
  if (op != Op::create) return;
  Error error(Code::network, "[" + core_.batch(key).provider + "] the router was closed before the call");
  error.transient = true;
  core_.call_failed(key, op, std::move(error), false);
}

void Engine::start_probe(const PartKey& key) {
  auto account = core_.account_of(key);
  if (!account) return core_.probe_failed(key, std::move(account.error()));
  core_.part(key)->driver->probe(*account);
}

// Those who waited while others searched.
void Engine::go_on_searching(const PartKey& ended) {
  turns_.end({ended.job_id, ended.index});
  while (const auto turn = turns_.next()) {
    const auto& [job_id, index] = turn->part;
    if (find(job_id) != nullptr) start_call({job_id, index}, turn->op);
    else turns_.end(turn->part);
  }
}

bool Engine::save(const RemoteBatch& batch) {
  auto saved = core_.parts.store->save_batches({batch});
  if (!saved) core_.fail_store(saved.error());
  return saved.ok();
}

// The database has it already: a journal that cannot be written is no reason to stop.
void Engine::keep_in_journal(const PartKey& key) {
  const RemoteBatch& batch = core_.batch(key);
  if (std::exchange(core_.part(key)->journaled, batch.phase) == batch.phase) return;
  (void)core_.parts.spool->add_to_journal(find(key.job_id)->job, &batch);
}

}  // namespace br
