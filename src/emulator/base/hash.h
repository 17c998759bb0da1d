#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace br::emulator {

// Spreads a 64-bit number over all its bits (the finaliser of splitmix64).
inline uint64_t mix(uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9U;
  value ^= value >> 27;
  value *= 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

// A hash of bytes that arrive in pieces, eight bytes at a step; it tells rows and files apart, it keeps no secret.
class Hasher {
 public:
  void update(std::string_view bytes) {
    length_ += bytes.size();
    while (!bytes.empty()) {
      if (pending_ == 0 && bytes.size() >= sizeof(word_)) {
        uint64_t word;
        std::memcpy(&word, bytes.data(), sizeof word);
        state_ = (state_ ^ word) * 0x9e3779b97f4a7c15U;
        state_ ^= state_ >> 29;
        bytes.remove_prefix(sizeof word);
        continue;
      }
      word_ = (word_ << 8) | static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      if (++pending_ == sizeof(word_)) flush();
    }
  }

  uint64_t value() const { return mix(mix(state_ ^ word_) + length_ * 0x9e3779b97f4a7c15U + pending_); }

 private:
  // A word that was put together byte by byte must count like one that came whole.
  void flush() {
    const uint64_t word = __builtin_bswap64(word_);
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15U;
    state_ ^= state_ >> 29;
    pending_ = 0;
    word_ = 0;
  }

  uint64_t state_ = 0x243f6a8885a308d3U;
  uint64_t word_ = 0;
  uint64_t length_ = 0;
  unsigned pending_ = 0;
};

inline uint64_t hash_of(std::string_view bytes) {
  Hasher hasher;
  hasher.update(bytes);
  return hasher.value();
}

inline std::string hex(uint64_t value) {
  std::string text(16, '0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = "0123456789abcdef"[(value >> (60 - 4 * i)) & 15];
  return text;
}

}  // namespace br::emulator
