// OpenAI's batches (platform documentation, batch guide): a file goes up, a batch is made of it, two files come back.
#include <algorithm>
#include <string>
#include <utility>

#include "world/cloud.h"
#include "world/cloud_files.h"

namespace br::world {
namespace {

class OpenAiCloud : public Cloud {
 public:
  using Cloud::Cloud;
  const char* provider() const override { return "openai"; }
  std::string base_url() const override { return "https://openai.world/v1"; }
  bool is_paid(const Call& call) const override { return call.method == "POST" && call.path == "/v1/batches"; }
  Reply refusal(int status, const std::string& why) const override {
    return {status, R"({"error":{"message":")" + why + R"(","type":"server_error","param":null,"code":null}})"};
  }
  Reply answer(const Call& call) override {
    if (!knows(call.key)) return refusal(401, "Incorrect API key provided");
    if (call.path == "/v1/files") return call.method == "POST" ? upload(call) : list_files(call);
    if (call.path.starts_with("/v1/files/")) return file(call);
    if (call.path == "/v1/batches") return call.method == "POST" ? create(call) : list(call);
    if (call.path.starts_with("/v1/batches/")) return batch(call);
    return refusal(404, "no such path");
  }

 protected:
  std::string new_batch_id() override { return "batch_" + std::to_string(++last_number_); }
  void write_results(CloudBatch* batch) override {
    for (const Row& row : batch->rows) {
      for (int left = times(); left > 0; --left) write_row(batch, row);
    }
    if (!batch->output.empty() && shows_foreign_row()) batch->output += answered_line("nobody-asked", "foreign");
    if (batch->stage == Stage::failed) return;
    if (!batch->output.empty()) batch->output_id = add_result_file(*batch, batch->output);
    if (!batch->errors.empty()) batch->errors_id = add_result_file(*batch, batch->errors);
  }

