#include "emulator/bedrock/s3.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "emulator/base/signature.h"
#include "emulator/base/times.h"

namespace br::emulator {
namespace {

constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
constexpr size_t kHexHash = 64;

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string element(std::string_view name, std::string_view text) {
  return "<" + std::string(name) + ">" + xml_escaped(text) + "</" + std::string(name) + ">";
}

std::string etag_of(const Blob& blob) {
  Sha256 digest;
  std::string piece(64 * 1024, '\0');
  for (int64_t at = 0; at < blob.size();) {
    const size_t got = blob.read(at, piece.data(), piece.size());
    digest.add(std::string_view(piece).substr(0, got));
    at += static_cast<int64_t>(got);
  }
  return "\"" + digest.hex().substr(0, 32) + "\"";
}

struct Refusal {
  int status;
  const char* code;
  const char* message;
};

Refusal refusal_of(AwsFault fault) {
  switch (fault) {
    case AwsFault::kMissing:
    case AwsFault::kUnsigned:
      return {403, "AccessDenied", "There were headers present in the request which were not signed."};
    case AwsFault::kUnknownKey:
      return {403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."};
    case AwsFault::kToken:
      return {400, "InvalidToken", "The provided token is malformed or otherwise invalid."};
    case AwsFault::kSkewed:
      return {403, "RequestTimeTooSkewed",
              "The difference between the request time and the current time is too large."};
    case AwsFault::kMalformed:
    case AwsFault::kScope:
      return {400, "AuthorizationHeaderMalformed", "The authorization header is malformed, or for another service."};
    default:
      return {403, "SignatureDoesNotMatch",
              "The request signature we calculated does not match the signature you provided."};
  }
}

}  // namespace

// An object on its way in: its hash is told in the head, and what comes must be that.
class S3Put : public Exchange {
 public:
  S3Put(S3& s3, const RequestHead& head, std::string bucket, std::string key)
      : s3_(s3), bucket_(std::move(bucket)), told_(head.header("x-amz-content-sha256")) {
    object_.key = std::move(key);
    object_.content_type = std::string(head.header("content-type"));
    blob_ = std::make_shared<Blob>(s3.world_.bodies);
  }

  void body(std::string_view piece) override {
    s3_.world_.ledger.sums().uploaded_bytes += static_cast<int64_t>(piece.size());
    if (blob_->size() + static_cast<int64_t>(piece.size()) > s3_.most_bytes_) {
      too_large_ = true;
      return;
    }
    digest_.add(piece);
    blob_->append(piece);
  }

  Reply finish() override {
    if (too_large_) return s3_.refusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.");
    const std::string hash = digest_.hex();
    if (told_ != kUnsigned && told_ != hash) {
      return s3_.refusal(400, "XAmzContentSHA256Mismatch", "The provided x-amz-content-sha256 does not match.");
    }
    object_.written_ms = s3_.world_.clock.now_ms();
    object_.blob = blob_;
    object_.tenant = s3_.world_.call.tenant;
    s3_.store_.put(bucket_, object_);
    ++s3_.world_.ledger.sums().uploads;
    Reply reply;
    reply.content_type = {};
    reply.headers.emplace_back("etag", "\"" + hash.substr(0, 32) + "\"");
    return reply;
  }

