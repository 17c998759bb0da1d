#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "gateway/call.h"

namespace br::gateway {

// Whoever waits for the answer to a call.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void on_answer(Answer answer) = 0;
};

// Which connection waits for which call. The loop's thread only.
class Held {
 public:
  // Between the two a call is on its way into the library, and its answer may be there before its id is.
  void take_began() { ++began_; }
  void take_ended();

  void add(int64_t id, std::weak_ptr<Waiter> waiter);
  void remove(int64_t id) { waiters_.erase(id); }
  // An answer that nobody waits for is given back: the next call of its identity gets it.
  void answered(Answer answer);
  size_t size() const { return waiters_.size(); }

 private:
  std::unordered_map<int64_t, std::weak_ptr<Waiter>> waiters_;
  struct Early {
    Answer answer;
    uint64_t began = 0;  // it belongs to one of the first so many takes, or to nobody
  };
  std::unordered_map<int64_t, Early> early_;
  uint64_t began_ = 0, ended_ = 0;  // takes, which end in the order in which they began
};

}  // namespace br::gateway
