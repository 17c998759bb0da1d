#include <cstdlib>
#include <utility>

#include "emulator/base/uuid.h"
#include "emulator/xai/api.h"

namespace br::emulator {
namespace {

std::string file_json(const StoredFile& file) {
  json::Writer out;
  out.begin_object().field("id", file.id).field("object", "file").field("bytes", file.blob->size());
  out.field("created_at", file.created_s).nullable_time("expires_at", file.expires_s);
  return out.field("filename", file.filename).field("purpose", "").end_object().str();
}

}  // namespace

Opening XaiApi::begin_files(const RequestHead& head, Path path) {
  if (path.empty() && head.method == "POST") {
    const std::string boundary = multipart_boundary(head.header("content-type"));
    if (boundary.empty()) return Opening::answered(bad("The body is no multipart form."));
    return Opening::of(std::make_unique<FormUpload>(world_, boundary, limits_.file_bytes,
                                                    [this](Form& form) { return receive_upload(form); }));
  }
  if (path.empty() && head.method == "GET") {
    ++world_.ledger.sums().lists;
    json::Writer out;
    out.begin_object().key("data").begin_array();
    for (const StoredFile* file : files_.all()) out.raw(file_json(*file));
    return Opening::answered(ok(out.end_array().null_field("pagination_token").end_object().str()));
  }
  const StoredFile* const file = path.empty()              ? nullptr
                                 : head.method == "DELETE" ? files_.find_to("delete", path[0])
                                 : path.size() == 2        ? files_.find_to("results", path[0])
                                                           : files_.find(path[0]);
  if (file == nullptr) return Opening::answered(not_found("File"));
  if (path.size() == 1 && head.method == "GET") return Opening::answered(ok(file_json(*file)));
  if (path.size() == 2 && path[1] == "content" && head.method == "GET") {
    Reply reply = ok({});
    reply.blob = file->blob;
    return Opening::answered(std::move(reply));
  }
  if (path.size() != 1 || head.method != "DELETE") return Opening::answered(not_found(head.path));
  files_.erase(path[0]);
  ++world_.ledger.sums().deletes;
  json::Writer out;
  out.begin_object().field("id", path[0]).field("object", "file").key("deleted").boolean(true);
  return Opening::answered(ok(out.end_object().str()));
}

// Fields stand before the file; behind it they are refused.
Reply XaiApi::receive_upload(Form& form) {
  if (!form.problem.empty()) return bad("Could not parse multipart form: " + form.problem);
  if (!form.has_file) return bad("The form has no file.");
  if (form.too_large) return refusal({413, {}, {}, "The file is too large.", {}});
  if (form.repeated || form.order.back() != "file") return bad("The file must be the last part of the form.");
  int64_t life_s = 0;
  for (const auto& [name, value] : form.fields) {
    if (name != "purpose" && name != "expires_after") return bad("Unknown field: " + name);
    if (name != "expires_after") continue;
    life_s = std::atoll(value.c_str());
    if (life_s < 3'600 || life_s > 2'592'000) return bad("expires_after must be from 3600 to 2592000.");
  }
  StoredFile file;
  file.id = "file_" + next_uuid(world_.ids);
  file.filename = form.filename;
  file.created_s = world_.now_s();
  if (life_s > 0) file.expires_s = file.created_s + life_s;
  file.blob = form.file;
  ++world_.ledger.sums().uploads;
  return ok(file_json(files_.add(std::move(file))));
}

}  // namespace br::emulator
