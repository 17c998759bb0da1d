#include <charconv>
#include <utility>

#include "emulator/json.h"
#include "emulator/multipart.h"
#include "emulator/openai_api.h"

namespace br::emulator {
namespace {

constexpr int64_t kFileLifeS = 30 * 86'400;
constexpr int64_t kLeastExpiryS = 3'600;
constexpr int64_t kMostExpiryS = 2'592'000;
constexpr size_t kMostFieldBytes = 1024;

bool ends_in_jsonl(std::string_view name) { return name.size() > 6 && name.substr(name.size() - 6) == ".jsonl"; }

bool read_number(std::string_view text, int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// Reads a query's `limit`; false if it is out of range.
bool read_limit(const RequestHead& head, int64_t most, int64_t& limit) {
  const std::string* text = head.query_value("limit");
  return text == nullptr || (read_number(*text, limit) && limit >= 1 && limit <= most);
}

}  // namespace

// One upload on its way in: the file goes to the spill as it comes, the other parts are kept.
class OpenAiUpload : public Exchange, private MultipartParser::Sink {
 public:
  OpenAiUpload(OpenAiApi& api, std::string_view boundary) : api_(api), parser_(boundary, *this) {}

  void body(std::string_view piece) override {
    ledger().uploaded_bytes += static_cast<int64_t>(piece.size());
    parser_.feed(piece);
  }

  Reply finish() override {
    ApiError error = problem();
    if (!error.message.empty()) return api_.refusal(error);
    StoredFile file;
    file.filename = filename_;
    file.purpose = api_.table_.purpose;
    file.created_s = api_.world_.now_s();
    file.expires_s = file.created_s + (expiry_s_ > 0 ? expiry_s_ : kFileLifeS);
    file.blob = std::move(blob_);
    ++ledger().uploads;
    const std::string id = api_.add_file(std::move(file));
    return api_.ok(OpenAiApi::file_json(*api_.find_file(id)));
  }

 private:
  Ledger& ledger() { return api_.world_.books.ledger(); }

  void part_begin(const PartHead& head) override {
    part_ = head.name;
    if (part_ == "file") {
      filename_ = head.filename;
      has_file_ = true;
      repeated_ = repeated_ || blob_ != nullptr;
      blob_ = std::make_shared<Blob>(api_.world_.spill);
    } else {
      repeated_ = repeated_ || !fields_.emplace(part_, std::string()).second;
    }
  }

  void part_data(std::string_view bytes) override {
    if (part_ != "file") {
      std::string& field = fields_[part_];
      if (field.size() < kMostFieldBytes) field += bytes;
    } else if (blob_->size() + static_cast<int64_t>(bytes.size()) > api_.world_.options.max_file_bytes) {
      too_large_ = true;
    } else if (!too_large_) {
      blob_->append(bytes);
    }
  }

  void part_end() override { part_.clear(); }

  ApiError problem() {
    if (!parser_.complete()) {
      return bad("Could not parse multipart form: " +
                 (parser_.problem().empty() ? "it ends early" : parser_.problem()));
    }
    if (too_large_) {
      return {413, "invalid_request_error", {}, "File is too large. Maximum size is 512 MB.", "file"};
    }
    if (repeated_) return bad("A form field is given more than once.");
    const auto purpose = fields_.find("purpose");
    if (purpose == fields_.end()) return bad("'purpose' is a required property", "purpose");
    if (purpose->second != api_.table_.purpose) {
      return bad("'" + purpose->second + "' is not one of ['" + api_.table_.purpose + "'] - 'purpose'", "purpose");
    }
    if (!has_file_) return bad("'file' is a required property", "file");
    if (!ends_in_jsonl(filename_)) return bad("Invalid file format for Batch API. Must be .jsonl");
    return field_problem();
  }

  ApiError field_problem() {
    for (const auto& [name, value] : fields_) {
      if (name != "purpose" && name != "expires_after[anchor]" && name != "expires_after[seconds]") {
        return bad("Unrecognized request argument supplied: " + name, name);
      }
    }
    const auto anchor = fields_.find("expires_after[anchor]");
    const auto seconds = fields_.find("expires_after[seconds]");
    if (anchor == fields_.end() && seconds == fields_.end()) return {};
    if (anchor == fields_.end() || anchor->second != "created_at") {
      return bad("'expires_after[anchor]' must be 'created_at'.", "expires_after[anchor]");
    }
    if (seconds == fields_.end() || !read_number(seconds->second, expiry_s_) || expiry_s_ < kLeastExpiryS ||
        expiry_s_ > kMostExpiryS) {
      return bad("'expires_after[seconds]' must be a number from 3600 to 2592000.", "expires_after[seconds]");
    }
    return {};
  }

  static ApiError bad(std::string message, std::string param = {}) {
    return {400, "invalid_request_error", {}, std::move(message), std::move(param)};
  }

