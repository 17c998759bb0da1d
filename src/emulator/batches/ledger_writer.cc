#include "emulator/batches/ledger_writer.h"

#include "emulator/base/hash.h"
#include "emulator/base/json.h"

namespace br::emulator {

size_t LedgerWriter::open(std::string_view vendor, std::string_view id, std::string_view input_file_id, const Tenant& tenant) {
  LedgerBatch batch;
  batch.vendor = std::string(vendor);
  batch.id = std::string(id);
  batch.input_file_id = std::string(input_file_id);
  batch.project = tenant.project;
  batch.stranger = tenant.stranger;
  ledger_.batches.push_back(std::move(batch));
  closed_.push_back(false);
  if (!tenant.stranger) ++ledger_.creates;
  return ledger_.batches.size() - 1;
}

void LedgerWriter::accept(size_t account, int64_t requests, uint64_t content_hash, uint64_t id_set_hash) {
  LedgerBatch& batch = ledger_.batches[account];
  batch.requests = requests;
  batch.content_hash = content_hash;
  batch.id_set_hash = id_set_hash;
  if (batch.stranger) return;
  for (size_t i = 0; i < ledger_.batches.size(); ++i) {
    const LedgerBatch& other = ledger_.batches[i];
    const bool accepted = i != account && !other.stranger && other.requests > 0 && other.vendor == batch.vendor;
    const bool free_of_charge = closed_[i] && other.billed == 0;
    if (!accepted || free_of_charge || other.content_hash != content_hash || other.id_set_hash != id_set_hash) continue;
    batch.twice_paid_with = other.id;
    ++ledger_.batches_twice_paid;
    return;
  }
}

void LedgerWriter::bill(size_t account, uint64_t row_hash, std::optional<int64_t> charge) {
  ++ledger_.batches[account].billed;
  ledger_.batches[account].invoice_pico_usd += charge.value_or(0);
  if (!charge) ++ledger_.batches[account].unpriced;
  if (ledger_.batches[account].stranger) return;
  ++ledger_.requests_billed;
  const uint64_t vendor_hash = hash_of(ledger_.batches[account].vendor);
  if (!billed_rows_.insert(mix(row_hash ^ vendor_hash))) ++ledger_.requests_twice_paid;
}

void LedgerWriter::touch(const Tenant& owner, const Tenant& caller, std::string_view vendor, std::string_view what,
                  std::string_view id) {
  if (!owner.stranger || caller.stranger) return;
  ledger_.stranger_touches.push_back({std::string(vendor), std::string(what), std::string(id)});
}

std::string invoice_text(const LedgerBatch& batch) {
  constexpr int64_t kDollar = 1'000'000'000'000;
  if (batch.unpriced > 0) return {};
  const std::string rest = std::to_string(kDollar + batch.invoice_pico_usd % kDollar);
  return std::to_string(batch.invoice_pico_usd / kDollar) + "." + rest.substr(1);
}

std::string ledger_json(const Ledger& ledger) {
  json::Writer out;
  out.begin_object().field("uploads", ledger.uploads).field("uploaded_bytes", ledger.uploaded_bytes);
  out.field("creates", ledger.creates).field("polls", ledger.polls).field("lists", ledger.lists);
  out.field("downloads", ledger.downloads).field("downloaded_bytes", ledger.downloaded_bytes);
  out.field("cancels", ledger.cancels).field("deletes", ledger.deletes).field("refused", ledger.refused);
  out.field("faults", ledger.faults).field("requests_billed", ledger.requests_billed);
  out.field("requests_twice_paid", ledger.requests_twice_paid);
  out.field("batches_twice_paid", ledger.batches_twice_paid);
  out.key("stranger_touches").begin_array();
  for (const LedgerTouch& touch : ledger.stranger_touches) {
    out.begin_object().field("vendor", touch.vendor).field("what", touch.what).field("id", touch.id).end_object();
  }
  out.end_array().key("batches").begin_array();
  for (const LedgerBatch& batch : ledger.batches) {
    out.begin_object().field("vendor", batch.vendor).field("id", batch.id);
    out.field("input_file_id", batch.input_file_id).field("status", batch.status);
    out.field("project", batch.project).key("stranger").boolean(batch.stranger);
    out.field("requests", batch.requests).field("billed", batch.billed);
    out.nullable_field("invoice_usd", invoice_text(batch));
    out.field("content_hash", hex(batch.content_hash)).field("id_set_hash", hex(batch.id_set_hash));
    out.nullable_field("twice_paid_with", batch.twice_paid_with).end_object();
  }
  out.end_array().end_object();
  return out.str();
}

}  // namespace br::emulator
