#include "core/engine/engine.h"

#include <algorithm>

#include "batchrouter.h"
#include "providers/registry.h"

namespace br {
namespace {

// Looking at a program of this machine costs nothing, and it may be done in seconds.
constexpr std::int64_t kLocalPollMs = 1000, kLocalMaxPollMs = 10'000;
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
  rules.names_results = provider->callbacks() == nullptr;
  if (provider->local_program() != nullptr) {
    rules.settle_ms = 0;  // what runs here is known for certain
    rules.poll.interval_ms = std::min(rules.poll.interval_ms, kLocalPollMs);
    rules.poll.max_interval_ms = std::min(rules.poll.max_interval_ms, kLocalMaxPollMs);
  }
  return rules;
}

Engine::~Engine() {
  answers_->close();
  for (auto& [id, run] : runs_) {
    for (Part& part : run->parts) stop_calls(&part);
  }
}

void Engine::post(std::function<void()> work) {
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_.push_back(std::move(work));
  }
  p_.transport->wake();
}

Engine::Run* Engine::find(const std::string& job_id) {
  const auto found = runs_.find(job_id);
  return found == runs_.end() ? nullptr : found->second.get();
}

void Engine::use_provider_of(Run* run, std::size_t index, ProviderUse use) {
  Part& part = run->parts[index];
  part.provider = use.provider;
  part.hold = std::move(use.hold);
  part.rules = step_rules(run->config, part.provider, run->job.attached);
  if (part.provider == nullptr) return;
  RemoteBatch& batch = run->job.batches[index];
  if (batch.key_salt.empty()) batch.key_salt = p_.random->id(kSaltLength);
  if (auto account = resolve_account(run->config, *part.provider, batch.base_url, batch.account))
    part.rules.account = account_proof(*part.provider, *account, batch.key_salt);
}

// A job of an earlier process goes on at the address that this router's configuration names, if it names one. An address
// is one vendor's: where a job has several, it says yes to those of its parts that remember it, and moves none.
bool Engine::move_addresses(Run* run) {
  const std::string& address = p_.config->get("resume.base_url");
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
  run->config = *p_.config;
  for (const auto& [key, value] : run->job.settings) (void)run->config.set(key, value);
  run->parts.resize(run->job.batches.size());
  for (Part& part : run->parts) part.address_is_given = added.address_is_given;
  const bool moved = move_addresses(run.get());
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    Part& part = run->parts[i];
    RemoteBatch& batch = run->job.batches[i];
    part.feed = added.feeds[i];
    part.track.inherited = !added.planned_here;
    if (batch.planned_ms < 0) batch.planned_ms = run->job.created_ms;
    part.journaled = batch.phase;
    use_provider_of(run.get(), i, std::move(added.uses[i]));
    // The same key at an address that somebody named is the same account.
    const AccountProof& proof = part.rules.account;
    if (moved && part.address_is_given && std::find(batch.keys.begin(), batch.keys.end(), proof.key) != batch.keys.end())
      learn_account(proof, &batch);
    batch.request_path = p_.spool->requests(run->job.id, batch.part);
  }
  const std::string id = run->job.id;
  runs_[id] = std::move(run);
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
  if (is_blocked(run->job)) shared_.clear();  // a person has looked at it
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    // It may have been registered meanwhile.
    if (run->parts[i].provider == nullptr) use_provider_of(run, i, use_provider(run->job.batches[i].provider));
    run->parts[i].track.only_asked = false;
    if (!run->active || run->job.batches[i].blocked) push(job_id, i, {});
  }
  forget_blocks(run, [](const RemoteBatch&) { return true; });
  run->active = true;
  drain();
  // A process may have ended between the last batch and the job.
  if (run = find(job_id); run != nullptr) job_maybe_done(run);
}

void Engine::cancel(const std::string& job_id) {
  const Run* run = find(job_id);
  if (run == nullptr) return;
  for (std::size_t i = 0; i < run->parts.size(); ++i) push(job_id, i, {EventKind::cancel, Op::cancel, {}, {}, {}});
  drain();
}

// Asked here, where every owner is recorded one after the other.
Result<void> Engine::adopt(const std::string& job_id, std::int32_t part, const std::string& batch_id) {
  const Run* run = find(job_id);
  if (run == nullptr) return Error(Code::not_found, "the job " + job_id + " was removed meanwhile", "");
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    const RemoteBatch& batch = run->job.batches[i];
    if (batch.part != part) continue;
    auto owner = p_.store->owner_of(batch.provider, batch.base_url, batch_id);
    if (!owner) return std::move(owner.error());
    if (!owner->empty())
      return Error(Code::already, "the batch " + batch_id + " belongs to the job " + *owner + " of this directory",
                   "one batch has one job; remove that job first");
    Event event = {EventKind::adopt, Op::poll, {}, {}, {}};
    event.outcome.status.emplace().id = batch_id;
    push(job_id, i, std::move(event));
  }
  drain();
  return {};
}

