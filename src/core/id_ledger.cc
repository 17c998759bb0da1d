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
    bool wire = false;
    auto read = for_each_id(ids_path, [&](const IdEntry& entry) {
      ledger.hashes_.push_back(hash_id(entry.wire_id, seed));
      wire = wire || entry.wire_id.data() != entry.custom_id.data();
    });
    if (!read) return std::move(read.error());
    ledger.hashes_.shrink_to_fit();
    std::sort(ledger.hashes_.begin(), ledger.hashes_.end());
    if (std::adjacent_find(ledger.hashes_.begin(), ledger.hashes_.end()) != ledger.hashes_.end()) continue;
    ledger.seen_.resize(ledger.hashes_.size());
    if (!wire) return ledger;
    ledger.offsets_.resize(ledger.hashes_.size());
    read = for_each_id(ids_path, [&](const IdEntry& entry) {
      ledger.offsets_[ledger.find(entry.wire_id)] = entry.offset;
    });
    if (!read) return std::move(read.error());
    auto file = File::open_read(ids_path);
    if (!file) return std::move(file.error());
    ledger.ids_file_ = std::move(*file);
    return ledger;
  }
}

Result<bool> IdLedger::custom_id_token(std::size_t place, std::string* token) const {
  if (offsets_.empty()) return false;
  token->resize(512);
  for (;;) {
    auto n = ids_file_.read_at(token->data(), token->size(), offsets_[place]);
    if (!n) return std::move(n.error());
    const std::size_t end = std::string_view(token->data(), *n).find('\n');
    if (end != std::string_view::npos) {
      std::string scratch;
      const std::size_t size = read_id_line(std::string_view(token->data(), end), &scratch).token.size();
      token->resize(size);
      return true;
    }
    if (*n < token->size()) return Error(Code::store, ids_file_.path() + ": ends inside a line", "restore it from a backup");
    token->resize(token->size() * 2);
  }
}

std::size_t IdLedger::find(std::string_view id) const {
  const std::uint64_t hash = hash_id(id, seed_);
  const auto found = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  if (found == hashes_.end() || *found != hash) return kNone;
  return static_cast<std::size_t>(found - hashes_.begin());
}

}  // namespace br
