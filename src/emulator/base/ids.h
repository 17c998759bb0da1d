#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "emulator/base/hash.h"

namespace br::emulator {

// Ids as vendors make them, the same for the same seed.
class Ids {
 public:
  explicit Ids(uint64_t seed) : state_(mix(seed + 0x9e3779b97f4a7c15U)) {}

  std::string next(const std::string& prefix, size_t digits) {
    std::string id = prefix;
    for (size_t i = 0; i < digits; ++i) {
      state_ += 0x9e3779b97f4a7c15U;
      id += "0123456789abcdef"[mix(state_) & 15];
    }
    return id;
  }

 private:
  uint64_t state_;
};

}  // namespace br::emulator
