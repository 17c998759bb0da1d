#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/hash_set.h"
#include "emulator/batches/tenancy.h"
#include "emulator/batches/ledger.h"

namespace br::emulator {

// The vendors' bookkeeping while it is being written. Used by one thread at a time.
class LedgerWriter {
 public:
  Ledger& sums() { return ledger_; }
  const Ledger& sums() const { return ledger_; }

  // Opens the account of a new batch; returns its number.
  size_t open(std::string_view vendor, std::string_view id, std::string_view input_file_id, const Tenant& tenant);
  LedgerBatch& batch(size_t account) { return ledger_.batches[account]; }
  // The batch was accepted with that input; an earlier accepted batch with the same input is named in its entry.
  void accept(size_t account, int64_t requests, uint64_t content_hash, uint64_t id_set_hash);
  // One row was answered and is paid for; `charge` in 1e-12 dollars, nothing: it has no price.
  void bill(size_t account, uint64_t row_hash, std::optional<int64_t> charge);
  // The batch has ended: if nothing was billed by now, its input may be sent again without being paid twice.
  void close(size_t account) { closed_[account] = true; }
  // `caller` did something with what `owner` has; the ledger keeps it if it should not have.
  void touch(const Tenant& owner, const Tenant& caller, std::string_view vendor, std::string_view what,
             std::string_view id);

 private:
  Ledger ledger_;
  std::vector<bool> closed_;
  HashSet billed_rows_;
};

std::string ledger_json(const Ledger& ledger);

}  // namespace br::emulator
