#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/base/times.h"
#include "emulator/google/api.h"

namespace br::emulator {
namespace {

constexpr int64_t kFileLifeS = 48 * 3600;
constexpr int64_t kChunkBytes = 256 * 1024;  // all chunks but the last one are a multiple of it
constexpr size_t kMostIdChars = 40;
constexpr std::string_view kTypes[] = {"application/jsonl", "jsonl", "application/json", "text/plain"};

int64_t number_of(std::string_view text) {
  int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

bool is_file_id(std::string_view id) {
  const bool plain = std::all_of(id.begin(), id.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return plain && !id.empty() && id.size() <= kMostIdChars && id.front() != '-' && id.back() != '-';
}

std::string root_of(const RequestHead& head) { return origin_of(head) + "/google"; }

bool holds_word(std::string_view list, std::string_view word) { return list.find(word) != std::string_view::npos; }

}  // namespace

// Bytes of an upload: they are kept as they come, whether or not the request ends well.
class GoogleChunk : public Exchange {
 public:
  GoogleChunk(GoogleApi& api, const RequestHead& head, std::string upload_id)
      : api_(api),
        root_(root_of(head)),
        upload_id_(std::move(upload_id)),
        command_(head.header("x-goog-upload-command")),
        offset_(number_of(head.header("x-goog-upload-offset"))) {}

  void body(std::string_view piece) override {
    const auto at = api_.uploads_.find(upload_id_);
    if (at == api_.uploads_.end() || !holds_word(command_, "upload")) return;
    api_.world_.ledger.sums().uploaded_bytes += static_cast<int64_t>(piece.size());
    Blob& blob = *at->second.blob;
    if (bytes_ == 0) fits_ = offset_ == blob.size();
    bytes_ += static_cast<int64_t>(piece.size());
    fits_ = fits_ && blob.size() + static_cast<int64_t>(piece.size()) <= at->second.bytes;
    if (fits_) blob.append(piece);
  }

  Reply finish() override {
    const auto at = api_.uploads_.find(upload_id_);
    if (at == api_.uploads_.end()) return api_.not_found("Upload " + upload_id_);
    if (command_ == "query") return status("active");
    if (command_ == "cancel") {
      api_.uploads_.erase(at);
      return status("cancelled");
    }
    const bool ends = holds_word(command_, "finalize");
    if (!ends && command_ != "upload") return api_.bad("Invalid X-Goog-Upload-Command: " + command_);
    if (!fits_)
      return api_.bad("The X-Goog-Upload-Offset is not what was received, or there are more bytes than announced.");
    if (!ends) {
      if (bytes_ % kChunkBytes == 0) return status("active");
      return api_.bad("The chunk is no multiple of the granularity of 262144 bytes.");
    }
    if (at->second.blob->size() != at->second.bytes) return api_.bad("There are fewer bytes than announced.");
    return take(at->second);
  }

 private:
  Reply status(const char* word) const {
    Reply reply;
    reply.headers.emplace_back("x-goog-upload-status", word);
    const auto at = api_.uploads_.find(upload_id_);
    if (at != api_.uploads_.end()) {
      reply.headers.emplace_back("x-goog-upload-size-received", std::to_string(at->second.blob->size()));
    }
    return reply;
  }

  Reply take(const GoogleUpload& upload) {
    StoredFile file;
    file.id = upload.name.empty() ? api_.world_.ids.next("", 12) : upload.name;
    if (api_.files_.find(file.id) != nullptr) {
      return api_.refusal({409, {}, {}, "Requested entity already exists: files/" + file.id, {}});
    }
    file.filename = upload.display_name;
    file.mime_type = upload.mime_type;
    file.created_s = api_.world_.now_s();
    file.expires_s = file.created_s + kFileLifeS;
    file.blob = upload.blob;
    file.tenant = upload.tenant;
    ++api_.world_.ledger.sums().uploads;
    const StoredFile& stored = api_.files_.add(std::move(file));
    Reply reply = status("final");
    reply.body = "{\"file\":" + api_.file_json(stored, root_) + "}";
    api_.uploads_.erase(upload_id_);
    return reply;
  }

  GoogleApi& api_;
  std::string root_;
  std::string upload_id_;
  std::string command_;
  int64_t offset_;
  int64_t bytes_ = 0;
  bool fits_ = true;
};

Opening GoogleApi::begin_upload(const RequestHead& head) {
  const std::string* const upload_id = head.query_value("upload_id");
  if (upload_id != nullptr) return Opening::of(std::make_unique<GoogleChunk>(*this, head, *upload_id));
  return with_body([this, head](const std::string& body) { return start_upload(head, body); });
}

Reply GoogleApi::start_upload(const RequestHead& head, const std::string& body) {
  if (head.header("x-goog-upload-protocol") != "resumable" || head.header("x-goog-upload-command") != "start") {
    return bad("An upload begins with X-Goog-Upload-Protocol: resumable and X-Goog-Upload-Command: start.");
  }
  GoogleUpload upload;
  upload.bytes = number_of(head.header("x-goog-upload-header-content-length"));
  upload.mime_type = std::string(head.header("x-goog-upload-header-content-type"));
  if (upload.bytes < 0) return bad("X-Goog-Upload-Header-Content-Length is missing or no number.");
  if (upload.bytes > limits_.file_bytes) return refusal({413, {}, {}, "The file is larger than the limit.", {}});
  if (std::find(std::begin(kTypes), std::end(kTypes), upload.mime_type) == std::end(kTypes)) {
    return bad("Unsupported MIME type: " + upload.mime_type);
  }
  json::Document document;
  if (!body.empty() && (!json::parse(body, document) || !document.IsObject()))
    return bad("Invalid JSON payload received.");
  const json::Value* const file = body.empty() ? nullptr : json::member(document, "file");
  if (file != nullptr) {
    const json::Value* const display = google_member(*file, "displayName");
    if (display != nullptr && display->IsString()) upload.display_name = std::string(json::view(*display));
    std::string_view name = json::string_member(*file, "name");
    if (name.substr(0, 6) == "files/") name.remove_prefix(6);
    if (!name.empty() && !is_file_id(name))
      return bad("File name may only have lower-case letters, digits and dashes.");
    upload.name = std::string(name);
    if (!name.empty() && files_.find(name) != nullptr) {
      return refusal({409, {}, {}, "Requested entity already exists: files/" + upload.name, {}});
    }
  }
  upload.blob = std::make_shared<Blob>(world_.bodies);
  upload.tenant = world_.call.tenant;
  const std::string id = world_.ids.next("", 24);
  uploads_.emplace(id, std::move(upload));
  Reply reply;
  reply.headers.emplace_back("x-goog-upload-status", "active");
  reply.headers.emplace_back("x-goog-upload-chunk-granularity", std::to_string(kChunkBytes));
  reply.headers.emplace_back("x-goog-upload-url",
                             root_of(head) + "/upload/v1beta/files?upload_id=" + id + "&upload_protocol=resumable");
  return reply;
}

Opening GoogleApi::begin_files(const RequestHead& head, const std::string& id, std::string_view verb) {
  const bool reads = head.method == "GET";
  if (id.empty() && reads) return Opening::answered(list_files(head, root_of(head)));
  if (verb == "download" && reads) {
    const std::string* const alt = head.query_value("alt");
    if (alt == nullptr || *alt != "media") return Opening::answered(bad("A download needs alt=media."));
    return Opening::answered(download(id));
  }
  // Names of result files are longer than the API itself takes; only their download works.
  if (!is_file_id(id)) return Opening::answered(bad("* GetFileRequest.name: Invalid file name: files/" + id));
  if (verb.empty() && reads) {
    const StoredFile* const file = files_.find(id);
    return Opening::answered(
        file == nullptr
            ? refusal(
                  {403, {}, {}, "You do not have permission to access the File " + id + " or it may not exist.", {}})
            : ok(file_json(*file, root_of(head))));
  }
  if (verb.empty() && head.method == "DELETE") return Opening::answered(delete_file(id));
  return Opening::answered(not_found(head.path));
}

std::string GoogleApi::file_json(const StoredFile& file, const std::string& root) const {
  constexpr int kMicroseconds = 6;
  const std::string created = rfc3339(file.created_s * 1000, kMicroseconds);
  json::Writer out;
  out.begin_object().field("name", "files/" + file.id);
  if (!file.filename.empty()) out.field("displayName", file.filename);
  out.field("mimeType", file.mime_type);
  if (file.blob->size() > 0) out.field("sizeBytes", std::to_string(file.blob->size()));
  out.field("createTime", created).field("updateTime", created);
  out.field("expirationTime", rfc3339(file.expires_s * 1000, kMicroseconds));
  out.field("uri", root + "/v1beta/files/" + file.id).field("state", "ACTIVE");
  return out.field("source", file.purpose.empty() ? "UPLOADED" : "GENERATED").end_object().str();
}

Reply GoogleApi::list_files(const RequestHead& head, const std::string& root) {
  int64_t size = 10;
  if (!query_number(head, "pageSize", 1, 100, size)) return bad("pageSize must be from 1 to 100.");
  const std::string* const token = head.query_value("pageToken");
  std::vector<StoredFile*> files = files_.all();
  std::reverse(files.begin(), files.end());
  auto from = files.begin();
  if (token != nullptr) {
    from = std::find_if(files.begin(), files.end(), [&](const StoredFile* file) { return file->id == *token; });
  }
  const auto left = static_cast<int64_t>(files.end() - from);
  json::Writer out;
  out.begin_object();
  if (left > 0) {
    out.key("files").begin_array();
    for (auto at = from; at != from + std::min(size, left); ++at) out.raw(file_json(**at, root));
    out.end_array();
  }
  if (left > size) out.field("nextPageToken", (*(from + size))->id);
  ++world_.ledger.sums().lists;
  return ok(out.end_object().str());
}

Reply GoogleApi::download(const std::string& id) {
  const StoredFile* const file = files_.find_to("results", id);
  if (file == nullptr) return not_found("File " + id);
  Reply reply = ok({});
  reply.content_type = "application/octet-stream";
  reply.blob = file->blob;
  ++world_.ledger.sums().downloads;
  world_.ledger.sums().downloaded_bytes += file->blob->size();
  return reply;
}

Reply GoogleApi::delete_file(const std::string& id) {
  if (files_.find_to("delete", id) == nullptr) return not_found("File " + id);
  files_.erase(id);
  ++world_.ledger.sums().deletes;
  return ok("{}");
}

}  // namespace br::emulator
