#include "emulator/shelves.h"

#include <algorithm>
#include <utility>

namespace br::emulator {

StoredFile& FileShelf::add(StoredFile file) {
  const std::string id = file.id;
  order_.push_back(id);
  return files_.insert_or_assign(id, std::move(file)).first->second;
}

StoredFile* FileShelf::find(std::string_view id) {
  const auto at = files_.find(id);
  if (at == files_.end() || (at->second.expires_s > 0 && at->second.expires_s <= world_.now_s())) return nullptr;
  return &at->second;
}

std::vector<StoredFile*> FileShelf::all() {
  std::vector<StoredFile*> found;
  for (const std::string& id : order_) {
    StoredFile* const file = find(id);
    if (file != nullptr) found.push_back(file);
  }
  return found;
}

Batch& BatchShelf::start(std::unique_ptr<Batch> batch) {
  Batch& added = world_.batches.add(std::move(batch), world_.faults.on_batch());
  batches_.emplace(added.id, &added);
  order_.push_back(&added);
  return added;
}

Batch* BatchShelf::find(std::string_view id) {
  const auto at = batches_.find(id);
  return at == batches_.end() ? nullptr : at->second;
}

void BatchShelf::erase(const Batch& batch) {
  batches_.erase(batch.id);
  order_.erase(std::remove(order_.begin(), order_.end(), &batch), order_.end());
}

Batch* BatchShelf::look_at(std::string_view id) {
  ++world_.books.ledger().polls;
  Batch* const batch = find(id);
  if (batch == nullptr || ++batch->polls <= batch->quirks.not_found_polls) return nullptr;
  world_.batches.update(*batch, true);
  if (has_ended(batch->stage)) ++batch->ended_polls;
  return batch;
}

std::vector<Batch*> BatchShelf::newest_first(bool first_page) {
  ++world_.books.ledger().lists;
  std::vector<Batch*> shown;
  for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
    Batch& batch = **at;
    const bool hidden = batch.lists < batch.quirks.hidden_lists;
    if (first_page) ++batch.lists;
    if (hidden) continue;
    world_.batches.update(batch, false);
    shown.push_back(&batch);
  }
  return shown;
}

std::string shown_word(const Batch& batch, std::string word) {
  const int64_t looks = batch.polls - batch.quirks.not_found_polls;
  if (looks > 0 && looks <= batch.quirks.status_word_polls) word = batch.quirks.status_word;
  if (batch.quirks.status_upper) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  }
  return word;
}

bool results_are_late(const Batch& batch) {
  return batch.quirks.output_late_polls > 0 && batch.ended_polls <= batch.quirks.output_late_polls;
}

}  // namespace br::emulator
