// Dice: every choice of a simulated world, from one seed (splitmix64).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sys/random.h"

namespace br::world {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  // first..last, both included.
  std::int64_t between(std::int64_t first, std::int64_t last) {
    return first + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(last - first + 1));
  }
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  bool percent(int chance) { return between(0, 99) < chance; }
  template <class T>
  const T& one_of(const std::vector<T>& of) {
    return of[below(of.size())];
  }

 private:
  std::uint64_t state_;
};

// The randomness that the product sees.
class WorldRandom : public Random {
 public:
  explicit WorldRandom(std::uint64_t seed) : dice_(seed) {}
  std::uint64_t next() override { return dice_.next(); }

 private:
  Dice dice_;
};

}  // namespace br::world
