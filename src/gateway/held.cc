#include "gateway/held.h"

#include <utility>

namespace br::gateway {

void Held::take_ended() {
  ++ended_;
  std::erase_if(early_, [this](const auto& entry) { return entry.second.began <= ended_; });
}

void Held::add(int64_t id, std::weak_ptr<Waiter> waiter) {
  waiters_[id] = std::move(waiter);
  const auto early = early_.find(id);
  if (early == early_.end()) return;
  Answer answer = std::move(early->second.answer);
  early_.erase(early);
  answered(std::move(answer));
}

void Held::answered(Answer answer) {
  const int64_t id = br_answer_id(answer.get());
  const auto found = waiters_.find(id);
  if (found == waiters_.end()) {
    if (began_ > ended_) early_[id] = {std::move(answer), began_};
    return;
  }
  const auto waiter = found->second.lock();
  waiters_.erase(found);
  if (waiter) waiter->on_answer(std::move(answer));
}

}  // namespace br::gateway
