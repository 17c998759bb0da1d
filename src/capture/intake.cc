#include "capture/intake.h"

#include <algorithm>
#include <utility>

#include "batchrouter.h"
#include "capture/answers.h"

namespace br {
namespace {

ReadyAnswer answer_of(const Classified& asked, Waiter waiter, CapturedCall call) {
  ReadyAnswer answer;
  answer.waiter = std::move(waiter);
  answer.form = asked.provider->dialect().capture_rules()->form;
  answer.provider = asked.queue.provider;
  answer.endpoint = asked.queue.endpoint;
  answer.call = std::move(call);
  return answer;
}

HttpAnswer json_answer(int status, std::string body) {
  return {status, {{"content-type", "application/json"}}, std::move(body)};
}

}  // namespace

std::optional<Intake::Arrival> Intake::arrive(const HttpCall& call) {
  auto asked = p_.classifier->classify(call);
  if (!asked) return std::nullopt;
  Arrival arrival;
  arrival.call = &call;
  arrival.waiter = {++p_.open->last_ticket, asked->stream, asked->include_usage, asked->idempotency_key, call.answer};
  arrival.asked = std::move(*asked);
  return arrival;
}

Result<std::vector<std::int64_t>> Intake::take(const std::vector<HttpCall>& calls) {
  std::vector<std::optional<Arrival>> arrivals;
  arrivals.reserve(calls.size());
  for (const HttpCall& call : calls) arrivals.push_back(arrive(call));
  Group group;
  std::vector<std::int64_t> tickets;
  for (auto& arrival : arrivals) {
    tickets.push_back(arrival ? arrival->waiter.ticket : 0);
    if (arrival) group.arrivals.push_back(&*arrival);
  }
  if (group.arrivals.empty()) return tickets;
  {
    const MutexLock lock(&arriving_);
    waiting_.push_back(&group);
  }
  {
    // Whoever holds it writes for all that wait; when it comes here, the work may be done.
    const MutexLock leading(&leading_);
    if (!group.done) lead();
  }
  if (group.error) return std::move(*group.error);
  return tickets;
}

void Intake::lead() {
  std::vector<Group*> groups;
  {
    const MutexLock lock(&arriving_);
    groups.swap(waiting_);
  }
  std::vector<Arrival*> arrivals;
  for (const Group* group : groups) arrivals.insert(arrivals.end(), group->arrivals.begin(), group->arrivals.end());
  const auto taken = take_in(arrivals);
  for (Group* group : groups) {
    if (!taken) group->error = taken.error();
    group->done = true;
  }
}

Result<void> Intake::take_in(const std::vector<Arrival*>& arrivals) {
  Decided decided;
  decided.calls = p_.writer->begin();
  decided.now_ms = p_.clock->now_ms();
  for (const Arrival* arrival : arrivals) BR_RETURN_IF_ERROR(decide(*arrival, &decided));
  BR_RETURN_IF_ERROR(p_.writer->commit(std::move(decided.calls)));
  enter(std::move(decided));
  queued_ = p_.writer->queued();
  p_.open->taken += static_cast<std::int64_t>(arrivals.size());
  return {};
}

Result<void> Intake::decide(const Arrival& arrival, Decided* decided) {
  if (!p_.settings->dry_run) {
    learn_key(arrival.asked);
    if (join_fresh(arrival, decided) || join_open(arrival, decided->now_ms)) return {};
  }
  auto answered = answer_from_cache(arrival, decided);
  BR_RETURN_IF_ERROR(answered);
  if (*answered) return {};
  if (p_.settings->dry_run) {
    p_.answers->push(p_.dry_run->answer(arrival.asked, arrival.waiter));
    return {};
  }
  auto call = p_.writer->add(arrival.asked, decided->now_ms, &decided->calls);
  if (!call) {
    refuse(arrival, call.error());
    return {};
  }
  if (arrival.call->cache == CacheUse::once) used_once_.insert(call->id);
  decided->asked.insert(arrival.asked.identity);
  decided->fresh.push_back({std::move(*call), {arrival.waiter}});
  return {};
}

// Also of a call that an earlier process took: its batch may wait for the key.
void Intake::learn_key(const Classified& asked) {
  KeyRing* const keys = p_.config->key_ring();
  if (asked.secrets.empty() || keys == nullptr) return;
  if (!keys->add(asked.queue.provider, asked.queue.slot, asked.secrets)) return;
  p_.open->has_new_key = true;
  p_.monitor->changed();
}

// true: it shares a call of the same group, by its idempotency key.
bool Intake::join_fresh(const Arrival& arrival, Decided* decided) {
  const std::string& key = arrival.asked.idempotency_key;
  if (key.empty()) return false;
  for (Fresh& each : decided->fresh) {
    if (each.call.identity != arrival.asked.identity || each.waiters.front().idempotency_key != key) continue;
    each.waiters.push_back(arrival.waiter);
    return true;
  }
  return false;
}

// true: it takes part in a call that is here.
bool Intake::join_open(const Arrival& arrival, std::int64_t now_ms) {
  std::optional<ReadyAnswer> ready;
  {
    const MutexLock lock(&p_.open->mutex);
    CallTable& table = p_.open->table;
    OpenCall* const call = table.find_for(arrival.asked.identity, arrival.asked.idempotency_key);
    if (call == nullptr) return false;
    table.join(call, arrival.waiter, now_ms);
    if (arrival.call->cache == CacheUse::once) used_once_.insert(call->call.id);
    if (call->call.state == CallState::answered) ready = answer_of(arrival.asked, arrival.waiter, call->call);
  }
  if (ready) p_.answers->push(std::move(*ready));
  return true;
}

// The answers that may serve, the one that was used longest ago first. While others of the identity are asked, only those
// that were there before, each for one caller: who asks at the same time asks for an answer of its own.
std::vector<CapturedCall> Intake::usable(const Arrival& arrival, std::vector<CapturedCall> answers,
                                         const Decided& decided) {
  const bool asked_now = decided.asked.contains(arrival.asked.identity);
  {
    const MutexLock lock(&p_.open->mutex);
    CallTable& table = p_.open->table;
    // Those whose delivery is not on disk yet.
    for (CapturedCall& call : table.delivered(arrival.asked.identity)) answers.push_back(std::move(call));
    if (const AskedSince* since = table.asked_since(arrival.asked.identity); since != nullptr)
      std::erase_if(answers, [since](const CapturedCall& call) {
        return call.delivered_ms >= since->ms || since->served.contains(call.id);
      });
  }
  if (asked_now) std::erase_if(answers, [&](const CapturedCall& call) { return decided.used.contains(call.id); });
  if (arrival.call->cache == CacheUse::once)
    std::erase_if(answers, [this](const CapturedCall& call) { return used_once_.contains(call.id); });
  std::stable_partition(answers.begin(), answers.end(),
                        [&](const CapturedCall& call) { return !decided.used.contains(call.id); });
  return answers;
}

Result<bool> Intake::answer_from_cache(const Arrival& arrival, Decided* decided) {
  const bool repeated = arrival.call->repeated;
  if (arrival.call->cache == CacheUse::off && !repeated) return false;
  const std::int64_t now_ms = decided->now_ms;
  auto stored = p_.store->answers(arrival.asked.identity, now_ms - p_.settings->retention_ms);
  BR_RETURN_IF_ERROR(stored);
  std::vector<CapturedCall> answers = arrival.call->cache == CacheUse::off
                                          ? std::vector<CapturedCall>()
                                          : usable(arrival, *stored, *decided);
  if (answers.empty() && repeated) answers = recent(std::move(*stored), arrival.asked.identity, now_ms);
  if (answers.empty()) return false;
  CapturedCall used = std::move(answers.front());
  used.used_ms = now_ms;
  decided->used.insert(used.id);
  if (!p_.settings->dry_run) decided->calls.changes.calls.push_back(used);
  if (arrival.call->cache == CacheUse::once) used_once_.insert(used.id);
  {
    const MutexLock lock(&p_.open->mutex);
    if (AskedSince* since = p_.open->table.asked_since(arrival.asked.identity); since != nullptr)
      since->served.insert(used.id);
  }
  ++p_.open->cache_hits;
  p_.events->note(BR_EVENT_CACHE_HIT_ROUTED, "a call was answered by an earlier answer");
  ReadyAnswer answer = answer_of(arrival.asked, arrival.waiter, std::move(used));
  answer.cached = true;
  p_.answers->push(std::move(answer));
  return true;
}

// The newest answer, for a client that lost it on the way.
std::vector<CapturedCall> Intake::recent(std::vector<CapturedCall> answers, std::string_view identity,
                                         std::int64_t now_ms) {
  {
    const MutexLock lock(&p_.open->mutex);
    for (CapturedCall& call : p_.open->table.delivered(identity)) answers.push_back(std::move(call));
  }
  std::erase_if(answers, [&](const CapturedCall& call) { return now_ms - call.delivered_ms > p_.settings->replay_ms; });
  std::stable_sort(answers.begin(), answers.end(),
                   [](const CapturedCall& a, const CapturedCall& b) { return a.delivered_ms > b.delivered_ms; });
  return answers;
}

void Intake::refuse(const Arrival& arrival, const Error& error) {
  ReadyAnswer answer = answer_of(arrival.asked, arrival.waiter, {});
  answer.own = json_answer(kStatusTooLarge, error_body(answer.form, kStatusTooLarge, "", "", error.message));
  p_.answers->push(std::move(answer));
}

void Intake::enter(Decided decided) {
  if (decided.fresh.empty()) return;
  {
    const MutexLock lock(&p_.open->mutex);
    for (Fresh& each : decided.fresh) {
      OpenCall& call = p_.open->table.add(std::move(each.call));
      for (Waiter& waiter : each.waiters) p_.open->table.join(&call, std::move(waiter), decided.now_ms);
    }
  }
  p_.monitor->changed();  // a window may have begun
}

Result<std::vector<CallBatch>> Intake::seal(CallWriter::Which which) {
  const MutexLock leading(&leading_);
  auto sealed = p_.writer->seal(which, p_.clock->now_ms());
  queued_ = p_.writer->queued();
  return sealed;
}

Result<CallBatch> Intake::put_again(const CallBatch& from, const std::vector<CapturedCall>& calls,
                                    std::vector<CapturedCall>* moved) {
  const MutexLock leading(&leading_);
  return p_.writer->put_again(from, calls, p_.clock->now_ms(), moved);
}

std::int64_t Intake::next_due_ms() {
  const MutexLock leading(&leading_);
  return p_.writer->next_due_ms();
}

}  // namespace br
