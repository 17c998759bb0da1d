#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/hash.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

struct StoredFile {
  std::string id;
  std::string filename;
  std::string purpose;
  std::string mime_type;
  int64_t created_s = 0;
  int64_t expires_s = 0;
  int64_t lines = 0;  // where the vendor counts them
  int64_t looks = 0;  // how often its state was asked for
  std::shared_ptr<const Blob> blob;
  std::optional<Tenant> tenant;  // who made it; without one, whoever is at work when it is added
};

// A mixed order is the same at each call, so that a page goes on where the one before it ended.
template <typename List, typename IdOf>
void put_in_order(List& newest_first, ListOrder order, uint64_t seed, IdOf id_of) {
  const auto place = [&](const auto* each) { return mix(hash_of(id_of(each)) ^ seed); };
  if (order == ListOrder::kOldestFirst) std::reverse(newest_first.begin(), newest_first.end());
  if (order != ListOrder::kMixed) return;
  std::sort(newest_first.begin(), newest_first.end(),
            [&](const auto* a, const auto* b) { return place(a) < place(b); });
}

// The files that one vendor keeps.
class StoredFiles {
 public:
  StoredFiles(World& world, std::string_view vendor) : world_(world), vendor_(vendor) {}

  StoredFile& add(StoredFile file);
  // Null if there is none of that id, it has expired, or it is another project's.
  StoredFile* find(std::string_view id);
  // The same for a client that reads it ("results") or deletes it ("delete").
  StoredFile* find_to(std::string_view what, std::string_view id);
  void erase(const std::string& id) { files_.erase(id); }
  // All that are there, oldest first.
  std::vector<StoredFile*> all();

 private:
  World& world_;
  std::string_view vendor_;
  std::map<std::string, StoredFile, std::less<>> files_;
  std::vector<std::string> order_;  // ids, oldest first; of deleted files too
};

// The batches of one vendor.
class StoredBatches {
 public:
  explicit StoredBatches(World& world) : world_(world) {}

  // Starts a batch whose first block of fields is filled in, and the strangers that faults bring along with it.
  Batch& start(std::unique_ptr<Batch> batch);
  // Null if there is none of that id, or it is another project's.
  Batch* find(std::string_view id);
  // The same for a client that changes it ("cancel", "delete") or reads its rows ("results").
  Batch* find_to(std::string_view what, std::string_view id);
  void erase(const Batch& batch);
  // A client's look at a batch, which the ledger counts; null: there is none, or a fault hides it.
  Batch* look_at(std::string_view id);
  // Brings up to date all that a listing shows, newest first unless a fault says otherwise. `first_page`: the fault
  // that hides them counts this one.
  std::vector<Batch*> newest_first(bool first_page);

 private:
  bool is_seen(const Batch& batch) const;
  Batch& add(std::unique_ptr<Batch> batch, const std::vector<Fault>& faults);
  void add_strangers(const Batch& batch, const LookAlikes& wanted);

  World& world_;
  std::map<std::string, Batch*, std::less<>> batches_;
  std::vector<Batch*> order_;  // oldest first
};

// The vendor's word for a batch's state as this look shows it: faults can put another in its place, or shout it.
std::string shown_word(const Batch& batch, std::string word);
// A fault keeps the results back for now.
bool results_are_late(const Batch& batch);

}  // namespace br::emulator
