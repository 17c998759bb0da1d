// RowProver: tells from the first result rows of a batch whether it is ours, without keeping any of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/protocol/step.h"
#include "core/results/id_ledger.h"
#include "model/error.h"
#include "providers/provider.h"

namespace br {

class RowProver {
 public:
  // one_row_proves: the ids on the wire carry a tag that no other job has, so that the first row tells. Else every row
  // has to be of an id that was asked, and none may be missing.
  static Result<std::shared_ptr<RowProver>> open(const IdFile& ids,
                                                 std::uint64_t hash_seed, std::unique_ptr<RowReader> reader,
                                                 bool one_row_proves);
  // Takes result bytes as they come. false: it is decided, no more are needed.
  bool read(std::string_view bytes);
  // After the last byte. RowProof::none: no row told.
  RowProof verdict();

 private:
  RowProver(IdLedger ledger, std::unique_ptr<RowReader> reader, bool one_row_proves)
      : ledger_(std::move(ledger)), reader_(std::move(reader)), one_row_proves_(one_row_proves) {}
  void read_line();

  IdLedger ledger_;
  std::unique_ptr<RowReader> reader_;
  const bool one_row_proves_;
  std::string line_;  // what came of the line that is not complete
  bool too_long_ = false;
  RowProof proof_ = RowProof::none;
};

}  // namespace br
