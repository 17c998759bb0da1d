// Anthropic's Message Batches (API reference): the requests stand in the call that makes the batch, which keeps nothing of
// the caller's but their ids, shown in the results alone.
#include <algorithm>
#include <string>
#include <utility>

#include "sys/clock.h"
#include "world/cloud.h"

namespace br::world {
namespace {

constexpr const char* kBatches = "/v1/messages/batches";

class AnthropicCloud : public Cloud {
 public:
  using Cloud::Cloud;
  const char* provider() const override { return "anthropic"; }
  std::string base_url() const override { return "https://anthropic.world"; }
  bool is_paid(const Call& call) const override { return call.method == "POST" && call.path == kBatches; }
  Reply refusal(int status, const std::string& why) const override {
    const char* type = status == 401   ? "authentication_error"
                       : status == 404 ? "not_found_error"
                       : status == 429 ? "rate_limit_error"
                       : status == 529 ? "overloaded_error"
                       : status >= 500 ? "api_error"
                                       : "invalid_request_error";
    return {status, R"({"type":"error","error":{"type":")" + std::string(type) + R"(","message":")" + why + "\"}}"};
  }
  Reply answer(const Call& call) override {
    if (!knows(call.key)) return refusal(401, "invalid x-api-key");
    if (call.path == kBatches) return call.method == "POST" ? create(call) : list(call);
    if (call.path.starts_with(std::string(kBatches) + "/")) return batch(call);
    return refusal(404, "Not found");
  }

 protected:
  std::string new_batch_id() override { return "msgbatch_" + std::to_string(++last_number_); }
  void write_results(CloudBatch* batch) override {
    batch->stage = Stage::ended;  // the one end there is
    for (const Row& row : batch->rows) {
      for (int left = times(); left > 0; --left) write_row(batch, row);
    }
    if (shows_foreign_row()) batch->output += answered_line("nobody-asked", "foreign");
  }

 private:
  static std::string answered_line(const std::string& id, const std::string& word) {
    return R"({"custom_id":")" + id +
           R"(","result":{"type":"succeeded","message":{"id":"msg","type":"message","role":"assistant","model":"m",)"
           R"("content":[{"type":"text","text":"answer:)" +
           word + R"("}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}})"
                  "\n";
  }
  static void write_row(CloudBatch* batch, const Row& row) {
    if (row.shown == Shown::missing) return;
    const std::string head = R"({"custom_id":")" + row.id + R"(","result":{"type":")";
    std::string line;
    if (row.fate == Fate::answered) line = answered_line(row.id, row.word);
    if (row.fate == Fate::errored)
      line = head + R"(errored","error":{"type":"error","error":{"type":"invalid_request_error","message":"refused"}}}})" + "\n";
    if (row.fate == Fate::expired) line = head + "expired\"}}\n";
    if (row.fate == Fate::cancelled || row.fate == Fate::waits) line = head + "canceled\"}}\n";
    batch->output += row.shown == Shown::good ? line : line.substr(0, line.size() / 2) + "\n";
  }
  static std::string time_text(std::int64_t ms) { return ms < 0 ? "null" : quoted(iso_time(ms)); }
  std::string describe(const CloudBatch& batch) const {
    const bool ended = batch.ended_ms >= 0;
    const auto with = [&](Fate fate) {
      return std::to_string(
          std::count_if(batch.rows.begin(), batch.rows.end(), [&](const Row& row) { return ended && row.fate == fate; }));
    };
    const auto waits = ended ? std::count_if(batch.rows.begin(), batch.rows.end(), [](const Row& r) { return r.fate == Fate::waits; })
                             : 0;
    return R"({"id":")" + batch.id + R"(","type":"message_batch","processing_status":")" +
           (ended ? "ended" : batch.stage == Stage::cancelling ? "canceling" : "in_progress") +
           R"(","request_counts":{"processing":)" + std::to_string(ended ? 0 : batch.rows.size()) + R"(,"succeeded":)" +
           with(Fate::answered) + R"(,"errored":)" + with(Fate::errored) + R"(,"canceled":)" +
           std::to_string(std::stoll(with(Fate::cancelled)) + waits) + R"(,"expired":)" + with(Fate::expired) +
           R"(},"created_at":)" + time_text(batch.created_ms) + R"(,"expires_at":)" +
           time_text(batch.created_ms + 86'400'000) + R"(,"ended_at":)" + time_text(batch.ended_ms) +
           R"(,"cancel_initiated_at":null,"archived_at":null,"results_url":)" +
           (ended ? quoted(base_url() + kBatches + "/" + batch.id + "/results") : "null") + "}";
  }
  Reply create(const Call& call) {
    return {200, describe(*begin(call.key, read_rows(call.body, "custom_id"), "", ""))};
  }
  Reply list(const Call& call) {
    const auto all = listed(call.key);
    const std::string after = argument(call.query, "after_id");
    auto at = all.begin();
    if (!after.empty()) {
      at = std::find_if(all.begin(), all.end(), [&](const CloudBatch* batch) { return batch->id == after; });
      if (at == all.end()) return refusal(404, "no batch " + after);
      ++at;
    }
    std::string entries, last;
    for (std::size_t count = 0; at != all.end() && count < manners_.page; ++at, ++count) {
      entries += (entries.empty() ? "" : ",") + describe(**at);
      last = (*at)->id;
    }
    return {200, R"({"data":[)" + entries + R"(],"has_more":)" + (at != all.end() ? "true" : "false") +
                     R"(,"first_id":null,"last_id":)" + (last.empty() ? "null" : quoted(last)) + "}"};
  }
  Reply batch(const Call& call) {
    std::string id = call.path.substr(std::string(kBatches).size() + 1);
    const std::size_t slash = id.find('/');
    const std::string what = slash == std::string::npos ? "" : id.substr(slash + 1);
    id.resize(std::min(slash, id.size()));
    CloudBatch* found = find(call.key, id);
    if (found == nullptr) return refusal(404, "no batch " + id);
    if (what == "results") {
      if (found->ended_ms < 0 || timeline_->now_ms() < found->ended_ms + manners_.file_lag_ms)
        return refusal(404, "no results yet");
      return {200, found->output};
    }
    if (call.method == "DELETE") trespass(*found, "deleting");
    if (what != "cancel") return {200, describe(*found)};
    trespass(*found, "cancelling");
    cancel(found);
    return {200, describe(*found)};
  }
};

}  // namespace

std::unique_ptr<Cloud> make_anthropic_cloud(Timeline* timeline, History* history, Dice dice, Manners manners) {
  return std::make_unique<AnthropicCloud>(timeline, history, dice, manners);
}

}  // namespace br::world
