// IdLedger: which of the ids that were asked have their result. Eight bytes and a bit for each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace br {

// A keyed hash of an id; another seed gives another hash.
std::uint64_t hash_id(std::string_view id, std::uint64_t seed);

class IdLedger {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // Reads the ids file: one JSON string a line, all different.
  static Result<IdLedger> load(const std::string& ids_path, std::uint64_t seed);

  std::size_t size() const { return hashes_.size(); }
  // Place of the id, or kNone if it was never asked.
  std::size_t find(std::string_view id) const;
  bool seen(std::size_t place) const { return seen_[place]; }
  void mark(std::size_t place) {
    seen_count_ += seen_[place] ? 0 : 1;
    seen_[place] = true;
  }
  std::size_t unseen() const { return hashes_.size() - seen_count_; }

 private:
  std::uint64_t seed_ = 0;
  std::vector<std::uint64_t> hashes_;  // sorted
  std::vector<bool> seen_;
  std::size_t seen_count_ = 0;
};


}  // namespace br
