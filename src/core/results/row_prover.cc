#include "core/results/row_prover.h"

#include <algorithm>

#include "codec/json_read.h"

namespace br {
namespace {
constexpr std::size_t kMaxLine = std::size_t{64} << 20;
}  // namespace

Result<std::shared_ptr<RowProver>> RowProver::open(const IdFile& ids, std::uint64_t hash_seed,
                                                   std::unique_ptr<RowReader> reader, bool one_row_proves) {
  auto ledger = IdLedger::load(ids, hash_seed);
  BR_RETURN_IF_ERROR(ledger);
  return std::shared_ptr<RowProver>(new RowProver(std::move(*ledger), std::move(reader), one_row_proves));
}

bool RowProver::read(std::string_view bytes) {
  while (!bytes.empty() && proof_ == RowProof::none) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > kMaxLine) too_long_ = true;
    if (!too_long_) line_.append(piece);
    if (end == std::string_view::npos) return true;
    read_line();
    bytes.remove_prefix(end + 1);
  }
  return proof_ == RowProof::none;
}

void RowProver::read_line() {
  Row row;
  const std::size_t size = line_.size();
  line_.append(kJsonPadding, ' ');
  const bool readable = !too_long_ && reader_->read(line_.data(), size, &row);
  if (readable) {
    const std::size_t place = ledger_.find(row.custom_id);
    if (place == IdLedger::kNone) proof_ = RowProof::foreign;
    else if (one_row_proves_) proof_ = RowProof::ours;
    else ledger_.mark(place);
  }
  line_.clear();
  too_long_ = false;
}

RowProof RowProver::verdict() {
  if (proof_ == RowProof::none && !line_.empty()) read_line();
  if (proof_ == RowProof::none && !one_row_proves_ && ledger_.size() > 0 && ledger_.unseen() == 0) proof_ = RowProof::ours;
  return proof_;
}

}  // namespace br
