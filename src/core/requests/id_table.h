// IdTable: finds ids that stand twice among millions, in sixteen bytes for each.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace br {

class IdTable {
 public:
  explicit IdTable(std::uint64_t seed) : seed_(seed) {}

  void add(std::string_view id, std::uint32_t row);
  std::size_t size() const { return entries_.size(); }

  struct Duplicate {
    std::uint32_t first_row, row;
  };
  // At most `limit` of them, by row; *total counts all. Ids are told apart by 96 bits of keyed hash: for a million ids
  // two different ones are taken for the same once in 10^17 runs.
  std::vector<Duplicate> find(std::size_t limit, std::size_t* total) const;

 private:
  struct Entry {
    std::uint64_t hash;
    std::uint32_t more_hash, row;
  };
  class Search;

  std::uint64_t seed_;
  std::deque<Entry> entries_;  // in blocks: growing copies nothing and needs no room for two
};

}  // namespace br
