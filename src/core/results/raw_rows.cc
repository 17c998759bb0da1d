#include "core/results/raw_rows.h"

#include <algorithm>
#include <utility>

#include "codec/json_read.h"
#include "codec/jsonl.h"

namespace br {
namespace {

constexpr std::uint64_t kDamaged = std::uint64_t{1} << 63;

}  // namespace

RawRows::RawRows(RawRowsPlan plan) : plan_(std::move(plan)), reader_(plan_.use.provider->dialect().row_reader()) {}

Result<void> RawRows::load_ids() {
  if (ids_loaded_ || !plan_.ids) return {};
  auto ledger = IdLedger::load(*plan_.ids, plan_.hash_seed);
  BR_RETURN_IF_ERROR(ledger);
  ledger_ = std::move(*ledger);
  if (plan_.takes_positions) {
    std::vector<std::uint64_t> order;
    BR_RETURN_IF_ERROR(for_each_id(
        *plan_.ids, [&](const IdEntry& entry) { order.push_back(hash_id(entry.custom_id, plan_.hash_seed)); }));
    order_ = std::move(order);
  }
  ids_loaded_ = true;
  return {};
}

// The hash of the caller's id that the row answers; nothing where it answers none.
Result<std::optional<std::uint64_t>> RawRows::answered_by(const Row& row, bool good) {
  using Hash = std::optional<std::uint64_t>;
  if (good && row.position >= 0) {
    const auto position = static_cast<std::size_t>(row.position);
    return plan_.takes_positions && position < order_.size() ? Hash(order_[position]) : Hash();
  }
  if (row.custom_id.empty() && !good) return Hash();
  if (!plan_.ids) return Hash(hash_id(row.custom_id, plan_.hash_seed));
  const std::size_t place = ledger_.find(row.custom_id);
  if (place == IdLedger::kNone)
    return plan_.takes_caller_ids ? Hash(hash_id(row.custom_id, plan_.hash_seed)) : Hash();
  std::string token, id;
  auto replaced = ledger_.custom_id_token(place, &token);
  BR_RETURN_IF_ERROR(replaced);
  if (!*replaced) return Hash(hash_id(row.custom_id, plan_.hash_seed));
  append_unescaped(token, &id);
  return Hash(hash_id(id, plan_.hash_seed));
}

void RawRows::forget() {
  places_.clear();
  size_ = 0;
  read_to_ = 0;
}

Result<void> RawRows::read_on() {
  const std::int64_t size = plan_.files->file_size(plan_.output_path);
  if (size < 0 || static_cast<std::uint64_t>(size) < read_to_) forget();
  if (size <= 0 || static_cast<std::uint64_t>(size) == read_to_) return {};
  BR_RETURN_IF_ERROR(load_ids());
  const auto old_end = static_cast<std::ptrdiff_t>(places_.size());
  auto read = read_lines();
  ledger_.close_file();
  if (!read) {
    forget();
    return read;
  }
  std::sort(places_.begin() + old_end, places_.end());
  std::inplace_merge(places_.begin(), places_.begin() + old_end, places_.end());
  size_ = places_.size();
  return {};
}

Result<void> RawRows::read_lines() {
  auto file = plan_.files->open_read(plan_.output_path);
  BR_RETURN_IF_ERROR(file);
  std::uint64_t at = read_to_;
  LineReader lines(
      [&](char* buffer, std::size_t capacity) -> Result<std::size_t> {
        auto n = file->read_at(buffer, capacity, at);
        if (n) at += *n;
        return n;
      },
      plan_.max_line_bytes, read_to_);
  lines.skip_long_lines();
  for (Line line;;) {
    auto more = lines.next(&line);
    BR_RETURN_IF_ERROR(more);
    if (!*more) return {};
    Row row;
    const bool good = reader_->read(line.data, line.size, &row) && !line.too_long;
    auto hash = answered_by(row, good);
    BR_RETURN_IF_ERROR(hash);
    if (*hash) places_.push_back({**hash, line.offset | (good ? 0 : kDamaged)});
    // An unterminated line may still grow: it is read again.
    if (line.terminated) read_to_ = at - lines.pending_bytes();
  }
}

// The line there; nothing where the file has become shorter.
Result<std::optional<std::string>> RawRows::row_at(const Place& place) {
  const std::uint64_t offset = place.offset & ~kDamaged;
  auto file = plan_.files->open_read(plan_.output_path);
  BR_RETURN_IF_ERROR(file);
  std::uint64_t at = offset;
  LineReader lines(
      [&](char* buffer, std::size_t capacity) -> Result<std::size_t> {
        auto n = file->read_at(buffer, capacity, at);
        if (n) at += *n;
        return n;
      },
      plan_.max_line_bytes, offset);
  lines.skip_long_lines();
  Line line;
  auto more = lines.next(&line);
  BR_RETURN_IF_ERROR(more);
  if (!*more) return std::optional<std::string>();
  return std::optional(std::string(line.data, line.size));
}

// stale: the file is not the one any more that the places are of.
Result<std::optional<std::string>> RawRows::known(std::uint64_t id_hash, bool* stale) {
  const auto found = std::lower_bound(places_.begin(), places_.end(), Place{id_hash, 0});
  if (found == places_.end() || found->id_hash != id_hash) return std::optional<std::string>();
  auto row = row_at(*found);
  BR_RETURN_IF_ERROR(row);
  if (*row) {
    std::string copy = **row;  // a reader may rewrite what it reads
    const std::size_t size = copy.size();
    copy.append(kJsonPadding, '\0');
    Row read;
    const bool good = reader_->read(copy.data(), size, &read);
    auto hash = answered_by(read, good);
    BR_RETURN_IF_ERROR(hash);
    if (*hash && **hash == id_hash) return row;
  }
  *stale = true;
  return std::optional<std::string>();
}

Result<std::optional<std::string>> RawRows::find(std::string_view custom_id) {
  const std::uint64_t id_hash = hash_id(custom_id, plan_.hash_seed);
  const MutexLock lock(&mutex_);
  if (!plan_.files->exists(plan_.output_path)) return std::optional<std::string>();
  bool stale = false;
  auto row = known(id_hash, &stale);
  if (row && *row) return row;
  BR_RETURN_IF_ERROR(row);
  if (stale) forget();
  BR_RETURN_IF_ERROR(read_on());
  return known(id_hash, &stale);
}

}  // namespace br
