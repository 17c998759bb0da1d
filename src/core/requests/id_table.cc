#include "core/requests/id_table.h"

#include <algorithm>
#include <utility>

#include "core/results/id_ledger.h"

namespace br {

void IdTable::add(std::string_view id, std::uint32_t row) {
  const auto more = static_cast<std::uint32_t>(hash_id(id, ~seed_));
  entries_.push_back({hash_id(id, seed_), more, row});
}

// Sorting millions takes long, so only those are sorted that share a slot with another: all that stand twice, and one
// in ten of the others. There are always as many slots; of more ids a part is looked at after the other.
class IdTable::Search {
 public:
  explicit Search(const IdTable& table) : entries_(table.entries_), parts_(entries_.size() * 8 / kSlots + 1) {
    candidates_.reserve(kUsual);
  }
  std::vector<Duplicate> run() {
    for (std::size_t part = 0; part < parts_; ++part) {
      collect(part);
      compare();
    }
    return std::move(found_);
  }

 private:
  static constexpr std::size_t kSlots = std::size_t{1} << 18;
  // At once, and no small pieces: glibc keeps those, and with them all memory below, that of the table above all.
  static constexpr std::size_t kUsual = 4096;
  using Slots = std::vector<bool>;

  std::size_t part_of(const Entry& entry) const { return (entry.hash >> 32) * parts_ >> 32; }
  static std::size_t slot_of(const Entry& entry) { return entry.hash & (kSlots - 1); }
  void collect(std::size_t part);
  void compare();

  const std::deque<Entry>& entries_;
  std::size_t parts_;
  Slots once_, again_;
  std::vector<Entry> candidates_;
  std::vector<Duplicate> found_;
};

void IdTable::Search::collect(std::size_t part) {
  once_.assign(kSlots, false);
  again_.assign(kSlots, false);
  candidates_.clear();
  for (const Entry& entry : entries_) {
    if (part_of(entry) != part) continue;
    const std::size_t slot = slot_of(entry);
    if (once_[slot]) again_[slot] = true;
    once_[slot] = true;
  }
  for (const Entry& entry : entries_) {
    if (part_of(entry) == part && again_[slot_of(entry)]) candidates_.push_back(entry);
  }
}

void IdTable::Search::compare() {
  std::sort(candidates_.begin(), candidates_.end(), [](const Entry& a, const Entry& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    return a.more_hash != b.more_hash ? a.more_hash < b.more_hash : a.row < b.row;
  });
  std::size_t first = 0;
  for (std::size_t i = 1; i < candidates_.size(); ++i) {
    const Entry &one = candidates_[first], &other = candidates_[i];
    if (one.hash != other.hash || one.more_hash != other.more_hash)
      first = i;
    else
      found_.push_back({one.row, other.row});
  }
}

std::vector<IdTable::Duplicate> IdTable::find(std::size_t limit, std::size_t* total) const {
  std::vector<Duplicate> found = Search(*this).run();
  *total = found.size();
  std::sort(found.begin(), found.end(), [](const Duplicate& a, const Duplicate& b) { return a.row < b.row; });
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace br
