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
  Result<void> taken;
  for (const Arrival* arrival : arrivals) {
    if (taken = decide(*arrival, &decided); !taken) break;
  }
  if (taken) taken = p_.writer->commit(std::move(decided.calls));
  queued_ = p_.writer->queued();
  if (!taken) {
    give_up(decided);
    return taken;
  }
  enter(std::move(decided));
  p_.open->taken += static_cast<std::int64_t>(arrivals.size());
  return {};
}

Result<void> Intake::decide(const Arrival& arrival, Decided* decided) {
  if (!p_.settings->dry_run) {
    learn_key(arrival.asked);
    if (join_fresh(arrival, decided) || join_open(arrival, decided)) return {};
  }
  auto answered = answer_from_cache(arrival, decided);
  BR_RETURN_IF_ERROR(answered);
  if (*answered) return {};
  if (p_.settings->dry_run) {
    decided->ready.push_back(p_.dry_run->answer(arrival.asked, arrival.waiter));
    return {};
  }
  auto call = p_.writer->add(arrival.asked, decided->now_ms, &decided->calls);
  if (!call) {
    refuse(arrival, call.error(), decided);
    return {};
  }
  if (arrival.call->cache == CacheUse::once) decided->once.push_back(call->id);
  decided->fresh.push_back({std::move(*call), {arrival.waiter}});
  decided->fresh_identities.insert(arrival.asked.identity);
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
  if (key.empty() || !decided->fresh_identities.contains(arrival.asked.identity)) return false;
  for (Fresh& each : decided->fresh) {
    if (each.call.identity != arrival.asked.identity || each.waiters.front().idempotency_key != key) continue;
    each.waiters.push_back(arrival.waiter);
    return true;
  }
  return false;
}

// true: it takes part in a call that is here.
bool Intake::join_open(const Arrival& arrival, Decided* decided) {
  const MutexLock lock(&p_.open->mutex);
  CallTable& table = p_.open->table;
  OpenCall* const call = table.find_for(arrival.asked.identity, arrival.asked.idempotency_key);
  if (call == nullptr) return false;
  table.join(call, arrival.waiter, decided->now_ms);
  decided->joined.push_back(arrival.waiter.ticket);
  if (arrival.call->cache == CacheUse::once) decided->once.push_back(call->call.id);
  if (call->call.state == CallState::answered)
    decided->ready.push_back(answer_of(arrival.asked, arrival.waiter, call->call));
  return true;
}

Result<std::deque<CapturedCall>*> Intake::answers_to(const Arrival& arrival, Decided* decided) {
  const std::string& identity = arrival.asked.identity;
  if (const auto known = decided->answers.find(identity); known != decided->answers.end()) return &known->second;
  auto stored = p_.store->answers(identity, decided->now_ms - p_.settings->retention_ms);
  BR_RETURN_IF_ERROR(stored);
  std::deque<CapturedCall>& answers = decided->answers[identity];
  answers.assign(std::make_move_iterator(stored->begin()), std::make_move_iterator(stored->end()));
  // Those whose delivery is not on disk yet.
  const MutexLock lock(&p_.open->mutex);
  for (CapturedCall& call : p_.open->table.delivered(identity)) answers.push_back(std::move(call));
  return &answers;
}

// While others of the identity are asked, only answers that were there before serve, each for one caller: who asks at the
// same time asks for an answer of its own. A client that lost its answer on the way gets the newest one in any case.
std::optional<CapturedCall> Intake::choose(const Arrival& arrival, std::deque<CapturedCall>* answers,
                                           const Decided& decided) {
  const CacheUse use = arrival.call->cache;
  const bool asked_now = decided.fresh_identities.contains(arrival.asked.identity);
  const MutexLock lock(&p_.open->mutex);
  AskedSince* const since = p_.open->table.asked_since(arrival.asked.identity);
  const std::set<std::int64_t>* const used_once = &used_once_;  // the lock is held, which a lambda does not tell
  const auto serves = [&](const CapturedCall& call) {
    if (use == CacheUse::off) return false;
    if (since != nullptr && (call.delivered_ms >= since->ms || since->served.contains(call.id))) return false;
    const bool once = use == CacheUse::once;
    if ((asked_now || since != nullptr || once) && decided.used.contains(call.id)) return false;
    return !once || !used_once->contains(call.id);
  };
  auto found = std::find_if(answers->begin(), answers->end(), serves);
  if (found == answers->end() && arrival.call->repeated) {
    found = std::max_element(answers->begin(), answers->end(), [](const CapturedCall& a, const CapturedCall& b) {
      return a.delivered_ms < b.delivered_ms;
    });
    if (found != answers->end() && decided.now_ms - found->delivered_ms > p_.settings->replay_ms) found = answers->end();
  }
  if (found == answers->end()) return std::nullopt;
  if (since != nullptr) since->served.insert(found->id);
  CapturedCall chosen = std::move(*found);
  answers->erase(found);
  chosen.used_ms = decided.now_ms;
  answers->push_back(chosen);
  return chosen;
}

Result<bool> Intake::answer_from_cache(const Arrival& arrival, Decided* decided) {
  if (arrival.call->cache == CacheUse::off && !arrival.call->repeated) return false;
  auto answers = answers_to(arrival, decided);
  BR_RETURN_IF_ERROR(answers);
  auto chosen = choose(arrival, *answers, *decided);
  if (!chosen) return false;
  decided->used.insert(chosen->id);
  if (!p_.settings->dry_run) decided->calls.changes.calls.push_back(*chosen);
  if (arrival.call->cache == CacheUse::once) decided->once.push_back(chosen->id);
  ReadyAnswer answer = answer_of(arrival.asked, arrival.waiter, std::move(*chosen));
  answer.cached = true;
  decided->ready.push_back(std::move(answer));
  return true;
}

void Intake::refuse(const Arrival& arrival, const Error& error, Decided* decided) {
  ReadyAnswer answer = answer_of(arrival.asked, arrival.waiter, {});
  answer.own = json_answer(kStatusTooLarge, error_body(answer.form, kStatusTooLarge, "", "", error.message));
  decided->ready.push_back(std::move(answer));
}

void Intake::enter(Decided decided) {
  used_once_.insert(decided.once.begin(), decided.once.end());
  {
    const MutexLock lock(&p_.open->mutex);
    for (Fresh& each : decided.fresh) {
      OpenCall& call = p_.open->table.add(std::move(each.call));
      for (Waiter& waiter : each.waiters) p_.open->table.join(&call, std::move(waiter), decided.now_ms);
    }
  }
  for (ReadyAnswer& answer : decided.ready) {
    if (answer.cached) {
      ++p_.open->cache_hits;
      p_.events->note(BR_EVENT_CACHE_HIT_ROUTED, "a call was answered by an earlier answer");
    }
    p_.answers->push(std::move(answer));
  }
  p_.monitor->changed();  // a window may have begun
}

// Nobody of the group was taken.
void Intake::give_up(const Decided& decided) {
  const MutexLock lock(&p_.open->mutex);
  for (const std::int64_t ticket : decided.joined) (void)p_.open->table.leave(ticket);
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

std::vector<CallBatch> Intake::collecting() {
  const MutexLock leading(&leading_);
  return p_.writer->collecting();
}

std::int64_t Intake::next_due_ms() {
  const MutexLock leading(&leading_);
  return p_.writer->next_due_ms();
}

}  // namespace br
