#include "capture/call_table.h"

#include <algorithm>
#include <utility>

namespace br {

OpenCall* CallTable::find_for(std::string_view identity, std::string_view idempotency_key) {
  const auto found = by_identity_.find(std::string(identity));
  if (found == by_identity_.end()) return nullptr;
  const Same& same = found->second;
  if (const auto key = same.by_key.find(idempotency_key); !idempotency_key.empty() && key != same.by_key.end())
    return find(key->second);
  return same.orphans.empty() ? nullptr : find(*same.orphans.begin());
}

AskedSince* CallTable::asked_since(std::string_view identity) {
  const auto found = by_identity_.find(std::string(identity));
  return found == by_identity_.end() || found->second.waiters == 0 ? nullptr : &found->second.asked;
}

// Whether it is an orphan or delivered.
void CallTable::sort_in(const OpenCall& open, Same* same) {
  const std::int64_t id = open.call.id;
  same->orphans.erase(id);
  if (open.call.state != CallState::delivered) {
    if (open.waiters.empty()) same->orphans.insert(id);
    return;
  }
  same->delivered.insert(id);
  std::erase_if(same->by_key, [id](const auto& entry) { return entry.second == id; });
}

OpenCall& CallTable::add(CapturedCall call) {
  const std::int64_t id = call.id;
  Same& same = by_identity_[call.identity];
  ++same.calls;
  OpenCall& open = calls_.try_emplace(id, OpenCall{std::move(call), {}}).first->second;
  sort_in(open, &same);
  return open;
}

OpenCall* CallTable::find(std::int64_t id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second;
}

OpenCall* CallTable::update(const CapturedCall& call) {
  OpenCall* const open = find(call.id);
  if (open == nullptr) return nullptr;
  open->call = call;
  sort_in(*open, &by_identity_[call.identity]);
  return open;
}

void CallTable::join(OpenCall* call, Waiter waiter, std::int64_t now_ms) {
  Same& same = by_identity_[call->call.identity];
  if (same.waiters++ == 0) same.asked = {now_ms, {}};
  if (!waiter.idempotency_key.empty()) same.by_key[waiter.idempotency_key] = call->call.id;
  tickets_[waiter.ticket] = call->call.id;
  call->waiters.push_back(std::move(waiter));
  sort_in(*call, &same);
}

std::vector<CapturedCall> CallTable::delivered(std::string_view identity) const {
  std::vector<CapturedCall> calls;
  const auto found = by_identity_.find(std::string(identity));
  if (found == by_identity_.end()) return calls;
  for (const std::int64_t id : found->second.delivered) {
    if (calls_.at(id).call.succeeded()) calls.push_back(calls_.at(id).call);
  }
  return calls;
}

OpenCall* CallTable::of_ticket(std::int64_t ticket) {
  const auto found = tickets_.find(ticket);
  return found == tickets_.end() ? nullptr : find(found->second);
}

OpenCall* CallTable::leave(std::int64_t ticket) {
  OpenCall* const call = of_ticket(ticket);
  if (call != nullptr) end_of(call->call.id, ticket);
  return call;
}

void CallTable::end_of(std::int64_t call, std::int64_t ticket) {
  tickets_.erase(ticket);
  if (OpenCall* const open = find(call); open != nullptr) remove_waiter(open, ticket);
}

void CallTable::remove_waiter(OpenCall* call, std::int64_t ticket) {
  const auto waiter = std::find_if(call->waiters.begin(), call->waiters.end(),
                                   [ticket](const Waiter& each) { return each.ticket == ticket; });
  if (waiter == call->waiters.end()) return;
  const std::string key = waiter->idempotency_key;
  call->waiters.erase(waiter);
  Same& same = by_identity_[call->call.identity];
  --same.waiters;
  const bool key_is_left = std::any_of(call->waiters.begin(), call->waiters.end(),
                                       [&key](const Waiter& each) { return each.idempotency_key == key; });
  if (const auto of_key = same.by_key.find(key); !key_is_left && of_key != same.by_key.end() &&
                                                 of_key->second == call->call.id)
    same.by_key.erase(of_key);
  sort_in(*call, &same);
}

void CallTable::remove(std::int64_t id) {
  OpenCall* const open = find(id);
  if (open == nullptr) return;
  while (!open->waiters.empty()) end_of(id, open->waiters.back().ticket);
  const auto same = by_identity_.find(open->call.identity);
  same->second.orphans.erase(id);
  same->second.delivered.erase(id);
  if (--same->second.calls == 0) by_identity_.erase(same);
  calls_.erase(id);
}

std::vector<CapturedCall> CallTable::waiting_in(std::int64_t batch) const {
  std::vector<CapturedCall> calls;
  for (const auto& [id, open] : calls_) {
    if (open.call.line.batch == batch && open.call.state == CallState::waiting) calls.push_back(open.call);
  }
  return calls;
}

}  // namespace br