 private:
  S3& s3_;
  std::string bucket_;
  std::string told_;
  StoredObject object_;
  std::shared_ptr<Blob> blob_;
  Sha256 digest_;
  bool too_large_ = false;
};

Reply S3::refusal(int status, std::string_view code, std::string_view message) const {
  Reply reply;
  reply.status = status;
  reply.content_type = "application/xml";
  reply.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>" + element("Code", code) +
               element("Message", message) + element("RequestId", world_.ids.next("", 16)) + "</Error>";
  return reply;
}

Opening S3::begin(const RequestHead& head, Path path) {
  const std::string_view told = head.header("x-amz-content-sha256");
  if (told != kUnsigned && told.size() != kHexHash) {
    return Opening::answered(
        refusal(400, "MissingSecurityHeader", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a hash."));
  }
  const AwsFault fault = aws_fault(world_.aws, head, told, "s3", world_.clock.wall_ms());
  if (fault != AwsFault::kNone) {
    const Refusal why = refusal_of(fault);
    return Opening::answered(refusal(why.status, why.code, why.message));
  }
  if (path.empty() || !ObjectStore::has(path[0])) {
    return Opening::answered(refusal(404, "NoSuchBucket", "The specified bucket does not exist"));
  }
  const std::string& bucket = path[0];
  std::string key;
  for (const std::string& part : path.subspan(1)) key += (key.empty() ? "" : "/") + part;
  if (key.empty()) {
    if (head.method == "GET") return Opening::answered(list(head, bucket));
    return Opening::answered(refusal(501, "NotImplemented", "The emulator keeps objects only."));
  }
  if (head.method == "PUT") return Opening::of(std::make_unique<S3Put>(*this, head, bucket, key));
  if (head.method == "DELETE") {
    touch("delete", bucket, key);
    if (store_.erase(bucket, key)) ++world_.ledger.sums().deletes;
    Reply gone;
    gone.status = 204;
    gone.content_type = {};
    return Opening::answered(std::move(gone));
  }
  const StoredObject* const object = store_.find(bucket, key);
  if (object == nullptr) return Opening::answered(refusal(404, "NoSuchKey", "The specified key does not exist."));
  if (head.method == "GET") {
    touch("results", bucket, key);
    return Opening::answered(get(*object));
  }
  return Opening::answered(refusal(405, "MethodNotAllowed", "The specified method is not allowed."));
}

void S3::touch(std::string_view what, const std::string& bucket, const std::string& key) {
  const StoredObject* const object = store_.find(bucket, key);
  if (object == nullptr) return;
  world_.ledger.touch(object->tenant, world_.call.tenant, "bedrock", what, "s3://" + bucket + "/" + key);
}

Reply S3::get(const StoredObject& object) {
  Reply reply;
  reply.content_type = object.content_type.empty() ? "binary/octet-stream" : object.content_type;
  reply.headers.emplace_back("etag", etag_of(*object.blob));
  reply.blob = object.blob;
  ++world_.ledger.sums().downloads;
  world_.ledger.sums().downloaded_bytes += object.blob->size();
  return reply;
}

Reply S3::list(const RequestHead& head, const std::string& bucket) const {
  const std::string* const type = head.query_value("list-type");
  if (type == nullptr || *type != "2") return refusal(501, "NotImplemented", "The emulator lists with list-type=2.");
  int64_t most = 1000;
  if (!query_number(head, "max-keys", 1, 1000, most)) return refusal(400, "InvalidArgument", "max-keys is wrong.");
  const auto text = [&](const char* name) {
    const std::string* const value = head.query_value(name);
    return value == nullptr ? std::string() : *value;
  };
  const std::string token = text("continuation-token");
  const std::string after = token.empty() ? text("start-after") : token;
  const std::vector<const StoredObject*> found = store_.list(bucket, text("prefix"), after);
  const size_t shown = std::min(found.size(), static_cast<size_t>(most));
  Reply reply;
  reply.content_type = "application/xml";
  reply.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>" + element("Name", bucket) +
               element("Prefix", text("prefix")) + element("KeyCount", std::to_string(shown)) +
               element("MaxKeys", std::to_string(most)) +
               element("IsTruncated", shown < found.size() ? "true" : "false");
  if (shown < found.size()) reply.body += element("NextContinuationToken", found[shown - 1]->key);
  for (size_t i = 0; i < shown; ++i) {
    reply.body += "<Contents>" + element("Key", found[i]->key);
    reply.body += element("LastModified", rfc3339(found[i]->written_ms, 3));
    reply.body += element("Size", std::to_string(found[i]->blob->size())) + "</Contents>";
  }
  reply.body += "</ListBucketResult>";
  ++world_.ledger.sums().lists;
  return reply;
}

}  // namespace br::emulator
