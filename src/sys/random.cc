#include "sys/random.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace br {

std::string Random::id(std::size_t length) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  text.reserve(length);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < length; ++i) {
    if (i % 12 == 0) bits = next();
    text.push_back(kAlphabet[bits & 31U]);
    bits >>= 5;
  }
  return text;
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  while (getrandom(&value, sizeof value, 0) != static_cast<ssize_t>(sizeof value)) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return value;
}

std::uint64_t SeededRandom::next() {
  const std::lock_guard lock(mutex_);
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace br
