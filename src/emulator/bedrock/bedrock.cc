#include <utility>

#include "emulator/base/signature.h"
#include "emulator/bedrock/api.h"
#include "emulator/vendor/makers.h"

namespace br::emulator {
namespace {

constexpr Limits kLimits = {50'000, 1'000'000'000, 1'000'000'000};
constexpr std::string_view kS3Path = "/bedrock/s3";

// The last part of an ARN, or the id itself.
std::string id_of(const std::string& identifier) { return identifier.substr(identifier.rfind('/') + 1); }

const char* type_of(int status) {
  switch (status) {
    case 400:
      return "ValidationException";
    case 403:
      return "AccessDeniedException";
    case 404:
      return "ResourceNotFoundException";
    case 429:
      return "ThrottlingException";
    default:
      return "InternalServerException";
  }
}

}  // namespace

BedrockApi::BedrockApi(World& world)
    : world_(world),
      limits_(limits_in_force(world.options, kLimits)),
      s3_(world, objects_, limits_.file_bytes),
      batches_(world),
      rows_(world.options) {}

// A bare 503 has no type; any other error tells it in a header.
Reply BedrockApi::error(int status, std::string_view type, std::string_view message) const {
  json::Writer out;
  Reply reply;
  reply.status = status;
  reply.body = out.begin_object().field("message", message).end_object().str();
  if (status != 503) reply.headers.emplace_back("x-amzn-errortype", std::string(type));
  reply.headers.emplace_back("x-amzn-requestid", world_.ids.next("", 32));
  return reply;
}

Reply BedrockApi::refusal(const ApiError& error_given) const {
  return error(error_given.status, type_of(error_given.status), error_given.message);
}

Reply BedrockApi::refusal_of(const RequestHead& head, const ApiError& error_given) const {
  if (head.path.substr(0, kS3Path.size()) != kS3Path) return refusal(error_given);
  const int status = error_given.status;
  const bool slow = status == 429 || status == 503;
  const char* const code = slow            ? "SlowDown"
                           : status >= 500 ? "InternalError"
                           : status == 404 ? "NoSuchKey"
                           : status == 400 ? "InvalidRequest"
                                           : "AccessDenied";
  // S3 has no 429.
  return s3_.refusal(slow ? 503 : status, code, slow ? "Please reduce your request rate." : error_given.message);
}

Opening BedrockApi::begin(const RequestHead& head, Path path) {
  if (!path.empty() && path[0] == "s3") return s3_.begin(head, path.subspan(1));
  return with_body([this, head, path = std::vector<std::string>(path.begin(), path.end())](const std::string& body) {
    return signed_call(head, path, body);
  });
}

// An API key of Bedrock's, or a signature over the body as it came.
Reply BedrockApi::signed_call(const RequestHead& head, Path path, const std::string& body) {
  if (const std::string_view key = bearer_key(head); !key.empty()) {
    if (key_is_known(world_.options, key)) return call(head, path, body);
    return error(403, "AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.");
  }
  const AwsFault fault = aws_fault(world_.aws, head, hex_of(sha256(body)), "bedrock", world_.clock.wall_ms());
  switch (fault) {
    case AwsFault::kNone:
      return call(head, path, body);
    case AwsFault::kMissing:
      return error(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    case AwsFault::kMalformed:
      return error(403, "IncompleteSignatureException", "The request signature does not conform to AWS standards.");
    case AwsFault::kUnknownKey:
    case AwsFault::kToken:
      return error(403, "UnrecognizedClientException", "The security token included in the request is invalid.");
    case AwsFault::kSkewed:
      return error(403, "InvalidSignatureException", "Signature expired or not yet current: check the clock.");
    case AwsFault::kScope:
      return error(403, "InvalidSignatureException", "Credential should be scoped to correct service: 'bedrock'.");
    default:
      return error(403, "InvalidSignatureException",
                   "The request signature we calculated does not match the signature you provided.");
  }
}

Reply BedrockApi::call(const RequestHead& head, Path path, const std::string& body) {
  const bool job = !path.empty() && path[0] == "model-invocation-job";
  if (job && path.size() == 1 && head.method == "POST") return create(head, body);
  if (path.size() == 1 && path[0] == "model-invocation-jobs" && head.method == "GET") return list(head);
  if (job && path.size() == 2 && head.method == "GET") return get(id_of(path[1]));
  if (job && path.size() == 3 && path[2] == "stop" && head.method == "POST") return stop(id_of(path[1]));
  return error(404, "UnknownOperationException", "There is no operation " + head.method + " " + head.path);
}

std::unique_ptr<Vendor> make_bedrock(World& world) { return std::make_unique<BedrockApi>(world); }

}  // namespace br::emulator
