// A clock that a test sets.
#pragma once

#include <atomic>
#include <cstdint>

#include "sys/clock.h"

namespace br::test {

class FakeClock : public Clock {
 public:
  explicit FakeClock(std::int64_t now_ms = 1'795'000'000'000) : now_ms_(now_ms) {}
  std::int64_t now_ms() const override { return now_ms_; }
  void advance(std::int64_t ms) { now_ms_ += ms; }

 private:
  std::atomic<std::int64_t> now_ms_;
};

}  // namespace br::test
