// CallTable: the calls that nobody has a whole answer to, and who waits for each. It decides whether a new call is one of
// them: who is cut off and asks again gets the answer that is on its way, and N who ask the same at once ask N times.
// Values and rules, no I/O, no lock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capture/classify.h"
#include "model/captured_call.h"

namespace br {

// One caller's place at a call.
struct Waiter {
  std::int64_t ticket = 0;  // names the waiting caller in this process
  StreamKind stream = StreamKind::none;
  bool include_usage = false;
  std::string idempotency_key;  // empty: none
  std::shared_ptr<const AnswerFn> answer = {};  // nullptr: the answer is pulled
};

struct OpenCall {
  CapturedCall call;            // changed through CallTable::update alone
  std::vector<Waiter> waiters;  // nobody: an orphan, unless it is delivered
};

// Since when somebody waits for calls of one identity, without a break, and which earlier answers served others of them
// meanwhile: whoever comes in that time asks at the same time as they do.
struct AskedSince {
  std::int64_t ms = 0;
  std::set<std::int64_t> served;  // calls
};

class CallTable {
 public:
  // The call that the caller takes part in; nullptr: the call is a new one.
  // A connection with the idempotency key of one that is open joins it; else the oldest orphan of the identity is
  // adopted.
  OpenCall* find_for(std::string_view identity, std::string_view idempotency_key);
  // nullptr: nobody waits for a call of that identity.
  AskedSince* asked_since(std::string_view identity);

  OpenCall& add(CapturedCall call);
  OpenCall* find(std::int64_t id);
  // What is known of a call now. nullptr: it is not here any more.
  OpenCall* update(const CapturedCall& call);
  void join(OpenCall* call, Waiter waiter, std::int64_t now_ms);
  // Answers that were delivered, which the store does not know yet.
  std::vector<CapturedCall> delivered(std::string_view identity) const;
  // The caller is gone. nullptr: there is no such ticket, or its answer was handed out.
  OpenCall* leave(std::int64_t ticket);
  // Its answer is handed out: it waits no more, and is not gone before it says so.
  void hand_out(std::int64_t ticket) { tickets_.erase(ticket); }
  // It has the answer, or gave it back.
  void end_of(std::int64_t call, std::int64_t ticket);
  OpenCall* of_ticket(std::int64_t ticket);
  // With everybody who waits for it.
  void remove(std::int64_t id);
  // Calls without an answer whose line is in that batch, in the order of their numbers.
  std::vector<CapturedCall> waiting_in(std::int64_t batch) const;

  std::size_t size() const { return calls_.size(); }
  std::size_t waiters() const { return tickets_.size(); }

 private:
  // The calls of one identity, by their numbers: the oldest first.
  struct Same {
    std::set<std::int64_t> orphans, delivered;
    std::map<std::string, std::int64_t, std::less<>> by_key;  // idempotency key → the call that its callers wait for
    std::size_t calls = 0, waiters = 0;
    AskedSince asked;
  };
  void sort_in(const OpenCall& open, Same* same);
  void remove_waiter(OpenCall* call, std::int64_t ticket);

  std::map<std::int64_t, OpenCall> calls_;
  std::unordered_map<std::string, Same> by_identity_;
  std::unordered_map<std::int64_t, std::int64_t> tickets_;  // ticket → call
};

}  // namespace br
