#include <utility>

#include "emulator/google/errors.h"
#include "emulator/vendor/makers.h"
#include "emulator/vertex/api.h"

namespace br::emulator {
namespace {

constexpr Limits kLimits = {200'000, 1'000'000'000, 1'000'000'000};

enum class Part { kJobs, kStorage, kTokens };

Part part_of(const RequestHead& head) {
  const std::string_view part = head.segments.size() > 1 ? std::string_view(head.segments[1]) : std::string_view();
  return part == "token" ? Part::kTokens : part == "storage" || part == "upload" ? Part::kStorage : Part::kJobs;
}

// "name:verb" in two; no verb: the whole is the name.
std::pair<std::string, std::string> name_and_verb(const std::string& segment) {
  const size_t colon = segment.rfind(':');
  if (colon == std::string::npos) return {segment, {}};
  return {segment.substr(0, colon), segment.substr(colon + 1)};
}

const char* storage_reason(int status) {
  if (status >= 500) return "backendError";
  if (status == 400) return "invalid";
  if (status == 403) return "forbidden";
  return status == 404 || status == 410 ? "notFound" : "rateLimitExceeded";
}

}  // namespace

VertexApi::VertexApi(World& world)
    : world_(world),
      limits_(limits_in_force(world.options, kLimits)),
      gcs_(world, objects_, limits_.file_bytes),
      tokens_(world),
      batches_(world),
      rows_(world.options) {}

Reply VertexApi::refusal(const ApiError& error) const { return google_refusal(error); }

Reply VertexApi::refusal_of(const RequestHead& head, const ApiError& error) const {
  switch (part_of(head)) {
    case Part::kTokens:
      return tokens_.refusal(error.status, error.status >= 500 ? "internal_failure" : "invalid_grant", error.message);
    case Part::kStorage:
      return gcs_.refusal(error.status, storage_reason(error.status), error.message);
    case Part::kJobs:
      break;
  }
  return refusal(error);
}

Opening VertexApi::begin(const RequestHead& head, Path path) {
  const Part part = part_of(head);
  if (part == Part::kTokens) return tokens_.begin(head);
  if (!tokens_.is_live(bearer_key(head))) {
    constexpr char kWhy[] = "Request had invalid authentication credentials. Expected OAuth 2 access token.";
    if (part == Part::kStorage) return Opening::answered(gcs_.refusal(401, "authError", "Invalid Credentials"));
    return Opening::answered(refusal({401, {}, {}, kWhy, {}}));
  }
  if (part == Part::kStorage) return gcs_.begin(head, path);
  // v1/projects/P/locations/L/batchPredictionJobs[/NUMBER[:verb]]
  const bool jobs = path.size() >= 6 && path.size() <= 7 && path[0] == "v1" && path[1] == "projects" &&
                    path[3] == "locations" && path[5] == "batchPredictionJobs";
  if (!jobs) return Opening::answered(refusal({404, {}, {}, "The requested URL was not found: " + head.path, {}}));
  const auto [id, verb] = name_and_verb(path.size() == 7 ? path[6] : std::string());
  return begin_jobs(head, "projects/" + path[2] + "/locations/" + path[4], id, verb);
}

std::unique_ptr<Vendor> make_vertex(World& world) { return std::make_unique<VertexApi>(world); }

}  // namespace br::emulator
