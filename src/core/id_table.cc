#include "core/id_table.h"

#include <algorithm>

#include "core/id_ledger.h"

namespace br {

void IdTable::add(std::string_view id, std::uint32_t row) {
  const auto more = static_cast<std::uint32_t>(hash_id(id, ~seed_));
  entries_.push_back({hash_id(id, seed_), more, row});
}

std::vector<IdTable::Duplicate> IdTable::find(std::size_t limit, std::size_t* total) {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    return a.more_hash != b.more_hash ? a.more_hash < b.more_hash : a.row < b.row;
  });
  std::vector<Duplicate> found;
  *total = 0;
  std::size_t first = 0;
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].hash != entries_[first].hash || entries_[i].more_hash != entries_[first].more_hash) {
      first = i;
      continue;
    }
    *total += 1;
    found.push_back({entries_[first].row, entries_[i].row});
  }
  std::sort(found.begin(), found.end(), [](const Duplicate& a, const Duplicate& b) { return a.row < b.row; });
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace br
