#include "emulator/vendor/makers.h"
#include "emulator/xai/api.h"

namespace br::emulator {
namespace {

constexpr Limits kLimits = {50'000, 200'000'000, 200'000'000};

RowRules xai_rows() {
  RowRules rules;
  rules.shape = RowShape::kXai;
  rules.mixed_models = true;
  rules.mixed_urls = true;
  rules.urls = {"/v1/chat/completions", "/v1/responses"};
  rules.body.more = {"search_parameters", "deferred", "reasoning_effort"};
  rules.body.schemas = SchemaTaste::kXai;
  rules.body.reasoners = Reasoners::kXai;
  rules.body.more_parts = {"file", "input_text"};
  return rules;
}

}  // namespace

XaiApi::XaiApi(World& world)
    : world_(world),
      files_(world, "xai"),
      batches_(world),
      rows_(world.options, xai_rows()),
      limits_(limits_in_force(world.options, kLimits)) {}

Opening XaiApi::begin(const RequestHead& head, Path path) {
  if (!key_is_known(world_.options, bearer_key(head))) {
    if (bearer_key(head).empty()) return Opening::answered(refusal({401, {}, {}, "No API key was given.", {}}));
    return Opening::answered(bad("Incorrect API key provided. You can obtain an API key from the console."));
  }
  if (!path.empty() && path[0] == "files") return begin_files(head, path.subspan(1));
  if (!path.empty() && path[0] == "batches") return begin_batches(head, path.subspan(1));
  return Opening::answered(not_found(head.path));
}

Reply XaiApi::refusal(const ApiError& error) const {
  const char* const code = error.status == 400   ? "Client specified an invalid argument"
                           : error.status == 404 ? "Some requested entity was not found"
                           : error.status == 429 ? "Some resource has been exhausted"
                           : error.status >= 500 ? "Internal error"
                                                 : "The caller does not have permission";
  json::Writer out;
  Reply reply = ok(out.begin_object().field("code", code).field("error", error.message).end_object().str());
  reply.status = error.status;
  return reply;
}

std::unique_ptr<Vendor> make_xai(World& world) { return std::make_unique<XaiApi>(world); }

}  // namespace br::emulator
