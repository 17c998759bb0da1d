#include "cli/ledger_text.h"

#include <fmt/format.h>

#include "cli/json_text.h"

namespace cli {

std::string ledger_json(const br::emulator::Ledger& ledger) {
  std::string touches;
  for (const br::emulator::LedgerTouch& touch : ledger.stranger_touches) {
    touches += fmt::format(R"({}{{"vendor":{},"what":{},"id":{}}})", touches.empty() ? "" : ",",
                           json_text(touch.vendor), json_text(touch.what), json_text(touch.id));
  }
  std::string batches;
  for (const br::emulator::LedgerBatch& batch : ledger.batches) {
    batches += fmt::format(R"({}{{"vendor":{},"id":{},"input_file_id":{},"status":{},"project":{},"stranger":{},)",
                           batches.empty() ? "" : ",", json_text(batch.vendor), json_text(batch.id),
                           json_text_or_null(batch.input_file_id), json_text(batch.status), json_text(batch.project),
                           batch.stranger);
    batches += fmt::format(R"("requests":{},"billed":{},"invoice_usd":{},"twice_paid_with":{}}})", batch.requests,
                           batch.billed, json_text_or_null(invoice_text(batch)),
                           json_text_or_null(batch.twice_paid_with));
  }
  std::string out =
      fmt::format(R"({{"uploads":{},"uploaded_bytes":{},"creates":{},"polls":{},"lists":{},"downloads":{},)",
                  ledger.uploads, ledger.uploaded_bytes, ledger.creates, ledger.polls, ledger.lists, ledger.downloads);
  out += fmt::format(R"("downloaded_bytes":{},"cancels":{},"deletes":{},"refused":{},"faults":{},)",
                     ledger.downloaded_bytes, ledger.cancels, ledger.deletes, ledger.refused, ledger.faults);
  out += fmt::format(R"("requests_billed":{},"requests_twice_paid":{},"batches_twice_paid":{},)",
                     ledger.requests_billed, ledger.requests_twice_paid, ledger.batches_twice_paid);
  out += fmt::format(R"("stranger_touches":[{}],"batches":[{}]}})", touches, batches);
  return out;
}

}  // namespace cli
