// Uploads of large files: an address is asked for, the storage takes the file there, and the upload is validated.
#include <string>
#include <utility>

#include "emulator/fireworks/api.h"
#include "emulator/vendor/blob_upload.h"

namespace br::emulator {
namespace {

constexpr char kSignature[] =
    "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Expires=3600"
    "&X-Goog-SignedHeaders=content-type%3Bhost%3Bx-goog-content-length-range&X-Goog-Signature=";

// An int64 of protobuf's JSON: a number, or its digits as a string. -1: neither.
int64_t size_of(const json::Value& value) {
  if (value.IsInt64()) return value.GetInt64();
  const std::string text(value.IsString() ? json::view(value) : std::string_view());
  const bool digits = !text.empty() && text.size() < 18 && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::stoll(text) : -1;
}

}  // namespace

Reply fireworks_store_refusal(int status, const char* code) {
  Reply reply;
  reply.status = status;
  reply.content_type = "application/xml";
  reply.body = "<Error><Code>" + std::string(code) + "</Code></Error>";
  return reply;
}

Reply FireworksApi::upload_addresses(const RequestHead& head, const std::string& name, const std::string& text) {
  FireworksDataset* const target = dataset(name);
  if (target == nullptr) return not_found("dataset " + name);
  if (target->ready) return unready("the dataset is READY, nothing can be added to it");
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject()) return bad("The body is no JSON object.");
  for (const auto& field : body.GetObject()) {
    const std::string_view known = json::view(field.name);
    if (known != "filenameToSize" && known != "readMask") return bad("unknown field " + std::string(known));
  }
  const json::Value* const files = json::member(body, "filenameToSize");
  if (files == nullptr || !files->IsObject() || files->ObjectEmpty()) return bad("filenameToSize is required");
  json::Writer out;
  out.begin_object().key("filenameToSignedUrls").begin_object();
  for (const auto& file : files->GetObject()) {
    const std::string filename(json::view(file.name));
    const int64_t size = size_of(file.value);
    if (size <= 0 || size > limits_.batch_bytes) return bad("filenameToSize: the size of " + filename + " is wrong");
    const std::string signature = world_.ids.next("", 32);
    target->promised[filename] = size;
    signed_places_[signature] = {name, filename, size, world_.clock.now_ms() + kFireworksSignedLifeMs};
    out.field(filename, origin_of(head) + "/fireworks/v1/signed/" + signature + "?" + kSignature + signature);
  }
  return ok(out.end_object().end_object().str());
}

// What the signature covers has to be sent as it was signed, and no key beside it.
Opening FireworksApi::begin_signed_upload(const RequestHead& head, const std::string& signature) {
  const auto at = signed_places_.find(signature);
  const std::string* const shown = head.query_value("X-Goog-Signature");
  if (at == signed_places_.end() || world_.clock.now_ms() >= at->second.expires_ms) {
    return Opening::answered(fireworks_store_refusal(400, "ExpiredToken"));
  }
  const SignedPlace& place = at->second;
  if (!head.header("authorization").empty()) return Opening::answered(fireworks_store_refusal(400, "InvalidArgument"));
  const std::string size = std::to_string(place.size);
  const bool as_signed = shown != nullptr && *shown == signature &&
                         head.header("content-type") == "application/octet-stream" &&
                         head.header("x-goog-content-length-range") == size + "," + size;
  if (!as_signed) return Opening::answered(fireworks_store_refusal(403, "SignatureDoesNotMatch"));
  return Opening::of(std::make_unique<BlobUpload>(world_, place.size, [this, place](BlobBody& body) {
    if (body.too_large) return fireworks_store_refusal(400, "EntityTooLarge");
    if (body.blob->size() < place.size) return fireworks_store_refusal(400, "EntityTooSmall");
    // The address is the credential: nobody looks whose key it is.
    const auto filled = datasets_.find(place.dataset);
    FireworksDataset* const target = filled == datasets_.end() ? nullptr : &filled->second;
    if (target != nullptr) target->files[place.filename] = body.blob;
    return ok("");
  }));
}

Reply FireworksApi::validate_upload(const std::string& name, const std::string& text) {
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject() || !body.ObjectEmpty()) return bad("The body is {}.");
  FireworksDataset* const target = dataset(name);
  if (target == nullptr) return not_found("dataset " + name);
  for (const auto& [filename, size] : target->promised) {
    if (!target->files.contains(filename)) return unready("the file " + filename + " was not uploaded");
  }
  if (target->files.empty()) return unready("no file was uploaded");
  if (!target->ready) ++world_.ledger.sums().uploads;
  target->ready = true;
  return ok("{}");
}

}  // namespace br::emulator
