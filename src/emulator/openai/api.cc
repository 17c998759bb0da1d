#include "emulator/openai/api.h"

#include "emulator/base/json.h"

namespace br::emulator {

OpenAiApi::OpenAiApi(OpenAiTable table, World& world)
    : table_(std::move(table)),
      world_(world),
      files_(world, table_.name),
      batches_(world),
      rows_(world.options, table_.rows) {
  table_.limits = limits_in_force(world.options, table_.limits);
}

bool OpenAiApi::knows_key(const RequestHead& head) const { return key_is_known(world_.options, bearer_key(head)); }

Opening OpenAiApi::begin(const RequestHead& head, Path path) {
  if (!knows_key(head)) {
    const char* const message =
        bearer_key(head).empty() ? "You didn't provide an API key." : "Incorrect API key provided.";
    return Opening::answered(refusal({401, "invalid_request_error", "invalid_api_key", message, {}}));
  }
  if (!path.empty() && path[0] == "files") return begin_files(head, path.subspan(1));
  if (!path.empty() && path[0] == "batches") return begin_batches(head, path.subspan(1));
  return Opening::answered(refusal({404,
                                    "invalid_request_error",
                                    "unknown_url",
                                    "Unknown request URL: " + head.method + " " + head.path + ".",
                                    {}}));
}

Reply OpenAiApi::refusal(const ApiError& error) const {
  json::Writer out;
  out.begin_object().key("error").begin_object().field("message", error.message).field("type", error.type);
  out.nullable_field("param", error.param).nullable_field("code", error.code).end_object().end_object();
  return ok(out.str(), error.status);
}

Reply OpenAiApi::ok(std::string json, int status) const {
  Reply reply;
  reply.status = status;
  reply.body = std::move(json);
  reply.headers.emplace_back("x-request-id", world_.ids.next("req_", 32));
  return reply;
}

std::unique_ptr<LineCheck> OpenAiApi::check(const Batch& batch) { return rows_.check(batch); }

RowAnswer OpenAiApi::answer(const Batch& batch, const Row& row) { return rows_.answer(batch, row); }

std::string OpenAiApi::unanswered(const Batch&, const Row& row, Unanswered why) { return rows_.unanswered(row, why); }

}  // namespace br::emulator
