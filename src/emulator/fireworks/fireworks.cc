#include <algorithm>
#include <utility>

#include "emulator/base/times.h"
#include "emulator/fireworks/api.h"
#include "emulator/vendor/makers.h"

namespace br::emulator {
namespace {

constexpr size_t kMostIdChars = 63;
constexpr Limits kLimits = {INT64_MAX, 1'000'000'000, 150'000'000};

RowRules fireworks_rows() {
  RowRules rules;
  rules.shape = RowShape::kFireworks;
  rules.body_only = true;
  rules.model_in_body = false;
  rules.body.more = {"top_k",      "min_p", "repetition_penalty",  "context_length_exceeded_behavior",
                     "ignore_eos", "echo",  "prompt_truncate_len", "raw_output"};
  return rules;
}

// "name:verb" in two; no verb: the whole is the name.
std::pair<std::string, std::string> name_and_verb(const std::string& segment) {
  const size_t colon = segment.rfind(':');
  if (colon == std::string::npos) return {segment, {}};
  return {segment.substr(0, colon), segment.substr(colon + 1)};
}

std::string dataset_json(const FireworksDataset& dataset) {
  json::Writer out;
  out.begin_object().field("name", dataset.name).field("displayName", "");
  out.field("createTime", rfc3339(dataset.created_ms, 6)).field("state", dataset.ready ? "READY" : "UPLOADING");
  out.key("status").begin_object().field("code", "OK").field("message", "").end_object();
  out.field("exampleCount", dataset.example_count);
  if (dataset.uploaded) out.key("userUploaded").begin_object().end_object();
  return out.field("format", "CHAT").end_object().str();
}

}  // namespace

bool is_fireworks_id(std::string_view id) {
  const bool plain = std::all_of(id.begin(), id.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return plain && !id.empty() && id.size() <= kMostIdChars && id.front() != '-' && id.back() != '-';
}

FireworksApi::FireworksApi(World& world)
    : world_(world),
      batches_(world),
      rows_(world.options, fireworks_rows()),
      limits_(limits_in_force(world.options, kLimits)) {}

Opening FireworksApi::begin(const RequestHead& head, Path path) {
  if (path.size() == 2 && path[0] == "signed" && head.method == "GET") {
    return Opening::answered(signed_download(head, path[1]));
  }
  if (path.size() == 2 && path[0] == "signed" && head.method == "PUT") return begin_signed_upload(head, path[1]);
  if (!key_is_known(world_.options, bearer_key(head))) {
    return Opening::answered(refusal({401, {}, {}, "The API key you provided is invalid.", {}}));
  }
  if (path.size() < 3 || path.size() > 4 || path[0] != "accounts") return Opening::answered(not_found(head.path));
  // The verb stands behind the id; a collection has neither.
  const auto [id, verb] = name_and_verb(path.size() == 4 ? path[3] : std::string());
  if (path[2] == "datasets") return begin_datasets(head, path[1], id, verb);
  if (path[2] == "batchInferenceJobs") return begin_jobs(head, path[1], id, verb);
  return Opening::answered(not_found(head.path));
}

// As its gateway writes errors of gRPC; the code may be given, else it is the status's.
Reply FireworksApi::refusal(const ApiError& error) const {
  const char* const code = error.status == 400   ? "3"
                           : error.status == 401 ? "16"
                           : error.status == 403 ? "7"
                           : error.status == 404 ? "5"
                           : error.status == 409 ? "6"
                           : error.status == 429 ? "8"
                           : error.status == 503 ? "14"
                                                 : "13";
  json::Writer out;
  out.begin_object().key("code").raw(error.code == "9" ? "9" : code).field("message", error.message);
  Reply reply = ok(out.key("details").begin_array().end_array().end_object().str());
  reply.status = error.status;
  return reply;
}

FireworksDataset* FireworksApi::dataset(std::string_view name) {
  const auto at = datasets_.find(name);
  return at == datasets_.end() || at->second.tenant.project != world_.call.tenant.project ? nullptr : &at->second;
}

Opening FireworksApi::begin_datasets(const RequestHead& head, const std::string& account, const std::string& id,
                                     std::string_view verb) {
  if (id.empty() && head.method == "POST") {
    return with_body([this, account](const std::string& body) { return create_dataset(account, body); });
  }
  const std::string resource = "accounts/" + account + "/datasets/" + id;
  const FireworksDataset* const found = dataset(resource);
  if (found == nullptr) return Opening::answered(not_found("dataset " + resource));
  if (verb == "upload" && head.method == "POST") return begin_upload(head, resource);
  if (verb == "getUploadEndpoint" && head.method == "POST") {
    return with_body(
        [this, head, resource](const std::string& body) { return upload_addresses(head, resource, body); });
  }
  if (verb == "validateUpload" && head.method == "POST") {
    return with_body([this, resource](const std::string& body) { return validate_upload(resource, body); });
  }
  const auto touch = [&](const char* what) {
    world_.ledger.touch(found->tenant, world_.call.tenant, "fireworks", what, resource);
  };
  if (verb == "getDownloadEndpoint" && head.method == "GET") {
    touch("results");
    return Opening::answered(download_addresses(head, *found));
  }
  if (verb.empty() && head.method == "GET") return Opening::answered(ok(dataset_json(*found)));
  if (!verb.empty() || head.method != "DELETE") return Opening::answered(not_found(head.path));
  touch("delete");
  datasets_.erase(resource);
  ++world_.ledger.sums().deletes;
  return Opening::answered(ok("{}"));
}

Reply FireworksApi::create_dataset(const std::string& account, const std::string& text) {
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject()) return bad("The body is no JSON object.");
  for (const auto& field : body.GetObject()) {
    const std::string_view field_name = json::view(field.name);
    if (field_name != "datasetId" && field_name != "dataset") return bad("unknown field " + std::string(field_name));
  }
  const std::string id(json::string_member(body, "datasetId"));
  if (!is_fireworks_id(id)) return bad("datasetId: lower-case letters, digits and hyphens, at most 63");
  const json::Value* const given = json::member(body, "dataset");
  if (given == nullptr || !given->IsObject()) return bad("dataset is required");
  const json::Value* const count = json::member(*given, "exampleCount");
  if (count != nullptr && !count->IsString()) return bad("dataset.exampleCount: an int64 is written as a string");
  FireworksDataset fresh;
  fresh.name = "accounts/" + account + "/datasets/" + id;
  if (dataset(fresh.name) != nullptr) return refusal({409, {}, {}, fresh.name + " already exists", {}});
  fresh.tenant = world_.call.tenant;
  fresh.created_ms = world_.clock.now_ms();
  fresh.uploaded = json::member(*given, "userUploaded") != nullptr;
  fresh.example_count = count == nullptr ? "0" : std::string(json::view(*count));
  return ok(dataset_json(datasets_.emplace(fresh.name, fresh).first->second));
}

Opening FireworksApi::begin_upload(const RequestHead& head, const std::string& resource) {
  if (dataset(resource)->ready) return Opening::answered(unready("the dataset is READY, nothing can be added to it"));
  const std::string boundary = multipart_boundary(head.header("content-type"));
  if (boundary.empty()) return Opening::answered(bad("The body is no multipart form."));
  return Opening::of(std::make_unique<FormUpload>(
      world_, boundary, limits_.file_bytes, [this, resource](Form& form) { return receive_upload(resource, form); }));
}

Reply FireworksApi::receive_upload(const std::string& resource, Form& form) {
  FireworksDataset* const target = dataset(resource);
  if (target == nullptr) return not_found("dataset " + resource);
  if (!form.problem.empty()) return bad("Could not parse multipart form: " + form.problem);
  if (form.too_large) return refusal({413, {}, {}, "The file is larger than 150 MB: use getUploadEndpoint.", {}});
  if (!form.has_file || form.repeated || !form.fields.empty()) return bad("The form must have the part file only.");
  target->files[form.filename] = form.file;
  target->ready = true;
  ++world_.ledger.sums().uploads;
  json::Writer out;
  out.begin_object().field("id", world_.ids.next("file-", 24)).field("object", "file");
  out.field("bytes", form.file->size()).field("created_at", world_.now_s()).field("filename", form.filename);
  return ok(out.field("purpose", "batch").end_object().str());
}

Reply FireworksApi::download_addresses(const RequestHead& head, const FireworksDataset& found) {
  if (!found.ready) return unready("the dataset is not READY");
  json::Writer out;
  out.begin_object().key("filenameToSignedUrls").begin_object();
  for (const auto& [filename, blob] : found.files) {
    const std::string signature = world_.ids.next("", 32);
    signed_[signature] = {blob, world_.clock.now_ms() + kFireworksSignedLifeMs};
    out.field(found.name + "/" + filename, origin_of(head) + "/fireworks/v1/signed/" + signature);
  }
  return ok(out.end_object().end_object().str());
}

// The address is its own credential; with another one beside it, object stores refuse the call.
Reply FireworksApi::signed_download(const RequestHead& head, const std::string& signature) {
  const auto at = signed_.find(signature);
  const bool live = at != signed_.end() && world_.clock.now_ms() < at->second.expires_ms;
  if (!live) return fireworks_store_refusal(403, "ExpiredToken");
  if (!head.header("authorization").empty()) return fireworks_store_refusal(400, "InvalidArgument");
  Reply reply;
  reply.content_type = "application/octet-stream";
  reply.blob = at->second.blob;
  ++world_.ledger.sums().downloads;
  world_.ledger.sums().downloaded_bytes += reply.blob->size();
  return reply;
}

std::unique_ptr<Vendor> make_fireworks(World& world) { return std::make_unique<FireworksApi>(world); }

}  // namespace br::emulator
