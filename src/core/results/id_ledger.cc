#include "core/results/id_ledger.h"

#include <algorithm>
#include <cstring>

#include "core/results/id_file.h"

namespace br {
namespace {

constexpr int kSeeds = 3;

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

Result<IdLedger> IdLedger::load(const IdFile& file, std::uint64_t seed) {
  // Two different ids with one hash need another seed; that happens once in many million jobs.
  for (int tried = 0; tried < kSeeds; ++tried, ++seed) {
    IdLedger ledger;
    ledger.seed_ = seed;
    ledger.files_ = file.files;
    ledger.ids_path_ = file.path;
    bool wire = false;
    auto read = for_each_id(file, [&](const IdEntry& entry) {
      ledger.hashes_.push_back(hash_id(entry.wire_id, seed));
      wire = wire || entry.wire_id.data() != entry.custom_id.data();
    });
    BR_RETURN_IF_ERROR(read);
    ledger.hashes_.shrink_to_fit();
    std::sort(ledger.hashes_.begin(), ledger.hashes_.end());
    if (std::adjacent_find(ledger.hashes_.begin(), ledger.hashes_.end()) != ledger.hashes_.end()) continue;
    ledger.seen_.resize(ledger.hashes_.size());
    if (!wire) return ledger;
    ledger.offsets_.resize(ledger.hashes_.size());
    read = for_each_id(file, [&](const IdEntry& entry) {
      if (const std::size_t place = ledger.find(entry.wire_id); place != kNone) ledger.offsets_[place] = entry.offset;
    });
    BR_RETURN_IF_ERROR(read);
    return ledger;
  }
  return Error(Code::store, file.path + " is damaged: an id stands in it twice",
               "put the file back from a copy and resume; nothing is sent again, and the answers stay at the vendor");
}

Result<bool> IdLedger::custom_id_token(std::size_t place, std::string* token) const {
  if (offsets_.empty()) return false;
  if (!ids_file_.is_open()) {
    auto file = files_->open_read(ids_path_);
    BR_RETURN_IF_ERROR(file);
    ids_file_ = std::move(*file);
  }
  token->resize(512);
  for (;;) {
    auto n = ids_file_.read_at(token->data(), token->size(), offsets_[place]);
    BR_RETURN_IF_ERROR(n);
    const std::size_t end = std::string_view(token->data(), *n).find('\n');
    if (end != std::string_view::npos) {
      std::string scratch;
      const auto entry = read_id_line(std::string_view(token->data(), end), &scratch);
      if (!entry || hash_id(entry->wire_id, seed_) != hashes_[place])
        return Error(Code::store, ids_path_ + " is damaged: a line changed after it was read",
                     "put the file back from a copy and resume");
      token->resize(entry->token.size());
      return true;
    }
    if (*n < token->size()) return Error(Code::store, ids_path_ + ": ends inside a line", "restore it from a backup");
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
