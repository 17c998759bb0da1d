#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/base/json.h"
#include "emulator/openai/api.h"

namespace br::emulator {
namespace {

constexpr int64_t kFileLifeS = 30 * 86'400;
constexpr int64_t kLeastExpiryS = 3'600;
constexpr int64_t kMostExpiryS = 2'592'000;

bool ends_in_jsonl(std::string_view name) { return name.size() > 6 && name.substr(name.size() - 6) == ".jsonl"; }

bool read_number(std::string_view text, int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

ApiError bad(std::string message, std::string param = {}) {
  return {400, "invalid_request_error", {}, std::move(message), std::move(param)};
}

// The parts named `<stem>…anchor` and `<stem>…seconds`, which come together or not at all.
ApiError expiry_problem(const Form& form, const std::string& anchor_name, const std::string& seconds_name,
                        StoredFile& file) {
  const std::string* const anchor = form.field(anchor_name);
  const std::string* const seconds = form.field(seconds_name);
  if (anchor == nullptr && seconds == nullptr) return {};
  if (anchor == nullptr || *anchor != "created_at") {
    return bad("'" + anchor_name + "' must be 'created_at'.", anchor_name);
  }
  int64_t expiry_s = 0;
  if (seconds == nullptr || !read_number(*seconds, expiry_s) || expiry_s < kLeastExpiryS || expiry_s > kMostExpiryS) {
    return bad("'" + seconds_name + "' must be a number from 3600 to 2592000.", seconds_name);
  }
  file.expires_s = file.created_s + expiry_s;
  return {};
}

}  // namespace

ApiError OpenAiApi::form_problem(const Form& form, StoredFile& file) {
  const std::string* const purpose = form.field("purpose");
  if (purpose == nullptr) return bad("'purpose' is a required property", "purpose");
  if (*purpose != table_.purpose) {
    return bad("'" + *purpose + "' is not one of ['" + table_.purpose + "'] - 'purpose'", "purpose");
  }
  if (!form.has_file) return bad("'file' is a required property", "file");
  if (!ends_in_jsonl(file.filename)) return bad("Invalid file format for Batch API. Must be .jsonl");
  for (const auto& [name, value] : form.fields) {
    const bool known =
        std::find(table_.form_fields.begin(), table_.form_fields.end(), name) != table_.form_fields.end();
    if (name != "purpose" && !known) return bad("Unrecognized request argument supplied: " + name, name);
  }
  if (table_.form_fields.size() < 2) return {};
  return expiry_problem(form, table_.form_fields[0], table_.form_fields[1], file);
}

Reply OpenAiApi::receive_upload(Form& form) {
  if (!form.problem.empty()) return refusal(bad("Could not parse multipart form: " + form.problem));
  if (form.too_large) {
    const std::string most = std::to_string(table_.limits.file_bytes);
    return refusal(
        {413, "invalid_request_error", {}, "File is too large. Maximum size is " + most + " bytes.", "file"});
  }
  if (form.repeated) return refusal(bad("A form field is given more than once."));
  StoredFile file;
  file.filename = form.filename;
  file.mime_type = form.content_type;
  file.purpose = table_.purpose;
  file.created_s = world_.now_s();
  file.expires_s = file.created_s + kFileLifeS;
  file.blob = form.file;
  const ApiError error = form_problem(form, file);
  if (!error.message.empty()) return refusal(error);
  file.id = new_file_id();
  ++world_.ledger.sums().uploads;
  return ok(file_json(files_.add(std::move(file))));
}

Opening OpenAiApi::begin_files(const RequestHead& head, Path path) {
  const bool uploads = table_.upload_path.empty() ? path.empty() : path.size() == 1 && path[0] == table_.upload_path;
  if (uploads && head.method == "POST") return begin_upload(head);
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
  if (!boundary.empty()) {
    return Opening::of(std::make_unique<FormUpload>(world_, boundary, table_.limits.file_bytes,
                                                    [this](Form& form) { return receive_upload(form); }));
  }
  return Opening::answered(refusal({415,
                                    "invalid_request_error",
                                    {},
                                    "Invalid Content-Type header, expected multipart/form-data with a boundary.",
                                    {}}));
}

std::string OpenAiApi::new_file_id() { return world_.ids.next(table_.file_prefix, 24); }

std::string OpenAiApi::file_json(StoredFile& file) {
  json::Writer out;
  out.begin_object().field("id", file.id).field("object", "file").field("bytes", file.blob->size());
  out.field("created_at", file.created_s).field("filename", file.filename).field("purpose", file.purpose);
  if (!table_.bare_files) {
    out.field("expires_at", file.expires_s).field("status", "processed").null_field("status_details");
  }
  out.end_object();
  return out.str();
}

Reply OpenAiApi::list_files(const RequestHead& head) {
  int64_t limit = 10'000;
  if (!query_number(head, "limit", 1, 10'000, limit)) {
    return refusal({400, "invalid_request_error", {}, "'limit' must be from 1 to 10000.", "limit"});
  }
  const std::string* const purpose = head.query_value("purpose");
  const std::string* const after = head.query_value("after");
  const std::string* const order = head.query_value("order");
  std::vector<StoredFile*> files = files_.all();
  if (order == nullptr || *order != "asc") std::reverse(files.begin(), files.end());
  bool started = after == nullptr;
  std::vector<StoredFile*> page;
  bool more = false;
  for (StoredFile* const file : files) {
    const bool skipped = !started || (purpose != nullptr && file->purpose != *purpose);
    started = started || file->id == *after;
    if (skipped) continue;
    more = static_cast<int64_t>(page.size()) == limit;
    if (more) break;
    page.push_back(file);
  }
  ++world_.ledger.sums().lists;
  return ok(file_list_json(page, more));
}

std::string OpenAiApi::file_list_json(const std::vector<StoredFile*>& page, bool more) {
  json::Writer out;
  out.begin_object().field("object", "list").key("data").begin_array();
  for (StoredFile* file : page) out.raw(file_json(*file));
  out.end_array();
  if (!table_.bare_file_lists) {
    out.field("first_id", page.empty() ? "" : page.front()->id).field("last_id", page.empty() ? "" : page.back()->id);
    out.key("has_more").boolean(more);
  }
  return out.end_object().str();
}

Reply OpenAiApi::no_file(const std::string& id) const {
  return refusal({404, "invalid_request_error", {}, "No such File object: " + id, "id"});
}

Reply OpenAiApi::get_file(const std::string& id) {
  StoredFile* const file = files_.find(id);
  return file == nullptr ? no_file(id) : ok(file_json(*file));
}

Reply OpenAiApi::file_content(const std::string& id) {
  const StoredFile* const file = files_.find_to("results", id);
  if (file == nullptr) return no_file(id);
  Reply reply = ok({});
  reply.content_type = "application/octet-stream";
  reply.headers.emplace_back("content-disposition", "attachment; filename=\"" + id + ".jsonl\"");
  reply.blob = file->blob;
  ++world_.ledger.sums().downloads;
  world_.ledger.sums().downloaded_bytes += file->blob->size();
  return reply;
}

Reply OpenAiApi::delete_file(const std::string& id) {
  if (files_.find_to("delete", id) == nullptr) return no_file(id);
  files_.erase(id);
  ++world_.ledger.sums().deletes;
  json::Writer out;
  out.begin_object().field("id", id).field("object", "file").key("deleted").boolean(true).end_object();
  return ok(out.str());
}

}  // namespace br::emulator
