#include "world/cloud.h"

#include <algorithm>
#include <utility>

namespace br::world {

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string text_of(std::string_view json, std::string_view name) {
  const std::string key = quoted(name) + ":\"";
  const std::size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + key.size();
  return std::string(json.substr(from, json.find('"', from) - from));
}

std::string argument(const std::string& query, const std::string& name) {
  const std::string key = name + "=";
  for (std::size_t at = 0; at < query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    if (query.compare(at, key.size(), key) == 0) return query.substr(at + key.size(), end - at - key.size());
    at = end + 1;
  }
  return {};
}

std::vector<Row> read_rows(std::string_view lines, std::string_view id_name) {
  std::vector<Row> rows;
  constexpr std::string_view kAsk = "ask:";
  // An id stands before the question that it is of.
  for (std::size_t at = 0;;) {
    const std::size_t ask = lines.find(kAsk, at);
    if (ask == std::string_view::npos) return rows;
    const std::size_t id = lines.rfind(quoted(id_name), ask);
    Row row;
    row.id = id == std::string_view::npos || id < at ? std::string() : text_of(lines.substr(id), id_name);
    const std::size_t from = ask + kAsk.size();
    row.word = std::string(lines.substr(from, lines.find('"', from) - from));
    rows.push_back(std::move(row));
    at = from;
  }
}

CloudBatch* Cloud::begin(const std::string& account, std::vector<Row> rows, const std::string& input_file,
                         const std::string& metadata) {
  auto batch = std::make_unique<CloudBatch>();
  batch->id = new_batch_id();
  batch->account = account;
  batch->input_file = input_file;
  batch->metadata = metadata;
  batch->created_ms = timeline_->now_ms();
  batch->rows = std::move(rows);
  CloudBatch* made = batch.get();
  batches_.push_back(std::move(batch));
  history_->tell("the vendor begins a batch", made->id + ", " + std::to_string(made->rows.size()) + " requests");
  const std::int64_t work_ms = dice_.between(manners_.shortest_work_ms, manners_.longest_work_ms);
  timeline_->at(made->created_ms + work_ms / 10, [made] {
    if (made->stage == Stage::validating) made->stage = Stage::working;
  });
  timeline_->at(made->created_ms + work_ms, [this, made] { end(made); });
  if (!made->is_foreign && dice_.percent(manners_.lookalikes)) begin_lookalike(*made);
  return made;
}

// Of another tenant: as many requests, with the same ids, at about the same time.
void Cloud::begin_lookalike(const CloudBatch& like) {
  auto other = std::make_unique<CloudBatch>(like);
  other->id = new_batch_id();
  other->is_foreign = true;
  other->input_file = "file-foreign-" + std::to_string(++last_number_);
  other->metadata.clear();
  other->created_ms += dice_.between(-60'000, 60'000);
  for (std::size_t i = 0; i < other->rows.size(); ++i) {
    other->rows[i].word = "foreign-" + other->rows[i].word;
    other->rows[i].id = "r" + std::to_string(i);
  }
  CloudBatch* made = other.get();
  batches_.insert(dice_.percent(50) ? batches_.end() : batches_.end() - 1, std::move(other));
  history_->tell("another tenant's batch looks like it", made->id);
  const std::int64_t work_ms = dice_.between(manners_.shortest_work_ms, manners_.longest_work_ms);
  timeline_->at(timeline_->now_ms() + work_ms, [this, made] { end(made); });
}

CloudBatch* Cloud::find(const std::string& account, const std::string& id) {
  for (const auto& batch : batches_) {
    if (batch->account == account && batch->id == id) return batch.get();
  }
  return nullptr;
}

std::vector<CloudBatch*> Cloud::listed(const std::string& account) const {
  std::vector<CloudBatch*> found;
  for (auto at = batches_.rbegin(); at != batches_.rend(); ++at) {
    const bool is_shown = (*at)->is_foreign || timeline_->now_ms() - (*at)->created_ms >= manners_.list_lag_ms;
    if ((*at)->account == account && is_shown) found.push_back(at->get());
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const CloudBatch* a, const CloudBatch* b) { return a->created_ms > b->created_ms; });
  return found;
}

void Cloud::trespass(const CloudBatch& batch, const std::string& what) {
  if (!batch.is_foreign) return;
  trespasses_.push_back(what + " of another tenant's batch " + batch.id);
  history_->tell("TRESPASS", trespasses_.back());
}

// Vendors go on with what is under way; the rest is not done.
void Cloud::cancel(CloudBatch* batch) {
  if (batch->stage != Stage::validating && batch->stage != Stage::working) return;
  batch->stage = Stage::cancelling;
  timeline_->at(timeline_->now_ms() + dice_.between(1'000, 600'000), [this, batch] { end(batch); });
}

void Cloud::end(CloudBatch* batch) {
  if (batch->ended_ms >= 0) return;
  if (batch->stage == Stage::cancelling) return finish(batch, Stage::cancelled);
  if (dice_.percent(manners_.fails)) return finish(batch, Stage::failed);
  if (dice_.percent(manners_.expires)) return finish(batch, Stage::expired);
  finish(batch, Stage::ended);
}

void Cloud::finish(CloudBatch* batch, Stage stage) {
  batch->stage = stage;
  batch->ended_ms = timeline_->now_ms();
  for (Row& row : batch->rows) {
    if (stage == Stage::failed) continue;  // nothing was begun
    const bool is_left = (stage == Stage::cancelled || stage == Stage::expired) && dice_.percent(50);
    if (is_left) row.fate = stage == Stage::cancelled ? Fate::cancelled : Fate::expired;
    else if (dice_.percent(manners_.partly_expires)) row.fate = Fate::expired;
    else row.fate = dice_.percent(manners_.errored) ? Fate::errored : Fate::answered;
    if (dice_.percent(manners_.missing)) row.shown = Shown::missing;
    else if (dice_.percent(manners_.damaged)) row.shown = Shown::damaged;
  }
  // A file without one row that can be read is taken for somebody's in between, and waited for: one can be read.
  const auto is_bad = [](const Row& row) { return row.shown != Shown::good; };
  if (std::all_of(batch->rows.begin(), batch->rows.end(), is_bad)) batch->rows.front().shown = Shown::good;
  static const std::map<Stage, std::string> kEnds = {{Stage::ended, "the vendor ends a batch"},
                                                     {Stage::failed, "the vendor refuses a batch when it looks into it"},
                                                     {Stage::cancelled, "the vendor ends a cancelled batch"},
                                                     {Stage::expired, "a batch expires"}};
  history_->tell(kEnds.at(stage), batch->id);
  write_results(batch);
}

std::unique_ptr<Cloud> make_cloud(const std::string& vendor, Timeline* timeline, History* history, Dice dice,
                                  Manners manners) {
  if (vendor == "anthropic") return make_anthropic_cloud(timeline, history, dice, manners);
  if (vendor == "together") return make_together_cloud(timeline, history, dice, manners);
  if (vendor == "google") return make_google_cloud(timeline, history, dice, manners);
  return make_openai_cloud(timeline, history, dice, manners);
}

void Cloud::calm_down() {
  const Manners before = manners_;
  manners_ = Manners{};
  manners_.page = before.page;
}

}  // namespace br::world
