#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace br::emulator {

// A set of well mixed 64-bit hashes at 9 to 14 bytes each; a std::unordered_set would take 40.
class HashSet {
 public:
  // Returns false if the hash was there already.
  bool insert(uint64_t hash) {
    if (hash == 0) hash = 1;  // 0 marks a free slot
    if ((size_ + 1) * 8 > slots_.size() * 7) grow();
    if (!place(hash)) return false;
    ++size_;
    return true;
  }

  size_t size() const { return size_; }

 private:
  bool place(uint64_t hash) {
    // The high bits, scaled to the number of slots, so that the table need not be a power of two.
    auto at = static_cast<size_t>((static_cast<unsigned __int128>(hash) * slots_.size()) >> 64);
    while (slots_[at] != 0) {
      if (slots_[at] == hash) return false;
      if (++at == slots_.size()) at = 0;
    }
    slots_[at] = hash;
    return true;
  }

  void grow() {
    std::vector<uint64_t> old(slots_.empty() ? 64 : slots_.size() + slots_.size() / 2);
    old.swap(slots_);
    for (uint64_t hash : old) {
      if (hash != 0) place(hash);
    }
  }

  std::vector<uint64_t> slots_;
  size_t size_ = 0;
};

}  // namespace br::emulator
