// Timeline: the one time of a simulated world, and what happens in it by itself: a vendor that ends a batch, an answer
// that arrives.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "sys/clock.h"
#include "world/life.h"

namespace br::world {

class Timeline {
 public:
  std::int64_t now_ms() const { return now_ms_; }
  void at(std::int64_t when_ms, std::function<void()> event) {
    events_.emplace(std::pair(when_ms < now_ms_ ? now_ms_ : when_ms, ++planned_), std::move(event));
  }
  // Of the next event; a time that never comes when there is none.
  std::int64_t next_ms() const { return events_.empty() ? INT64_MAX : events_.begin()->first.first; }
  // What is due on the way happens, in the order of its time, then of its planning.
  void advance_to(std::int64_t when_ms) {
    while (next_ms() <= when_ms) happen();
    if (when_ms > now_ms_) now_ms_ = when_ms;
  }
  // One event, whose time it becomes. There is one.
  void happen() {
    auto first = events_.extract(events_.begin());
    if (first.key().first > now_ms_) now_ms_ = first.key().first;
    first.mapped()();
  }

 private:
  std::int64_t now_ms_ = 1'795'000'000'000;
  std::uint64_t planned_ = 0;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> events_;
};

// The clock that one process reads: it may be wrong by a constant. That of a process that is gone runs ahead with every
// look, so that nothing of it waits any more.
class ProcessClock : public Clock {
 public:
  ProcessClock(const Timeline* timeline, const Life* life, std::int64_t off_by_ms)
      : timeline_(timeline), life_(life), off_by_ms_(off_by_ms) {}
  std::int64_t now_ms() const override {
    constexpr std::int64_t kDayMs = 86'400'000;
    return timeline_->now_ms() + off_by_ms_ + (life_->is_over() ? ++looks_ * kDayMs : 0);
  }

 private:
  const Timeline* timeline_;
  const Life* life_;
  std::int64_t off_by_ms_;
  mutable std::int64_t looks_ = 0;
};

}  // namespace br::world
