#include "emulator/mistral/api.h"
#include "emulator/vendor/makers.h"

namespace br::emulator {
namespace {

constexpr Limits kLimits = {1'000'000, 512'000'000, 512'000'000};

RowRules mistral_rows() {
  RowRules rules;
  rules.shape = RowShape::kMistral;
  rules.answers = AnswerShape::kMistral;
  rules.body_only = true;
  rules.repeated_ids = true;
  rules.model_in_body = false;
  rules.body.more = {"random_seed",          "safe_prompt",         "prompt_mode",
                     "document_image_limit", "document_page_limit", "guardrails"};
  rules.body.unknown = {"max_completion_tokens",
                        "seed",
                        "logprobs",
                        "top_logprobs",
                        "logit_bias",
                        "user",
                        "audio",
                        "modalities",
                        "functions",
                        "function_call",
                        "store",
                        "web_search_options"};
  rules.body.more_parts = {"image_url", "document_url", "input_audio", "file", "thinking", "reference"};
  rules.body.most_temperature = 1.5;
  return rules;
}

}  // namespace

MistralApi::MistralApi(World& world)
    : world_(world),
      files_(world, "mistral"),
      batches_(world),
      rows_(world.options, mistral_rows()),
      limits_(limits_in_force(world.options, kLimits)) {}

Opening MistralApi::begin(const RequestHead& head, Path path) {
  if (!key_is_known(world_.options, bearer_key(head))) {
    Reply reply = ok(R"({"detail":"Invalid API Key"})");
    reply.status = 401;
    return Opening::answered(std::move(reply));
  }
  if (path.size() >= 2 && path[0] == "v1" && path[1] == "files") return begin_files(head, path.subspan(2));
  const bool jobs = path.size() >= 3 && path[0] == "v1" && path[1] == "batch" && path[2] == "jobs";
  return jobs ? begin_jobs(head, path.subspan(3)) : Opening::answered(not_found("Route " + head.path));
}

// What is wrong with a value is told otherwise than all else.
Reply MistralApi::refusal(const ApiError& error) const {
  json::Writer out;
  out.begin_object();
  if (error.status == 422) {
    out.field("detail", error.message);
  } else {
    out.field("object", "error").field("message", error.message).field("type", error.type).null_field("param");
    out.nullable_field("code", error.code);
  }
  Reply reply = ok(out.end_object().str());
  reply.status = error.status;
  return reply;
}

std::unique_ptr<Vendor> make_mistral(World& world) { return std::make_unique<MistralApi>(world); }

}  // namespace br::emulator
