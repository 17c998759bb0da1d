#pragma once

#include <cstdint>
#include <vector>

namespace br::emulator {

// A set of hashes at eight bytes a slot; a std::unordered_set would take five times the memory.
class HashSet {
 public:
  // Returns false if the hash was there already.
  bool insert(uint64_t hash) {
    if (hash == 0) hash = 1;  // 0 marks a free slot
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    if (!place(hash)) return false;
    ++size_;
    return true;
  }

  size_t size() const { return size_; }

 private:
  bool place(uint64_t hash) {
    const size_t mask = slots_.size() - 1;
    size_t at = static_cast<size_t>(hash) & mask;
    while (slots_[at] != 0) {
      if (slots_[at] == hash) return false;
      at = (at + 1) & mask;
    }
    slots_[at] = hash;
    return true;
  }

  void grow() {
    std::vector<uint64_t> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (uint64_t hash : old) {
      if (hash != 0) place(hash);
    }
  }

  std::vector<uint64_t> slots_;
  size_t size_ = 0;
};

}  // namespace br::emulator
