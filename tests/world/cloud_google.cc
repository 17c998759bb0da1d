// Gemini's batches (Gemini API reference, batch guide): the file goes up in two calls, a batch is an operation that is
// known by its display name, and one that expired or was cancelled gives nothing.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "sys/clock.h"
#include "world/cloud.h"
#include "world/cloud_files.h"

namespace br::world {
namespace {

constexpr const char* kUpload = "/upload/v1beta/files";
constexpr const char* kFiles = "/v1beta/files/";
constexpr const char* kDownload = "/download/v1beta/files/";
constexpr const char* kBatches = "/v1beta/batches";

bool consume_end(std::string* text, const std::string& end) {
  if (!text->ends_with(end)) return false;
  text->resize(text->size() - end.size());
  return true;
}

class GoogleCloud : public Cloud {
 public:
  using Cloud::Cloud;
  const char* provider() const override { return "google"; }
  std::string base_url() const override { return "https://google.world"; }
  bool is_paid(const Call& call) const override { return call.path.ends_with(":batchGenerateContent"); }
  Reply refusal(int status, const std::string& why) const override {
    const char* word = status == 401   ? "UNAUTHENTICATED"
                       : status == 404 ? "NOT_FOUND"
                       : status == 429 ? "RESOURCE_EXHAUSTED"
                       : status == 503 ? "UNAVAILABLE"
                       : status >= 500 ? "INTERNAL"
                                       : "INVALID_ARGUMENT";
    return {status, R"({"error":{"code":)" + std::to_string(status) + R"(,"message":")" + why + R"(","status":")" + word + "\"}}"};
  }
  Reply answer(const Call& call) override {
    if (!knows(call.key)) return refusal(401, "API key not valid");
    if (call.path == kUpload) return upload(call);
    if (is_paid(call)) return create(call);
    if (call.path == kBatches) return list(call);
    if (call.path.starts_with(std::string(kBatches) + "/")) return batch(call);
    if (call.path.starts_with(kFiles) || call.path.starts_with(kDownload)) return file(call);
    return refusal(404, "no such path");
  }

 protected:
  std::string new_batch_id() override { return "b" + std::to_string(++last_number_); }
  void write_results(CloudBatch* batch) override {
    if (batch->stage == Stage::cancelled || batch->stage == Stage::expired) {
      for (Row& row : batch->rows) row.fate = batch->stage == Stage::expired ? Fate::expired : Fate::cancelled;
    }
    if (batch->stage != Stage::ended) return;
    for (const Row& row : batch->rows) {
      for (int left = times(); left > 0; --left) write_row(batch, row);
    }
    if (shows_foreign_row()) batch->output += answered_line("nobody-asked", "foreign");
    const std::int64_t now = timeline_->now_ms();
    batch->output_id =
        files_.add({"batch-" + batch->id, batch->account, "", batch->output, now, now + manners_.file_lag_ms});
  }

