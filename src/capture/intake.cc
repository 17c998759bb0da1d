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
  NewCalls calls = p_.writer->begin();
  std::vector<Fresh> fresh;
  std::set<std::string_view> asked_now;  // identities of this group that are new calls
  const std::int64_t now_ms = p_.clock->now_ms();
  for (const Arrival* arrival : arrivals) {
    if (p_.settings->dry_run) {
      auto answered = answer_from_cache(*arrival, nullptr);
      BR_RETURN_IF_ERROR(answered);
      if (!*answered) p_.answers->push(p_.dry_run->answer(arrival->asked, arrival->waiter));
      continue;
    }
    learn_key(arrival->asked);
    bool asked = asked_now.contains(arrival->asked.identity);
    if (!asked && join_open(*arrival, &asked)) continue;
    if (!asked) {
      auto answered = answer_from_cache(*arrival, &calls);
      BR_RETURN_IF_ERROR(answered);
      if (*answered) continue;
    }
    auto call = p_.writer->add(arrival->asked, now_ms, &calls);
    if (!call) {
      refuse(*arrival, call.error());
      continue;
    }
    asked_now.insert(arrival->asked.identity);
    fresh.push_back({std::move(*call), arrival->waiter});
  }
  BR_RETURN_IF_ERROR(p_.writer->commit(std::move(calls)));
  if (!fresh.empty()) enter(std::move(fresh));
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

// true: it takes part in a call that is here. asked: somebody waits for one of that identity.
bool Intake::join_open(const Arrival& arrival, bool* asked) {
  std::optional<ReadyAnswer> ready;
  {
    const MutexLock lock(&p_.open->mutex);
    CallTable& table = p_.open->table;
    OpenCall* const call = table.find_for(arrival.asked.identity, arrival.asked.idempotency_key);
    *asked = table.is_asked(arrival.asked.identity);
    if (call == nullptr) return false;
    table.join(call, arrival.waiter);
    if (call->call.state == CallState::answered) ready = answer_of(arrival.asked, arrival.waiter, call->call);
  }
  if (ready) p_.answers->push(std::move(*ready));
  return true;
}

// The answer that serves, by the rules of the cache and of repetitions.
const CapturedCall* Intake::usable(const Arrival& arrival, const std::vector<CapturedCall>& answers) {
  const CacheUse use = arrival.call->cache;
  if (use == CacheUse::hit && !answers.empty()) return &answers.front();
  if (use == CacheUse::once) {
    const auto unused = std::find_if(answers.begin(), answers.end(),
                                     [this](const CapturedCall& call) { return !used_once_.contains(call.id); });
    if (unused != answers.end()) return &*unused;
  }
  if (!arrival.call->repeated || answers.empty()) return nullptr;
  const auto latest = std::max_element(answers.begin(), answers.end(),
                                       [](const auto& a, const auto& b) { return a.delivered_ms < b.delivered_ms; });
  const bool recent = p_.clock->now_ms() - latest->delivered_ms <= p_.settings->replay_ms;
  return recent ? &*latest : nullptr;
}

Result<bool> Intake::answer_from_cache(const Arrival& arrival, NewCalls* calls) {
  if (arrival.call->cache == CacheUse::off && !arrival.call->repeated) return false;
  const std::int64_t now_ms = p_.clock->now_ms();
  auto answers = p_.store->answers(arrival.asked.identity, now_ms - p_.settings->retention_ms);
  BR_RETURN_IF_ERROR(answers);
  {
    // Those whose delivery is not on disk yet.
    const MutexLock lock(&p_.open->mutex);
    for (CapturedCall& call : p_.open->table.delivered(arrival.asked.identity)) answers->push_back(std::move(call));
  }
  const CapturedCall* const found = usable(arrival, *answers);
  if (found == nullptr) return false;
  CapturedCall used = *found;
  used.used_ms = now_ms;
  if (calls != nullptr) calls->changes.calls.push_back(used);
  if (arrival.call->cache == CacheUse::once) used_once_.insert(used.id);
  ++p_.open->cache_hits;
  p_.events->note(BR_EVENT_CACHE_HIT_ROUTED, "a call was answered by an earlier answer");
  ReadyAnswer answer = answer_of(arrival.asked, arrival.waiter, std::move(used));
  answer.cached = true;
  p_.answers->push(std::move(answer));
  return true;
}

void Intake::refuse(const Arrival& arrival, const Error& error) {
  ReadyAnswer answer = answer_of(arrival.asked, arrival.waiter, {});
  answer.own = json_answer(kStatusTooLarge, error_body(answer.form, kStatusTooLarge, "", "", error.message));
  p_.answers->push(std::move(answer));
}

void Intake::enter(std::vector<Fresh> fresh) {
  for (Fresh& each : fresh) {
    const MutexLock lock(&p_.open->mutex);
    OpenCall& call = p_.open->table.add(std::move(each.call));
    p_.open->table.join(&call, std::move(each.waiter));
  }
  p_.monitor->changed();  // a window may have begun
}

Result<std::vector<CallBatch>> Intake::seal(CallWriter::Which which) {
  const MutexLock leading(&leading_);
  return p_.writer->seal(which, p_.clock->now_ms());
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

std::int64_t Intake::queued() {
  const MutexLock leading(&leading_);
  return p_.writer->queued();
}

}  // namespace br
