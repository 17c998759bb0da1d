#include "emulator/vertex/gcs.h"

#include <algorithm>
#include <utility>

#include "emulator/base/json.h"
#include "emulator/base/times.h"

namespace br::emulator {
namespace {

Reply ok(std::string json) {
  Reply reply;
  reply.content_type = "application/json; charset=UTF-8";
  reply.body = std::move(json);
  return reply;
}

std::string object_json(const std::string& bucket, const StoredObject& object) {
  const std::string generation = std::to_string(object.generation);
  const std::string written = rfc3339(object.written_ms, 3);
  json::Writer out;
  out.begin_object().field("kind", "storage#object").field("id", bucket + "/" + object.key + "/" + generation);
  out.field("name", object.key).field("bucket", bucket).field("generation", generation).field("metageneration", "1");
  out.field("contentType", object.content_type).field("storageClass", "STANDARD");
  out.field("size", std::to_string(object.blob->size())).field("timeCreated", written);
  return out.field("updated", written).end_object().str();
}

}  // namespace

Reply Gcs::refusal(int status, std::string_view reason, const std::string& message) const {
  json::Writer out;
  out.begin_object().key("error").begin_object().field("code", int64_t{status}).field("message", message);
  out.key("errors").begin_array().begin_object().field("message", message).field("domain", "global");
  out.field("reason", reason).end_object().end_array();
  Reply reply = ok(out.end_object().end_object().str());
  reply.status = status;
  return reply;
}

Opening Gcs::begin(const RequestHead& head, Path path) {
  const bool uploads = path[0] == "upload";
  if (uploads) path = path.subspan(1);
  const bool objects = path.size() >= 5 && path[0] == "storage" && path[1] == "v1" && path[2] == "b" && path[4] == "o";
  if (!objects) return Opening::answered(refusal(404, "notFound", "Not Found"));
  const std::string& bucket = path[3];
  if (!ObjectStore::has(bucket)) {
    return Opening::answered(refusal(404, "notFound", "The specified bucket does not exist."));
  }
  if (uploads && path.size() == 5 && head.method == "POST") return begin_upload(head, bucket);
  if (!uploads && path.size() == 5 && head.method == "GET") return Opening::answered(list(head, bucket));
  if (!uploads && path.size() == 6) return Opening::answered(object_call(head, bucket, path[5]));
  return Opening::answered(refusal(404, "notFound", "Not Found"));
}

Opening Gcs::begin_upload(const RequestHead& head, const std::string& bucket) {
  const std::string* const type = head.query_value("uploadType");
  const std::string* const name = head.query_value("name");
  if (type == nullptr || *type != "media") {
    return Opening::answered(refusal(501, "notImplemented", "The emulator takes uploads of the type media."));
  }
  if (name == nullptr || name->empty()) return Opening::answered(refusal(400, "required", "Required"));
  int64_t generation = -1;
  if (!query_number(head, "ifGenerationMatch", 0, INT64_MAX, generation)) {
    return Opening::answered(refusal(400, "invalidParameter", "Invalid value for ifGenerationMatch."));
  }
  return Opening::of(std::make_unique<BlobUpload>(
      world_, most_bytes_,
      [this, bucket, key = *name, generation, type = std::string(head.header("content-type"))](BlobBody& body) {
        if (body.too_large) return refusal(400, "invalid", "The object is too large.");
        const StoredObject* const there = store_.find(bucket, key);
        if (generation >= 0 && generation != (there == nullptr ? 0 : there->generation)) {
          return refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
        }
        StoredObject object;
        object.key = key;
        object.content_type = type;
        object.written_ms = world_.clock.now_ms();
        object.blob = body.blob;
        object.tenant = world_.call.tenant;
        ++world_.ledger.sums().uploads;
        return ok(object_json(bucket, store_.put(bucket, std::move(object))));
      }));
}

Reply Gcs::object_call(const RequestHead& head, const std::string& bucket, const std::string& key) {
  const StoredObject* const object = store_.find(bucket, key);
  if (object == nullptr) return refusal(404, "notFound", "No such object: " + bucket + "/" + key);
  const auto touch = [&](const char* what) {
    world_.ledger.touch(object->tenant, world_.call.tenant, "vertex", what, "gs://" + bucket + "/" + key);
  };
  if (head.method == "DELETE") {
    touch("delete");
    store_.erase(bucket, key);
    ++world_.ledger.sums().deletes;
    Reply gone;
    gone.status = 204;
    gone.content_type = {};
    return gone;
  }
  if (head.method != "GET") return refusal(405, "methodNotAllowed", "Method Not Allowed");
  const std::string* const alt = head.query_value("alt");
  if (alt == nullptr || *alt != "media") return ok(object_json(bucket, *object));
  touch("results");
  Reply reply;
  reply.content_type = object->content_type;
  reply.blob = object->blob;
  ++world_.ledger.sums().downloads;
  world_.ledger.sums().downloaded_bytes += object->blob->size();
  return reply;
}

// What is empty is left out.
Reply Gcs::list(const RequestHead& head, const std::string& bucket) const {
  int64_t most = 1000;
  if (!query_number(head, "maxResults", 1, 1000, most)) return refusal(400, "invalidParameter", "Invalid maxResults.");
  const std::string* const prefix = head.query_value("prefix");
  const std::string* const token = head.query_value("pageToken");
  const std::vector<const StoredObject*> found =
      store_.list(bucket, prefix == nullptr ? std::string() : *prefix, token == nullptr ? std::string() : *token);
  const size_t shown = std::min(found.size(), static_cast<size_t>(most));
  json::Writer out;
  out.begin_object().field("kind", "storage#objects");
  if (shown < found.size()) out.field("nextPageToken", found[shown - 1]->key);
  if (shown > 0) {
    out.key("items").begin_array();
    for (size_t i = 0; i < shown; ++i) out.raw(object_json(bucket, *found[i]));
    out.end_array();
  }
  ++world_.ledger.sums().lists;
  return ok(out.end_object().str());
}

}  // namespace br::emulator
