// A 64-bit checksum against damage (not against forgery) of bytes that come in pieces of any size. The value goes into
// files of the state directory: it must stay the same in every version.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace br {

class Checksum {
 public:
  void add(std::string_view bytes) {
    size_ += bytes.size();
    while (held_ > 0 && !bytes.empty()) add_byte(&bytes);
    while (bytes.size() >= sizeof(std::uint64_t)) {
      mix(word(bytes.data()));
      bytes.remove_prefix(sizeof(std::uint64_t));
    }
    while (!bytes.empty()) add_byte(&bytes);
  }

  std::uint64_t value() const {
    Checksum end = *this;
    if (held_ > 0) end.mix(rest_);
    end.mix(size_);
    std::uint64_t h = end.state_;
    h = (h ^ (h >> 33)) * kSecond;
    return h ^ (h >> 29);
  }

  // 16 hexadecimal digits.
  std::string text() const {
    std::string out(16, '0');
    std::uint64_t left = value();
    for (std::size_t i = out.size(); i > 0; left >>= 4) out[--i] = "0123456789abcdef"[left & 15];
    return out;
  }

 private:
  static constexpr std::uint64_t kFirst = 0x9e3779b185ebca87, kSecond = 0xc2b2ae3d27d4eb4f;

  static std::uint64_t word(const char* at) {
    std::uint64_t w = 0;
    for (std::size_t i = 0; i < sizeof w; ++i) w |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    return w;
  }
  void mix(std::uint64_t w) { state_ = std::rotl(state_ ^ (w * kFirst), 31) * kSecond; }
  void add_byte(std::string_view* bytes) {
    rest_ |= std::uint64_t{static_cast<unsigned char>(bytes->front())} << (8 * held_);
    bytes->remove_prefix(1);
    if (++held_ < sizeof rest_) return;
    mix(rest_);
    rest_ = 0;
    held_ = 0;
  }

  std::uint64_t state_ = 0x27d4eb2f165667c5, rest_ = 0, size_ = 0;
  std::size_t held_ = 0;  // bytes in rest_, less than a word
};

inline std::string checksum_of(std::string_view bytes) {
  Checksum sum;
  sum.add(bytes);
  return sum.text();
}

}  // namespace br
