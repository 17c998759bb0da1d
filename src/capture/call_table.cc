#include "capture/call_table.h"

#include <algorithm>
#include <utility>

namespace br {

OpenCall* CallTable::find_for(std::string_view identity, std::string_view idempotency_key) {
  const auto same = by_identity_.find(std::string(identity));
  if (same == by_identity_.end()) return nullptr;
  OpenCall* orphan = nullptr;
  for (const std::int64_t id : same->second) {
    OpenCall* const call = find(id);
    const bool is_open = call->call.state != CallState::delivered;
    const bool joins = is_open && !idempotency_key.empty() &&
                       std::any_of(call->waiters.begin(), call->waiters.end(),
                                   [&](const Waiter& waiter) { return waiter.idempotency_key == idempotency_key; });
    if (joins) return call;
    if (orphan == nullptr && is_open && call->waiters.empty()) orphan = call;
  }
  return orphan;
}

AskedSince* CallTable::asked_since(std::string_view identity) {
  const auto found = asked_.find(std::string(identity));
  return found == asked_.end() ? nullptr : &found->second;
}

std::vector<CapturedCall> CallTable::delivered(std::string_view identity) const {
  std::vector<CapturedCall> calls;
  const auto same = by_identity_.find(std::string(identity));
  if (same == by_identity_.end()) return calls;
  for (const std::int64_t id : same->second) {
    const CapturedCall& call = calls_.at(id).call;
    if (call.state == CallState::delivered && call.succeeded()) calls.push_back(call);
  }
  return calls;
}

OpenCall& CallTable::add(CapturedCall call) {
  const std::int64_t id = call.id;
  std::vector<std::int64_t>& same = by_identity_[call.identity];
  same.insert(std::upper_bound(same.begin(), same.end(), id), id);
  return calls_.try_emplace(id, OpenCall{std::move(call), {}}).first->second;
}

OpenCall* CallTable::find(std::int64_t id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second;
}

void CallTable::join(OpenCall* call, Waiter waiter, std::int64_t now_ms) {
  asked_.try_emplace(call->call.identity, AskedSince{now_ms, {}});
  tickets_[waiter.ticket] = call->call.id;
  call->waiters.push_back(std::move(waiter));
}

void CallTable::remove_waiter(OpenCall* call, std::int64_t ticket) {
  std::erase_if(call->waiters, [ticket](const Waiter& waiter) { return waiter.ticket == ticket; });
  if (!call->waiters.empty()) return;
  const auto& same = by_identity_[call->call.identity];
  const bool asked = std::any_of(same.begin(), same.end(), [this](std::int64_t id) { return !calls_.at(id).waiters.empty(); });
  if (!asked) asked_.erase(call->call.identity);
}

void CallTable::end_of(std::int64_t call, std::int64_t ticket) {
  tickets_.erase(ticket);
  if (OpenCall* const open = find(call); open != nullptr) remove_waiter(open, ticket);
}

OpenCall* CallTable::of_ticket(std::int64_t ticket) {
  const auto found = tickets_.find(ticket);
  return found == tickets_.end() ? nullptr : find(found->second);
}

OpenCall* CallTable::leave(std::int64_t ticket) {
  OpenCall* const call = of_ticket(ticket);
  if (call == nullptr) return nullptr;
  tickets_.erase(ticket);
  remove_waiter(call, ticket);
  return call;
}

std::vector<CapturedCall> CallTable::waiting_in(std::int64_t batch) const {
  std::vector<CapturedCall> calls;
  for (const auto& [id, open] : calls_) {
    if (open.call.line.batch == batch && open.call.state == CallState::waiting) calls.push_back(open.call);
  }
  return calls;
}

void CallTable::remove(std::int64_t id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  for (const Waiter& waiter : std::vector<Waiter>(found->second.waiters)) end_of(id, waiter.ticket);
  const auto same = by_identity_.find(found->second.call.identity);
  std::erase(same->second, id);
  if (same->second.empty()) by_identity_.erase(same);
  calls_.erase(found);
}

}  // namespace br
