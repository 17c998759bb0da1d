// Together's batches (API reference): OpenAI's way, but that a batch keeps nothing of the caller's: only the file that it
// was made of tells whose it is. The list has no pages, and counts are a percentage.
#include <algorithm>
#include <string>
#include <utility>

#include "sys/clock.h"
#include "world/cloud.h"
#include "world/cloud_files.h"

namespace br::world {
namespace {

class TogetherCloud : public Cloud {
 public:
  using Cloud::Cloud;
  const char* provider() const override { return "together"; }
  std::string base_url() const override { return "https://together.world/v1"; }
  bool is_paid(const Call& call) const override { return call.method == "POST" && call.path == "/v1/batches"; }
  Reply refusal(int status, const std::string& why) const override { return {status, R"({"error":")" + why + "\"}"}; }
  Reply answer(const Call& call) override {
    if (!knows(call.key)) return refusal(401, "invalid key");
    if (call.path == "/v1/files/upload") return upload(call);
    if (call.path == "/v1/files") return list_files(call);
    if (call.path.starts_with("/v1/files/")) return file(call);
    if (call.path == "/v1/batches") return call.method == "POST" ? create(call) : list(call);
    if (call.path.starts_with("/v1/batches/")) return batch(call);
    return refusal(404, "no such path");
  }

 protected:
  std::string new_batch_id() override { return "0000-" + std::to_string(++last_number_); }
  void write_results(CloudBatch* batch) override {
    if (batch->stage == Stage::failed) return;
    for (const Row& row : batch->rows) {
      for (int left = times(); left > 0; --left) write_row(batch, row);
    }
    if (!batch->output.empty() && shows_foreign_row()) batch->output += answered_line("nobody-asked", "foreign");
    if (!batch->output.empty()) batch->output_id = add_result_file(*batch, batch->output);
    if (!batch->errors.empty()) batch->errors_id = add_result_file(*batch, batch->errors);
  }

 private:
  static std::string answered_line(const std::string& id, const std::string& word) {
    return R"({"id":"br_1","custom_id":")" + id +
           R"(","response":{"status_code":200,"body":{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,)"
           R"("finish_reason":"stop","message":{"role":"assistant","content":"answer:)" +
           word + R"("}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}}})" + "\n";
  }
  static void write_row(CloudBatch* batch, const Row& row) {
    if (row.shown == Shown::missing || row.fate == Fate::waits) return;
    if (row.fate == Fate::answered) {
      const std::string line = answered_line(row.id, row.word);
      batch->output += row.shown == Shown::good ? line : line.substr(0, line.size() / 2) + "\n";
      return;
    }
    batch->errors += R"({"id":"br_2","custom_id":")" + row.id +
                     R"(","error":{"code":"batch_client_error","message":"not answered"}})" + "\n";
  }
  std::string add_result_file(const CloudBatch& batch, const std::string& content) {
    const std::int64_t now = timeline_->now_ms();
    return files_.add({"file-out-" + std::to_string(++last_number_), batch.account, "out.jsonl", content, now,
                       now + manners_.file_lag_ms});
  }
  static std::string describe(const CloudFile& file) {
    return R"({"id":")" + file.id + R"(","object":"file","created_at":)" + std::to_string(file.created_ms / 1000) +
           R"(,"filename":")" + file.name + R"(","bytes":)" + std::to_string(file.content.size()) +
           R"(,"purpose":"batch-api","FileType":"jsonl","Processed":true,"LineCount":0})";
  }
  static const char* word_for(Stage stage) {
    switch (stage) {
      case Stage::validating: return "VALIDATING";
      case Stage::working: return "IN_PROGRESS";
      case Stage::cancelling: return "CANCELING";
      case Stage::ended: return "COMPLETED";
      case Stage::failed: return "FAILED";
      case Stage::cancelled: return "CANCELLED";
      case Stage::expired: return "EXPIRED";
    }
    return "";
  }
  static std::string describe(const CloudBatch& batch) {
    std::string text = R"({"id":")" + batch.id + R"(","user_id":"u","input_file_id":")" + batch.input_file +
                       R"(","status":")" + word_for(batch.stage) + R"(","created_at":")" + iso_time(batch.created_ms) +
                       R"(","endpoint":"/v1/chat/completions","progress":)" + (batch.ended_ms >= 0 ? "100.0" : "0.0");
    if (!batch.output_id.empty()) text += R"(,"output_file_id":")" + batch.output_id + '"';
    if (!batch.errors_id.empty()) text += R"(,"error_file_id":")" + batch.errors_id + '"';
    if (batch.stage == Stage::failed) text += R"(,"error":"the file cannot be read")";
    return text + "}";
  }
  Reply upload(const Call& call) {
    const std::int64_t now = timeline_->now_ms();
    const std::string id = files_.add({"file-in-" + std::to_string(++last_number_), call.key, call.filename, call.body, now, now});
    return {200, describe(*files_.find(call.key, id, now))};
  }
  Reply list_files(const Call& call) {
    std::string entries;
    for (const CloudFile* file : files_.page_after(call.key, "", SIZE_MAX).files)
      entries += (entries.empty() ? "" : ",") + describe(*file);
    return {200, R"({"data":[)" + entries + "]}"};
  }
  Reply file(const Call& call) {
    std::string id = call.path.substr(std::string("/v1/files/").size());
    const bool content = id.ends_with("/content");
    if (content) id.resize(id.size() - std::string("/content").size());
    const CloudFile* found = files_.find(call.key, id, timeline_->now_ms());
    if (found == nullptr) return refusal(404, "no file " + id);
    if (call.method != "DELETE") return {200, content ? found->content : describe(*found)};
    files_.remove(id);
    return {200, R"({"id":")" + id + R"(","deleted":true})"};
  }
  // Also of a file that is not there: such a batch fails when it is looked into.
  Reply create(const Call& call) {
    const std::string input = text_of(call.body, "input_file_id");
    const CloudFile* found = files_.find(call.key, input, timeline_->now_ms());
    if (found == nullptr) return refusal(400, "no file " + input);
    return {201, R"({"job":)" + describe(*begin(call.key, read_rows(found->content, "custom_id"), input, "")) + "}"};
  }
  Reply list(const Call& call) {
    std::string entries;
    for (const CloudBatch* batch : listed(call.key)) entries += (entries.empty() ? "" : ",") + describe(*batch);
    return {200, "[" + entries + "]"};
  }
  Reply batch(const Call& call) {
    std::string id = call.path.substr(std::string("/v1/batches/").size());
    const bool cancels = id.ends_with("/cancel");
    if (cancels) id.resize(id.size() - std::string("/cancel").size());
    CloudBatch* found = find(call.key, id);
    if (found == nullptr) return refusal(404, "Job not found");
    if (!cancels) return {200, describe(*found)};
    trespass(*found, "cancelling");
    if (found->ended_ms >= 0) return refusal(409, "Cannot cancel job - already in terminal state");
    cancel(found);
    return {200, describe(*found)};
  }

  CloudFiles files_;
};

}  // namespace

std::unique_ptr<Cloud> make_together_cloud(Timeline* timeline, History* history, Dice dice, Manners manners) {
  return std::make_unique<TogetherCloud>(timeline, history, dice, manners);
}

}  // namespace br::world