 private:
  static std::string answered_line(const std::string& id, const std::string& word) {
    return R"({"id":"batch_req_1","custom_id":")" + id +
           R"(","response":{"status_code":200,"request_id":"r","body":{"id":"c","object":"chat.completion","created":1,)"
           R"("model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"answer:)" +
           word + R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}},)"
                  R"("error":null})"
                  "\n";
  }
  void write_row(CloudBatch* batch, const Row& row) {
    if (row.shown == Shown::missing) return;
    if (row.fate == Fate::answered) {
      const std::string line = answered_line(row.id, row.word);
      batch->output += row.shown == Shown::good ? line : line.substr(0, line.size() / 2) + "\n";
    }
    if (row.fate == Fate::errored)
      batch->errors += R"({"id":"batch_req_2","custom_id":")" + row.id +
                       R"(","response":{"status_code":400,"request_id":"r","body":{"error":{"message":"refused","type":)"
                       R"("invalid_request_error","param":null,"code":null}}},"error":null})"
                       "\n";
    if (row.fate == Fate::expired)
      batch->errors += R"({"id":"batch_req_3","custom_id":")" + row.id +
                       R"(","response":null,"error":{"code":"batch_expired","message":"not in time"}})"
                       "\n";
    if (row.fate == Fate::cancelled)
      batch->errors += R"({"id":"batch_req_4","custom_id":")" + row.id +
                       R"(","response":null,"error":{"code":"batch_cancelled","message":"cancelled"}})"
                       "\n";
  }
  std::string add_result_file(const CloudBatch& batch, const std::string& content) {
    const std::int64_t now = timeline_->now_ms();
    return files_.add({"file-out-" + std::to_string(++last_number_), batch.account, "out.jsonl", content, now,
                       now + manners_.file_lag_ms});
  }
  std::string describe(const CloudFile& file) const {
    return R"({"id":")" + file.id + R"(","object":"file","bytes":)" + std::to_string(file.content.size()) +
           R"(,"created_at":)" + std::to_string(file.created_ms / 1000) + R"(,"filename":")" + file.name +
           R"(","purpose":"batch","status":"processed"})";
  }
  Reply upload(const Call& call) {
    const std::int64_t now = timeline_->now_ms();
    const std::string id = files_.add({"file-in-" + std::to_string(++last_number_), call.key, call.filename, call.body, now, now});
    return {200, describe(*files_.find(call.key, id, now))};
  }
  Reply list_files(const Call& call) {
    const auto page = files_.page_after(call.key, argument(call.query, "after"), manners_.page);
    std::string entries;
    for (const CloudFile* file : page.files) entries += (entries.empty() ? "" : ",") + describe(*file);
    return {200, R"({"object":"list","data":[)" + entries + R"(],"has_more":)" + (page.has_more ? "true" : "false") + "}"};
  }
  Reply file(const Call& call) {
    std::string id = call.path.substr(std::string("/v1/files/").size());
    const bool content = id.ends_with("/content");
    if (content) id.resize(id.size() - std::string("/content").size());
    const CloudFile* found = files_.find(call.key, id, timeline_->now_ms());
    if (found == nullptr) return refusal(404, "No such File object: " + id);
    if (call.method != "DELETE") return {200, content ? found->content : describe(*found)};
    files_.remove(id);
    return {200, R"({"id":")" + id + R"(","object":"file","deleted":true})"};
  }
  Reply create(const Call& call) {
    const std::string input = text_of(call.body, "input_file_id");
    const CloudFile* found = files_.find(call.key, input, timeline_->now_ms());
    if (found == nullptr) return refusal(400, "No such File object: " + input);
    std::string metadata;
    if (const std::size_t at = call.body.find("\"metadata\":{"); at != std::string::npos) {
      const std::size_t from = at + std::string("\"metadata\":").size();
      metadata = call.body.substr(from, call.body.find('}', from) + 1 - from);
    }
    const CloudBatch* made = begin(call.key, read_rows(found->content, "custom_id"), input, metadata);
    return {200, describe(*made)};
  }
  static const char* word_for(Stage stage) {
    switch (stage) {
      case Stage::validating: return "validating";
      case Stage::working: return "in_progress";
      case Stage::cancelling: return "cancelling";
      case Stage::ended: return "completed";
      case Stage::failed: return "failed";
      case Stage::cancelled: return "cancelled";
      case Stage::expired: return "expired";
    }
    return "";
  }
  std::string describe(const CloudBatch& batch) {
    const auto done = std::count_if(batch.rows.begin(), batch.rows.end(), [](const Row& r) { return r.fate == Fate::answered; });
    const char* state = word_for(batch.stage);
    if (manners_.steps_back && batch.stage == Stage::working && dice_.percent(20)) state = "validating";
    std::string text = R"({"id":")" + batch.id + R"(","object":"batch","endpoint":"/v1/chat/completions","errors":)" +
                       (batch.stage == Stage::failed
                            ? R"({"object":"list","data":[{"code":"invalid_json_line","message":"bad file","line":1}]})"
                            : "null") +
                       R"(,"input_file_id":")" + batch.input_file + R"(","completion_window":"24h","status":")" + state +
                       R"(","created_at":)" + std::to_string(batch.created_ms / 1000) + R"(,"request_counts":{"total":)" +
                       std::to_string(batch.rows.size()) + R"(,"completed":)" + std::to_string(done) + R"(,"failed":0})";
    if (!batch.output_id.empty()) text += R"(,"output_file_id":")" + batch.output_id + '"';
    if (!batch.errors_id.empty()) text += R"(,"error_file_id":")" + batch.errors_id + '"';
    return text + R"(,"metadata":)" + (batch.metadata.empty() ? "null" : batch.metadata) + "}";
  }
  Reply list(const Call& call) {
    const auto all = listed(call.key);
    const std::string after = argument(call.query, "after");
    auto at = all.begin();
    if (!after.empty()) {
      at = std::find_if(all.begin(), all.end(), [&](const CloudBatch* batch) { return batch->id == after; });
      if (at == all.end()) return refusal(400, "No batch found with id '" + after + "'");
      ++at;
    }
    std::string entries, last;
    for (std::size_t count = 0; at != all.end() && count < manners_.page; ++at, ++count) {
      const bool is_readable = !(*at)->is_foreign || !dice_.percent(manners_.unreadable_entry);
      entries += (entries.empty() ? "" : ",") + (is_readable ? describe(**at) : std::string(R"({"object":"batch"})"));
      last = (*at)->id;
    }
    return {200, R"({"object":"list","data":[)" + entries + R"(],"last_id":")" + last + R"(","has_more":)" +
                     (at != all.end() ? "true" : "false") + "}"};
  }
  Reply batch(const Call& call) {
    std::string id = call.path.substr(std::string("/v1/batches/").size());
    const bool cancels = id.ends_with("/cancel");
    if (cancels) id.resize(id.size() - std::string("/cancel").size());
    CloudBatch* found = find(call.key, id);
    if (found == nullptr) return refusal(404, "No batch found with id '" + id + "'");
    if (!cancels) return {200, describe(*found)};
    trespass(*found, "cancelling");
    if (found->ended_ms >= 0) return refusal(409, "Cannot cancel a batch that has ended");
    cancel(found);
    return {200, describe(*found)};
  }

  CloudFiles files_;
};

}  // namespace

std::unique_ptr<Cloud> make_openai_cloud(Timeline* timeline, History* history, Dice dice, Manners manners) {
  return std::make_unique<OpenAiCloud>(timeline, history, dice, manners);
}

}  // namespace br::world
