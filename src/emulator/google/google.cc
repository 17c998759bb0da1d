#include <utility>

#include "emulator/google/api.h"
#include "emulator/google/errors.h"
#include "emulator/vendor/makers.h"

namespace br::emulator {
namespace {

constexpr Limits kLimits = {INT64_MAX, 2'000'000'000, 2'000'000'000};

// "name:verb" in two; no verb: the whole is the name.
std::pair<std::string, std::string> name_and_verb(const std::string& segment) {
  const size_t colon = segment.rfind(':');
  if (colon == std::string::npos) return {segment, {}};
  return {segment.substr(0, colon), segment.substr(colon + 1)};
}

}  // namespace

GoogleApi::GoogleApi(World& world)
    : world_(world),
      files_(world, "google"),
      batches_(world),
      rows_(world.options),
      limits_(limits_in_force(world.options, kLimits)) {}

Opening GoogleApi::begin(const RequestHead& head, Path path) {
  // The address of an upload is its own credential.
  const bool uploads = path.size() == 3 && path[0] == "upload" && path[1] == "v1beta" && path[2] == "files";
  if (uploads && head.method == "POST" && head.query_value("upload_id") != nullptr) return begin_upload(head);
  const std::string* const in_query = head.query_value("key");
  const std::string_view own = head.header("x-goog-api-key");
  const std::string_view key = own.empty() && in_query != nullptr ? std::string_view(*in_query) : own;
  if (key.empty()) {
    return Opening::answered(
        refusal({403, {}, {}, "Method doesn't allow unregistered callers. Please use API Key.", {}}));
  }
  if (!key_is_known(world_.options, key)) {
    return Opening::answered(
        refusal({400, {}, "API_KEY_INVALID", "API key not valid. Please pass a valid API key.", {}}));
  }
  if (uploads && head.method == "POST") return begin_upload(head);
  if (!path.empty() && path[0] == "download") path = path.subspan(1);
  if (path.size() < 2 || path.size() > 3 || path[0] != "v1beta") return Opening::answered(not_found(head.path));
  const auto [id, verb] = name_and_verb(path.size() == 3 ? path[2] : std::string());
  if (path[1] == "files") return begin_files(head, id, verb);
  if (path[1] == "batches") return begin_batches(head, id, verb);
  const bool creates = verb == "batchGenerateContent" || verb == "asyncBatchEmbedContent";
  if ((path[1] == "models" || path[1] == "tunedModels") && creates && head.method == "POST") {
    return begin_create(head, path[1] + "/" + id, verb == "asyncBatchEmbedContent");
  }
  return Opening::answered(not_found(head.path));
}

Reply GoogleApi::ok(std::string json) const {
  Reply reply;
  reply.content_type = "application/json; charset=UTF-8";
  reply.body = std::move(json);
  return reply;
}

Reply GoogleApi::not_found(const std::string& what) const {
  return refusal({404, {}, {}, "Requested entity was not found: " + what, {}});
}

Reply GoogleApi::refusal(const ApiError& error) const { return google_refusal(error); }

std::unique_ptr<Vendor> make_google(World& world) { return std::make_unique<GoogleApi>(world); }

}  // namespace br::emulator
