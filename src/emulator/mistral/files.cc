#include <algorithm>
#include <utility>
#include <vector>

#include "emulator/base/json_lines.h"
#include "emulator/base/uuid.h"
#include "emulator/mistral/api.h"

namespace br::emulator {
namespace {

std::string file_json(const StoredFile& file) {
  json::Writer out;
  out.begin_object().field("id", file.id).field("object", "file").field("bytes", file.blob->size());
  out.field("created_at", file.created_s).field("filename", file.filename).field("purpose", "batch");
  out.field("sample_type", file.purpose).key("num_lines");
  if (file.lines > 0) {
    out.number(file.lines);
  } else {
    out.null();
  }
  out.field("mimetype", "application/jsonl").field("source", file.purpose == "batch_request" ? "upload" : "mistral");
  return out.null_field("signature").null_field("expires_at").end_object().str();
}

}  // namespace

Opening MistralApi::begin_files(const RequestHead& head, Path path) {
  if (path.empty() && head.method == "POST") {
    const std::string boundary = multipart_boundary(head.header("content-type"));
    if (boundary.empty()) return Opening::answered(invalid("Field required: file"));
    return Opening::of(std::make_unique<FormUpload>(world_, boundary, limits_.file_bytes,
                                                    [this](Form& form) { return receive_upload(form); }));
  }
  if (path.empty() && head.method == "GET") return Opening::answered(list_files(head));
  if (path.size() == 1 && head.method == "DELETE") return Opening::answered(delete_file(path[0]));
  if (path.size() == 2 && path[1] == "content" && head.method == "GET") return Opening::answered(download(path[0]));
  if (path.size() != 1 || head.method != "GET") return Opening::answered(not_found("Route " + head.path));
  const StoredFile* const file = files_.find(path[0]);
  return Opening::answered(file == nullptr ? not_found("File " + path[0]) : ok(file_json(*file)));
}

// What is wrong with the first bad line, counted in `lines`; empty if all are good, and `lines` is their number.
std::string MistralApi::line_problem(const Blob& file, int64_t& lines) const {
  Batch probe;
  probe.endpoint = "/v1/chat/completions";
  const auto check = rows_.check(probe);
  std::string problem;
  for_each_line(file, [&](char* line, size_t size) {
    ++lines;
    const std::string text(line, size);
    LineProblem wrong;
    if (!check->line(line, size, wrong)) problem = wrong.message;
    json::Document row;
    if (problem.empty() && json::parse(text, row)) {
      const json::Value& body = *json::member(row, "body");
      // Only what looks like a chat can be judged before the endpoint is known.
      if (json::member(body, "messages") != nullptr)
        problem = body_problem(probe.endpoint, body, rows_.rules().body).message;
    }
    return problem.empty();
  });
  return problem;
}

Reply MistralApi::receive_upload(Form& form) {
  if (!form.problem.empty()) return invalid("There was an error parsing the body");
  if (!form.has_file) return invalid("Field required: file");
  if (form.too_large) return refusal({413, "invalid_request_error", {}, "File too large.", {}});
  const std::string* const purpose = form.field("purpose");
  if (purpose == nullptr || *purpose != "batch") return invalid("Input should be 'batch': purpose");
  for (const auto& [name, value] : form.fields) {
    if (name != "purpose" && name != "expiry" && name != "visibility") return invalid("Extra inputs: " + name);
  }
  int64_t lines = 0;
  const std::string problem = line_problem(*form.file, lines);
  if (!problem.empty()) return invalid("Invalid file format. Line " + std::to_string(lines) + ": " + problem);
  if (lines == 0) return invalid("Invalid file format. The file is empty.");
  StoredFile file;
  file.id = next_uuid(world_.ids);
  file.filename = form.filename;
  file.purpose = "batch_request";
  file.created_s = world_.now_s();
  file.lines = lines;
  file.blob = form.file;
  ++world_.ledger.sums().uploads;
  return ok(file_json(files_.add(std::move(file))));
}

Reply MistralApi::list_files(const RequestHead& head) {
  int64_t page = 0;
  int64_t size = 100;
  if (!query_number(head, "page", 0, INT64_MAX / 1000, page) || !query_number(head, "page_size", 1, 1000, size)) {
    return invalid("Input should be a valid page");
  }
  ++world_.ledger.sums().lists;
  const std::string* const kind = head.query_value("sample_type");
  std::vector<StoredFile*> files = files_.all();
  std::reverse(files.begin(), files.end());
  std::erase_if(files, [&](const StoredFile* file) { return kind != nullptr && file->purpose != *kind; });
  const auto total = static_cast<int64_t>(files.size());
  json::Writer out;
  out.begin_object().key("data").begin_array();
  for (int64_t i = page * size; i < std::min(total, (page + 1) * size); ++i) {
    out.raw(file_json(*files[static_cast<size_t>(i)]));
  }
  return ok(out.end_array().field("object", "list").field("total", total).end_object().str());
}

Reply MistralApi::download(const std::string& id) {
  const StoredFile* const file = files_.find_to("results", id);
  if (file == nullptr) return not_found("File " + id);
  Reply reply = ok({});
  reply.content_type = "application/octet-stream";
  reply.blob = file->blob;
  ++world_.ledger.sums().downloads;
  world_.ledger.sums().downloaded_bytes += file->blob->size();
  return reply;
}

Reply MistralApi::delete_file(const std::string& id) {
  if (files_.find_to("delete", id) == nullptr) return not_found("File " + id);
  files_.erase(id);
  ++world_.ledger.sums().deletes;
  json::Writer out;
  return ok(out.begin_object().field("id", id).field("object", "file").key("deleted").boolean(true).end_object().str());
}

}  // namespace br::emulator
