#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/vendor.h"

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
};

// The files that one vendor keeps.
class FileShelf {
 public:
  explicit FileShelf(World& world) : world_(world) {}

  StoredFile& add(StoredFile file);
  // Null if there is none of that id, or it has expired.
  StoredFile* find(std::string_view id);
  void erase(const std::string& id) { files_.erase(id); }
  // All that are there, oldest first.
  std::vector<StoredFile*> all();

 private:
  World& world_;
  std::map<std::string, StoredFile, std::less<>> files_;
  std::vector<std::string> order_;  // ids, oldest first; of deleted files too
};

// The batches of one vendor.
class BatchShelf {
 public:
  explicit BatchShelf(World& world) : world_(world) {}

  // Starts a batch whose first block of fields is filled in.
  Batch& start(std::unique_ptr<Batch> batch);
  Batch* find(std::string_view id);
  void erase(const Batch& batch);
  // A client's look at a batch, which the ledger counts; null: there is none, or a fault hides it.
  Batch* look_at(std::string_view id);
  // Brings up to date all that a listing shows, newest first. `first_page`: the fault that hides them counts this one.
  std::vector<Batch*> newest_first(bool first_page);

 private:
  World& world_;
  std::map<std::string, Batch*, std::less<>> batches_;
  std::vector<Batch*> order_;  // oldest first
};

// The vendor's word for a batch's state as this look shows it: faults can put another in its place, or shout it.
std::string shown_word(const Batch& batch, std::string word);
// A fault keeps the results back for now.
bool results_are_late(const Batch& batch);

}  // namespace br::emulator