void Engine::abandon(const std::string& job_id) {
  const Run* run = find(job_id);
  if (run == nullptr) return;
  for (std::size_t i = 0; i < run->parts.size(); ++i) push(job_id, i, {EventKind::abandon, Op::poll, {}, {}, {}});
  drain();
}

std::vector<std::int64_t> Engine::refresh(const std::string& job_id) {
  std::vector<std::int64_t> heard;
  Run* run = find(job_id);
  if (run == nullptr) return heard;
  forget_blocks(run, is_begun_by_refresh);
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    Part& part = run->parts[i];
    const bool http = part.provider != nullptr && part.provider->http() != nullptr;
    part.poll_again = http && part.calls.contains(Op::poll);
    part.track.only_asked = !run->active;
    heard.push_back(part.track.polls + (part.poll_again ? 2 : 1));
    push(job_id, i, {EventKind::refresh, Op::poll, {}, {}, {}});
  }
  drain();
  return heard;
}

void Engine::remove(const std::string& job_id) {
  Run* run = find(job_id);
  if (run == nullptr) return;
  for (std::size_t i = 0; i < run->parts.size(); ++i) {
    stop_calls(&run->parts[i]);
    release(&run->parts[i]);
    timers_.erase({run->parts[i].timer_ms, Key(job_id, i)});
    turns_.end({job_id, i});
  }
  runs_.erase(job_id);
  go_on_searching(job_id, 0);
}

void Engine::set_output(const std::string& job_id, const std::string& output) {
  if (store_failed_) return;
  Run* run = find(job_id);
  auto job = run == nullptr ? p_.store->load(job_id) : Result<Job>(run->job);
  if (!job) return;  // removed
  job->output = output;
  if (auto saved = p_.store->save_job(*job); !saved) return fail_store(saved.error());
  if (run == nullptr) return tell_settled(std::move(*job));
  run->job.output = output;
  tell(*run);
}

namespace {

// Of each batch whose results are still those that were handed out.
std::vector<RemoteBatch> take_over_progress(const std::vector<RemoteBatch>& progress, Job* job) {
  std::vector<RemoteBatch> changed;
  for (const RemoteBatch& from : progress) {
    for (RemoteBatch& batch : job->batches) {
      if (batch.part != from.part || batch.refetches != from.refetches) continue;
      batch.acked_rows = from.acked_rows;
      batch.acked_bytes = from.acked_bytes;
      batch.handed_rows = from.handed_rows;
      changed.push_back(batch);
    }
  }
  return changed;
}

}  // namespace

void Engine::acknowledged(const std::string& job_id, const std::vector<RemoteBatch>& progress) {
  if (store_failed_) return;
  Run* run = find(job_id);
  std::optional<Job> settled;
  if (run == nullptr) {
    auto job = p_.store->load(job_id);
    if (!job) return;  // removed
    settled = std::move(*job);
  }
  Job& job = run == nullptr ? *settled : run->job;
  const std::vector<RemoteBatch> changed = take_over_progress(progress, &job);
  if (auto saved = p_.store->save_batches(changed); !saved) return fail_store(saved.error());
  if (is_settled(job)) {
    if (auto saved = p_.store->save_job(job); !saved) return fail_store(saved.error());
  }
  if (run == nullptr) return tell_settled(std::move(*settled));
  tell(*run);
  delete_remote_files(run);
}

void Engine::push(const std::string& job_id, std::size_t part, Event event) {
  pending_.push_back({job_id, part, std::move(event)});
}

void Engine::drain() {
  while (!pending_.empty()) {
    const Pending next = std::move(pending_.front());
    pending_.pop_front();
    Run* run = find(next.job_id);
    if (run == nullptr || store_failed_) continue;
    apply(run, next.part, next.event);
    if (run = find(next.job_id); run != nullptr && run->refetch != nullptr) refetch_maybe_failed(run);
  }
}

void Engine::turn(std::int64_t wait_ms) {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(inbox_mutex_);
    work.swap(inbox_);
  }
  for (const auto& item : work) item();
  const bool answered = take_answers();
  run_timers();
  drain();
  p_.transport->wait(work.empty() && !answered ? wait_ms : 0);
  drain();
}

