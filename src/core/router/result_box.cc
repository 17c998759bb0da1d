#include "core/router/result_box.h"

#include <utility>

namespace br {

ResultBox::Look ResultBox::look(std::size_t capacity, std::vector<Delivered>* out) {
  Look look;
  const std::size_t before = out->size();
  const MutexLock lock(&mutex_);
  if (is_closed_) return look;
  while (out->size() < capacity) {
    if (!returned_.empty()) {
      out->push_back(std::move(returned_.front()));
      returned_.pop_front();
      continue;
    }
    Delivered item;
    auto more = delivery_.next(&item);
    if (!more) {
      // What was taken before the damage is handed out first; the next call meets it again.
      look.is_full = out->size() > before;
      if (!look.is_full) look.error = std::move(more.error());
      return look;
    }
    if (!*more) {
      look.has_ended = delivery_.ended();
      return look;
    }
    out->push_back(std::move(item));
    ++look.fresh;
  }
  look.is_full = true;
  return look;
}

bool ResultBox::acknowledge(const Delivered* first, const Delivered* last) {
  const MutexLock lock(&mutex_);
  for (; first != last; ++first) delivery_.acknowledge(first->part, first->row, first->refetches);
  return returned_.empty() && delivery_.all_acknowledged();
}

void ResultBox::acknowledge_all() {
  const MutexLock lock(&mutex_);
  delivery_.acknowledge_all(returned_);
}

bool ResultBox::give_back(Delivered result, bool also_acknowledged) {
  const MutexLock lock(&mutex_);
  if (is_closed_) return false;  // it comes again by itself
  if (!also_acknowledged && !delivery_.is_open(result.part, result.row, result.refetches)) return false;
  returned_.push_back(std::move(result));
  return true;
}

std::int64_t ResultBox::handed() {
  const MutexLock lock(&mutex_);
  return delivery_.handed();
}

bool ResultBox::consume_first_handed() {
  const MutexLock lock(&mutex_);
  return delivery_.consume_first_handed();
}

bool ResultBox::consume_progress(std::vector<PartProgress>* progress) {
  const MutexLock lock(&mutex_);
  return !is_closed_ && delivery_.consume_progress(progress);
}

std::vector<PartProgress> ResultBox::close() {
  const MutexLock lock(&mutex_);
  is_closed_ = true;
  return delivery_.progress();
}

}  // namespace br
