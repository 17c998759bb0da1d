#include "core/id_ledger.h"

#include <algorithm>
#include <cstring>

#include "core/id_file.h"

namespace br {
namespace {

std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ULL;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ULL;
  return x ^ (x >> 32);
}

}  // namespace

std::uint64_t hash_id(std::string_view id, std::uint64_t seed) {
  std::uint64_t state = mix(seed ^ (id.size() * 0x9e3779b97f4a7c15ULL));
  while (id.size() >= sizeof state) {
    std::uint64_t word = 0;
    std::memcpy(&word, id.data(), sizeof word);
    state = mix(state ^ word);
    id.remove_prefix(sizeof word);
  }
  std::uint64_t word = 0;
  if (!id.empty()) std::memcpy(&word, id.data(), id.size());
  return mix(state ^ word ^ (std::uint64_t{id.size()} << 56));
}

Result<IdLedger> IdLedger::load(const std::string& ids_path, std::uint64_t seed) {
  // Two different ids with one hash need another seed; that happens once in many million jobs.
  for (;; ++seed) {
    IdLedger ledger;
    ledger.seed_ = seed;
    auto read = for_each_id(ids_path, [&](std::string_view id, std::string_view) {
      ledger.hashes_.push_back(hash_id(id, seed));
    });
    if (!read) return std::move(read.error());
    ledger.hashes_.shrink_to_fit();
    std::sort(ledger.hashes_.begin(), ledger.hashes_.end());
    if (std::adjacent_find(ledger.hashes_.begin(), ledger.hashes_.end()) != ledger.hashes_.end()) continue;
    ledger.seen_.resize(ledger.hashes_.size());
    return ledger;
  }
}

std::size_t IdLedger::find(std::string_view id) const {
  const std::uint64_t hash = hash_id(id, seed_);
  const auto found = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  if (found == hashes_.end() || *found != hash) return kNone;
  return static_cast<std::size_t>(found - hashes_.begin());
}

}  // namespace br
