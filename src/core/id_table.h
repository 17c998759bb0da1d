// IdTable: finds ids that stand twice among millions, in sixteen bytes for each.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace br {

class IdTable {
 public:
  explicit IdTable(std::uint64_t seed) : seed_(seed) {}
  ~IdTable() { std::free(entries_); }
  IdTable(const IdTable&) = delete;
  IdTable& operator=(const IdTable&) = delete;

  void add(std::string_view id, std::uint32_t row);
  std::size_t size() const { return size_; }

  struct Duplicate {
    std::uint32_t first_row, row;
  };
  // At most `limit` of them, by row; *total counts all. Ids are told apart by 96 bits of keyed hash: for a million ids
  // two different ones are taken for the same once in 10^17 runs.
  std::vector<Duplicate> find(std::size_t limit, std::size_t* total);

 private:
  struct Entry {
    std::uint64_t hash;
    std::uint32_t more_hash, row;
  };
  std::uint64_t seed_;
  Entry* entries_ = nullptr;  // grown with realloc, which moves pages instead of copying them
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace br
