#include "emulator/vendor/stored.h"

#include <algorithm>
#include <utility>

#include "emulator/batches/row_run.h"
#include "emulator/vendor/look_alike.h"

namespace br::emulator {

StoredFile& StoredFiles::add(StoredFile file) {
  const std::string id = file.id;
  if (!file.tenant) file.tenant = world_.call.tenant;
  order_.push_back(id);
  return files_.insert_or_assign(id, std::move(file)).first->second;
}

StoredFile* StoredFiles::find(std::string_view id) {
  const auto at = files_.find(id);
  if (at == files_.end() || (at->second.expires_s > 0 && at->second.expires_s <= world_.now_s())) return nullptr;
  return at->second.tenant->project == world_.call.tenant.project ? &at->second : nullptr;
}

StoredFile* StoredFiles::find_to(std::string_view what, std::string_view id) {
  StoredFile* const file = find(id);
  if (file != nullptr) world_.ledger.touch(*file->tenant, world_.call.tenant, vendor_, what, id);
  return file;
}

std::vector<StoredFile*> StoredFiles::all() {
  std::vector<StoredFile*> found;
  for (const std::string& id : order_) {
    StoredFile* const file = find(id);
    if (file != nullptr) found.push_back(file);
  }
  return found;
}

Batch& StoredBatches::add(std::unique_ptr<Batch> batch, const std::vector<Fault>& faults) {
  Batch& added = world_.batches.add(std::move(batch), faults);
  batches_.emplace(added.id, &added);
  order_.push_back(&added);
  return added;
}

Batch& StoredBatches::start(std::unique_ptr<Batch> batch) {
  batch->tenant = world_.call.tenant;
  LookAlikes wanted = std::exchange(world_.call.look_alikes, {});
  if (wanted.instead) {
    add_strangers(*batch, wanted);
    world_.unmade.push_back(std::move(batch));
    return *world_.unmade.back();
  }
  std::vector<Fault> faults;
  if (!batch->tenant.stranger) {
    faults = world_.faults.on_batch([&] { return world_.batches.count_running(batch->vendor, batch->tenant.project); });
  }
  Batch& added = add(std::move(batch), faults);
  add_strangers(added, added.quirks.look_alikes);
  return added;
}

// The first comes after the batch, the second before it, and so on.
void StoredBatches::add_strangers(const Batch& batch, const LookAlikes& wanted) {
  for (int64_t i = 0; i < wanted.copies; ++i) {
    Batch& stranger = add(look_alike(batch, wanted, world_), {});
    if (stranger.never_fails) stranger.run->check(INT64_MAX);
    const auto original = std::find(order_.begin(), order_.end(), &batch);
    if (i % 2 == 1 && original != order_.end()) std::rotate(original, order_.end() - 1, order_.end());
  }
}

// The caller's project has it, and no fault keeps it back.
bool StoredBatches::is_seen(const Batch& batch) const {
  const bool late = world_.clock.now_ms() < batch.times.created_ms + batch.quirks.late_ms;
  return !late && batch.tenant.project == world_.call.tenant.project;
}

Batch* StoredBatches::find(std::string_view id) {
  const auto at = batches_.find(id);
  return at == batches_.end() || !is_seen(*at->second) ? nullptr : at->second;
}

Batch* StoredBatches::find_to(std::string_view what, std::string_view id) {
  Batch* const batch = find(id);
  if (batch != nullptr) world_.ledger.touch(batch->tenant, world_.call.tenant, batch->vendor, what, id);
  return batch;
}

void StoredBatches::erase(const Batch& batch) {
  batches_.erase(batch.id);
  order_.erase(std::remove(order_.begin(), order_.end(), &batch), order_.end());
}

Batch* StoredBatches::look_at(std::string_view id) {
  ++world_.ledger.sums().polls;
  Batch* const batch = find_to("poll", id);
  if (batch == nullptr || ++batch->polls <= batch->quirks.not_found_polls) return nullptr;
  world_.batches.update(*batch, true);
  if (has_ended(batch->stage)) ++batch->ended_polls;
  return batch;
}

std::vector<Batch*> StoredBatches::newest_first(bool first_page) {
  ++world_.ledger.sums().lists;
  std::vector<Batch*> shown;
  for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
    Batch& batch = **at;
    if (!is_seen(batch)) continue;
    const int64_t age_ms = world_.clock.now_ms() - batch.times.created_ms;
    const bool hidden = batch.lists < batch.quirks.hidden_lists || age_ms < batch.quirks.hidden_list_ms;
    if (first_page) ++batch.lists;
    if (hidden) continue;
    world_.batches.update(batch, false);
    shown.push_back(&batch);
  }
  put_in_order(shown, world_.call.order, world_.options.seed, [](const Batch* batch) { return batch->id; });
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
