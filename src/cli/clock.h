// The program's one door to time: how long something took, and until when to wait.
#pragma once

#include <chrono>
#include <cstdint>

namespace cli {

inline std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace cli
