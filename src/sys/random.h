// The only source of randomness: ids, markers, jitter, hash seeds.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace br {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  // `length` characters of [a-z2-7].
  std::string id(std::size_t length);
};

// The kernel's generator. Any thread.
class SystemRandom : public Random {
 public:
  std::uint64_t next() override;
};

// Repeatable, for tests and simulations.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::mutex mutex_;
  std::uint64_t state_;
};

}  // namespace br