  OpenAiApi& api_;
  MultipartParser parser_;
  std::string part_;
  std::map<std::string, std::string> fields_;
  std::string filename_;
  bool has_file_ = false;
  bool repeated_ = false;
  bool too_large_ = false;
  int64_t expiry_s_ = 0;
  std::shared_ptr<Blob> blob_;
};

Opening OpenAiApi::begin_files(const RequestHead& head, Path path) {
  if (path.empty() && head.method == "POST") return begin_upload(head);
  if (path.empty() && head.method == "GET") return Opening::answered(list_files(head));
  if (path.size() == 1 && head.method == "GET") return Opening::answered(get_file(path[0]));
  if (path.size() == 1 && head.method == "DELETE") return Opening::answered(delete_file(path[0]));
  if (path.size() == 2 && path[1] == "content" && head.method == "GET") return Opening::answered(file_content(path[0]));
  return Opening::answered(refusal({405,
                                    "invalid_request_error",
                                    "method_not_supported",
                                    "Not allowed to " + head.method + " on " + head.path + ".",
                                    {}}));
}

Opening OpenAiApi::begin_upload(const RequestHead& head) {
  const std::string boundary = multipart_boundary(head.header("content-type"));
  if (!boundary.empty()) return Opening::of(std::make_unique<OpenAiUpload>(*this, boundary));
  return Opening::answered(refusal({415,
                                    "invalid_request_error",
                                    {},
                                    "Invalid Content-Type header, expected multipart/form-data with a boundary.",
                                    {}}));
}

std::string OpenAiApi::add_file(StoredFile file) {
  file.id = world_.ids.next(table_.file_prefix, 24);
  const std::string id = file.id;
  file_order_.push_back(id);
  files_.emplace(id, std::move(file));
  return id;
}

const StoredFile* OpenAiApi::find_file(std::string_view id) const {
  const auto at = files_.find(id);
  if (at == files_.end() || at->second.expires_s <= world_.now_s()) return nullptr;
  return &at->second;
}

std::string OpenAiApi::file_json(const StoredFile& file) {
  json::Writer out;
  out.begin_object().field("id", file.id).field("object", "file").field("bytes", file.blob->size());
  out.field("created_at", file.created_s).field("expires_at", file.expires_s).field("filename", file.filename);
  out.field("purpose", file.purpose).field("status", "processed").null_field("status_details").end_object();
  return out.str();
}

Reply OpenAiApi::list_files(const RequestHead& head) const {
  int64_t limit = 10'000;
  if (!read_limit(head, 10'000, limit)) {
    return refusal({400, "invalid_request_error", {}, "'limit' must be from 1 to 10000.", "limit"});
  }
  const std::string* const purpose = head.query_value("purpose");
  const std::string* const after = head.query_value("after");
  const std::string* const order = head.query_value("order");
  std::vector<std::string> ids = file_order_;
  if (order == nullptr || *order != "asc") ids.assign(file_order_.rbegin(), file_order_.rend());
  bool started = after == nullptr;
  std::vector<const StoredFile*> page;
  bool more = false;
  for (const std::string& id : ids) {
    const StoredFile* const file = started ? find_file(id) : nullptr;
    started = started || id == *after;
    if (file == nullptr || (purpose != nullptr && file->purpose != *purpose)) continue;
    more = static_cast<int64_t>(page.size()) == limit;
    if (more) break;
    page.push_back(file);
  }
  json::Writer out;
  out.begin_object().field("object", "list").key("data").begin_array();
  for (const StoredFile* file : page) out.raw(file_json(*file));
  out.end_array().field("first_id", page.empty() ? "" : page.front()->id);
  out.field("last_id", page.empty() ? "" : page.back()->id).key("has_more").boolean(more).end_object();
  ++world_.books.ledger().lists;
  return ok(out.str());
}

Reply OpenAiApi::get_file(const std::string& id) const {
  const StoredFile* const file = find_file(id);
  if (file != nullptr) return ok(file_json(*file));
  return refusal({404, "invalid_request_error", {}, "No such File object: " + id, "id"});
}

Reply OpenAiApi::file_content(const std::string& id) {
  const StoredFile* const file = find_file(id);
  if (file == nullptr) return refusal({404, "invalid_request_error", {}, "No such File object: " + id, "id"});
  Reply reply = ok({});
  reply.content_type = "application/octet-stream";
  reply.headers.emplace_back("content-disposition", "attachment; filename=\"" + id + ".jsonl\"");
  reply.blob = file->blob;
  ++world_.books.ledger().downloads;
  world_.books.ledger().downloaded_bytes += file->blob->size();
  return reply;
}

Reply OpenAiApi::delete_file(const std::string& id) {
  if (find_file(id) == nullptr) {
    return refusal({404, "invalid_request_error", {}, "No such File object: " + id, "id"});
  }
  files_.erase(id);
  ++world_.books.ledger().deletes;
  json::Writer out;
  out.begin_object().field("id", id).field("object", "file").key("deleted").boolean(true).end_object();
  return ok(out.str());
}

}  // namespace br::emulator
