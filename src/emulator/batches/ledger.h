// What was asked of the vendors and what they charge for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace br::emulator {

// One batch as the vendor's bookkeeping has it.
struct LedgerBatch {
  std::string vendor;
  std::string project;    // of the key that made it; empty: the one without a name
  bool stranger = false;  // another program's in the same account: it counts in no sum
  std::string id;
  std::string input_file_id;
  std::string status;
  int64_t requests = 0;         // rows of the input
  int64_t billed = 0;           // rows that were answered and are paid for
  int64_t invoice_pico_usd = 0;  // what these rows cost at the batch price, in 1e-12 dollars
  int64_t unpriced = 0;         // of them, rows whose model the price list does not have
  uint64_t content_hash = 0;    // of the input's bytes
  uint64_t id_set_hash = 0;     // of the set of custom ids, whatever their order
  std::string twice_paid_with;  // id of an earlier batch with the same input that was accepted too, or empty
};

// In dollars, with all twelve digits ("0.000003825000"); empty: a row of it has no price.
std::string invoice_text(const LedgerBatch& batch);

// What the client did with a batch or a file that another program in the same account made. Seeing it in a list is no
// touch.
struct LedgerTouch {
  std::string vendor;
  std::string what;  // poll, results, cancel, delete
  std::string id;
};

// How often the client called.
struct LedgerCalls {
  int64_t uploads = 0;
  int64_t uploaded_bytes = 0;
  int64_t creates = 0;  // batches made, whether or not the answer arrived
  int64_t polls = 0;
  int64_t lists = 0;
  int64_t downloads = 0;
  int64_t downloaded_bytes = 0;
  int64_t cancels = 0;
  int64_t deletes = 0;
  int64_t refused = 0;  // answers with a 4xx
  int64_t faults = 0;   // scripted faults that took place
};

// What was asked of the vendors and what they charge for it: the judge of "nothing lost, nothing paid twice".
struct Ledger : LedgerCalls {
  int64_t requests_billed = 0;
  int64_t requests_twice_paid = 0;  // rows billed that were, byte for byte, billed before
  int64_t batches_twice_paid = 0;
  std::vector<LedgerTouch> stranger_touches;
  std::vector<LedgerBatch> batches;  // in the order of their creation
};

}  // namespace br::emulator
