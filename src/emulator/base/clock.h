#pragma once

#include <chrono>
#include <cstdint>

namespace br::emulator {

// The emulator's one clock: starts at the machine's time and passes `speed` times as fast, or only when it is moved
// (speed 0). Used by one thread at a time.
class Clock {
 public:
  explicit Clock(double speed, int64_t start_ms = unix_ms()) : start_ms_(start_ms), speed_(speed) {}

  int64_t now_ms() const {
    const double passed_ms = std::chrono::duration<double, std::milli>(Steady::now() - started_).count();
    return start_ms_ + advanced_ms_ + static_cast<int64_t>(passed_ms * speed_);
  }
  // The machine's time, which what clients sign is dated by: neither sped up nor moved.
  int64_t wall_ms() const {
    return start_ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - started_).count();
  }
  void advance(int64_t ms) { advanced_ms_ += ms; }
  double speed() const { return speed_; }

 private:
  using Steady = std::chrono::steady_clock;

  static int64_t unix_ms() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  }

  Steady::time_point started_ = Steady::now();
  int64_t start_ms_;
  int64_t advanced_ms_ = 0;
  double speed_;
};

}  // namespace br::emulator
