#include "gateway/stats.h"

#include "gateway/json.h"

namespace br::gateway {
namespace {

BatchStats batch_of(const json::Object& object) {
  BatchStats batch;
  batch.provider = object.text("provider");
  batch.endpoint = object.text("endpoint");
  batch.model = object.text("model");
  batch.state = object.text("state");
  batch.total = object.number("total", 0);
  batch.succeeded = object.number("succeeded", 0);
  batch.errored = object.number("errored", 0);
  batch.waits_for_key = object.is_true("waits_for_key");
  return batch;
}

}  // namespace

std::optional<Stats> read_stats(std::string_view text) {
  const json::Object object(text);
  if (!object.is_object()) return std::nullopt;
  Stats stats;
  stats.held = object.number("held", 0);
  stats.queued = object.number("queued", 0);
  stats.requests = object.number("requests", 0);
  stats.answered = object.number("answered", 0);
  stats.cache_hits = object.number("cache_hits", 0);
  stats.errors = object.number("errors", 0);
  stats.billed = object.number("billed", 0);
  stats.saved_usd = object.real("saved_usd", 0);
  object.each("batches", [&](const json::Object& batch) { stats.batches.push_back(batch_of(batch)); });
  return stats;
}

}  // namespace br::gateway