std::int64_t Engine::idle_ms() const {
  if (timers_.empty()) return -1;
  return std::max<std::int64_t>(0, timers_.begin()->first - p_.clock->now_ms());
}

void Engine::run_timers() {
  const std::int64_t now = p_.clock->now_ms();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const Key key = timers_.begin()->second;
    timers_.erase(timers_.begin());
    if (Run* run = find(key.first)) {
      run->parts[key.second].timer_ms = -1;
      push(key.first, key.second, {EventKind::due, Op::poll, {}, {}, {}});
    }
  }
}

void Engine::set_timer(Run* run, std::size_t index) {
  Part& part = run->parts[index];
  const Key key(run->job.id, index);
  if (part.timer_ms == part.track.due_ms) return;
  if (part.timer_ms >= 0) timers_.erase({part.timer_ms, key});
  part.timer_ms = part.track.due_ms;
  if (part.timer_ms >= 0) timers_.insert({part.timer_ms, key});
}

void Engine::apply(Run* run, std::size_t index, const Event& event) {
  Part& part = run->parts[index];
  Decision decision = step(part.rules, run->job.batches[index], part.track, event, p_.clock->now_ms(),
                           p_.random->next());
  run->job.batches[index] = std::move(decision.batch);
  part.track = std::move(decision.track);
  bool told = false;
  for (const Action& action : decision.actions) {
    // Whoever hears of an event finds the state that it is about.
    if (action.kind == ActionKind::notify && !std::exchange(told, true)) tell(*run);
    if (!perform(run, index, action)) return;
  }
  set_timer(run, index);
  if (!told) tell(*run);
  if (const Search& search = part.track.search; !search.under_way || !search.before_create)
    go_on_searching(run->job.id, index);
}

void Engine::tell(const Run& run) {
  auto snapshot = std::make_shared<JobSnapshot>();
  snapshot->job = run.job;
  for (const Part& part : run.parts) snapshot->tracks.push_back(part.track);
  p_.listener->job_changed(std::move(snapshot));
}

// Of a job that was done before this process began, so that it is not run.
void Engine::tell_settled(Job job) {
  auto snapshot = std::make_shared<JobSnapshot>();
  snapshot->tracks.resize(job.batches.size());
  snapshot->job = std::move(job);
  p_.listener->job_changed(std::move(snapshot));
}

// false: the state could not be saved, and nothing that builds on it may happen.
bool Engine::perform(Run* run, std::size_t index, const Action& action) {
  RemoteBatch& batch = run->job.batches[index];
  switch (action.kind) {
    case ActionKind::save:
      if (run->refetch != nullptr) return true;
      if (!save(batch)) return false;
      keep_in_journal(run, index);
      return true;
    case ActionKind::call:
      if (run->refetch != nullptr && action.op != Op::poll) return true;
      start_call(run, index, action.op);
      return true;
    case ActionKind::probe:
      start_probe(run, index);
      return true;
    case ActionKind::fetch:
      start_fetch(run, index);
      return true;
    case ActionKind::finish:
      start_finish(run, index);
      return true;
    case ActionKind::stop:
      stop_calls(&run->parts[index]);
      return true;
    case ActionKind::notify:
      if ((action.event == BR_EVENT_BATCH_SUBMITTED || action.event == BR_EVENT_ADOPTED) &&
          run->config.boolean("audit.files")) {
        if (auto linked = p_.spool->link_audit_files(run->job, batch); !linked)
          p_.listener->job_event(BR_EVENT_WARNING, run->job, &batch, linked.error().message);
      }
      tell_event(*run, action.event, batch, action.text);
      return true;
  }
  return true;
}

bool Engine::save(const RemoteBatch& batch) {
  auto saved = p_.store->save_batches({batch});
  if (!saved) fail_store(saved.error());
  return saved.ok();
}

// The database has it already: a journal that cannot be written is no reason to stop.
void Engine::keep_in_journal(Run* run, std::size_t index) {
  const RemoteBatch& batch = run->job.batches[index];
  if (std::exchange(run->parts[index].journaled, batch.phase) == batch.phase) return;
  (void)p_.spool->add_to_journal(run->job, &batch);
}

void Engine::fail_store(const Error& error) {
  store_failed_ = true;
  for (auto& [id, run] : runs_) {
    for (Part& part : run->parts) stop_calls(&part);
  }
  timers_.clear();
  p_.listener->store_failed(error);
}

}  // namespace br
