#include "core/id_table.h"

#include <algorithm>
#include <bit>

#include "core/id_ledger.h"

namespace br {

void IdTable::add(std::string_view id, std::uint32_t row) {
  const auto more = static_cast<std::uint32_t>(hash_id(id, ~seed_));
  entries_.push_back({hash_id(id, seed_), more, row});
}

// Those that share a slot with another: all that stand twice, and a few more. It spares sorting millions.
std::vector<IdTable::Entry> IdTable::candidates() const {
  const std::size_t slots = std::bit_ceil(entries_.size() * 8 + 64);
  std::vector<std::uint64_t> once(slots / 64), again(slots / 64);
  for (const Entry& entry : entries_) {
    const std::size_t slot = entry.hash & (slots - 1);
    const std::uint64_t bit = std::uint64_t{1} << slot % 64;
    again[slot / 64] |= once[slot / 64] & bit;
    once[slot / 64] |= bit;
  }
  std::vector<Entry> found;
  for (const Entry& entry : entries_) {
    const std::size_t slot = entry.hash & (slots - 1);
    if ((again[slot / 64] >> slot % 64 & 1U) != 0) found.push_back(entry);
  }
  return found;
}

std::vector<IdTable::Duplicate> IdTable::find(std::size_t limit, std::size_t* total) const {
  std::vector<Entry> entries = candidates();
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    return a.more_hash != b.more_hash ? a.more_hash < b.more_hash : a.row < b.row;
  });
  std::vector<Duplicate> found;
  *total = 0;
  std::size_t first = 0;
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].hash != entries[first].hash || entries[i].more_hash != entries[first].more_hash) {
      first = i;
      continue;
    }
    *total += 1;
    found.push_back({entries[first].row, entries[i].row});
  }
  std::sort(found.begin(), found.end(), [](const Duplicate& a, const Duplicate& b) { return a.row < b.row; });
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace br