 private:
  static std::string answered_line(const std::string& id, const std::string& word) {
    return R"({"key":")" + id + R"(","response":{"candidates":[{"content":{"parts":[{"text":"answer:)" + word +
           R"("}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1,)"
           R"("candidatesTokenCount":1,"totalTokenCount":2},"modelVersion":"m"}})"
           "\n";
  }
  static void write_row(CloudBatch* batch, const Row& row) {
    if (row.shown == Shown::missing) return;
    const std::string line = row.fate == Fate::answered ? answered_line(row.id, row.word)
                                                        : R"({"key":")" + row.id +
                                                              R"(","error":{"code":3,"message":"refused"}})"
                                                              "\n";
    batch->output += row.shown == Shown::good ? line : line.substr(0, line.size() / 2) + "\n";
  }
  static const char* word_for(Stage stage) {
    switch (stage) {
      case Stage::validating: return "BATCH_STATE_PENDING";
      case Stage::working:
      case Stage::cancelling: return "BATCH_STATE_RUNNING";
      case Stage::ended: return "BATCH_STATE_SUCCEEDED";
      case Stage::failed: return "BATCH_STATE_FAILED";
      case Stage::cancelled: return "BATCH_STATE_CANCELLED";
      case Stage::expired: return "BATCH_STATE_EXPIRED";
    }
    return "";
  }
  // Numbers that are nought are left out, and those that are not are text.
  static std::string describe(const CloudBatch& batch) {
    const std::string name = "batches/" + batch.id;
    std::string text = R"({"name":")" + name + R"(","metadata":{"@type":"type.googleapis.com/x.GenerateContentBatch",)" +
                       R"("model":"models/m","displayName":")" + batch.metadata + R"(","createTime":")" +
                       iso_time(batch.created_ms) + R"(","batchStats":{"requestCount":")" +
                       std::to_string(batch.rows.size()) + R"("},"state":")" + word_for(batch.stage) + R"(","name":")" +
                       name + R"(","inputConfig":{"fileName":"files/)" + batch.input_file + "\"}";
    if (!batch.output_id.empty()) text += R"(,"output":{"responsesFile":"files/)" + batch.output_id + "\"}";
    text += "}";
    if (batch.ended_ms < 0) return text + "}";
    text += R"(,"done":true)";
    if (!batch.output_id.empty()) return text + R"(,"response":{"responsesFile":"files/)" + batch.output_id + "\"}}";
    return text + R"(,"error":{"code":1,"message":"it did not succeed"}})";
  }
  Reply upload(const Call& call) {
    const std::string upload = argument(call.query, "upload_id");
    if (upload.empty()) {
      Reply begun = {200, ""};
      begun.headers.emplace_back("x-goog-upload-url",
                                 base_url() + kUpload + "?upload_id=" + std::to_string(++last_number_));
      begun.headers.emplace_back("x-goog-upload-status", "active");
      return begun;
    }
    const std::int64_t now = timeline_->now_ms();
    const std::string id = files_.add({"f" + upload, call.key, "", call.body, now, now});
    Reply ended = {200, R"({"file":{"name":"files/)" + id + R"(","mimeType":"application/jsonl","sizeBytes":")" +
                            std::to_string(call.body.size()) + R"(","state":"ACTIVE"}})"};
    ended.headers.emplace_back("x-goog-upload-status", "final");
    return ended;
  }
  Reply create(const Call& call) {
    std::string input = text_of(call.body, "fileName");
    input.erase(0, std::string("files/").size());
    const CloudFile* found = files_.find(call.key, input, timeline_->now_ms());
    if (found == nullptr) return refusal(404, "no file " + input);
    return {200, describe(*begin(call.key, read_rows(found->content, "key"), input, text_of(call.body, "displayName")))};
  }
  Reply list(const Call& call) {
    const auto all = listed(call.key);
    const std::string after = argument(call.query, "pageToken");
    auto at = all.begin();
    if (!after.empty()) {
      at = std::find_if(all.begin(), all.end(), [&](const CloudBatch* batch) { return batch->id == after; });
      if (at == all.end()) return refusal(400, "bad pageToken");
      ++at;
    }
    std::string entries, last;
    for (std::size_t count = 0; at != all.end() && count < manners_.page; ++at, ++count) {
      entries += (entries.empty() ? "" : ",") + describe(**at);
      last = (*at)->id;
    }
    if (entries.empty()) return {200, "{}"};
    return {200, R"({"operations":[)" + entries + "]" + (at == all.end() ? "" : R"(,"nextPageToken":")" + last + '"') + "}"};
  }
  Reply batch(const Call& call) {
    std::string id = call.path.substr(std::string(kBatches).size() + 1);
    const bool cancels = consume_end(&id, ":cancel");
    CloudBatch* found = find(call.key, id);
    if (found == nullptr) return refusal(404, "no batch " + id);
    if (!cancels) return {200, describe(*found)};
    trespass(*found, "cancelling");
    if (found->ended_ms >= 0) return refusal(400, "it has ended");
    cancel(found);
    return {200, "{}"};
  }
  Reply file(const Call& call) {
    std::string id = call.path.substr(call.path.rfind('/') + 1);
    const bool content = consume_end(&id, ":download");
    const CloudFile* found = files_.find(call.key, id, timeline_->now_ms());
    if (found == nullptr) return refusal(404, "no file " + id);
    if (content) return {200, found->content};
    if (call.method == "DELETE") files_.remove(id);
    return {200, "{}"};
  }

  CloudFiles files_;
};

}  // namespace

std::unique_ptr<Cloud> make_google_cloud(Timeline* timeline, History* history, Dice dice, Manners manners) {
  return std::make_unique<GoogleCloud>(timeline, history, dice, manners);
}

}  // namespace br::world
