#include "core/router/router_stats.h"

#include <map>

#include "batchrouter.h"
#include "codec/json_write.h"

namespace br {
namespace {

struct JobSums {
  std::int64_t done = 0, blocked = 0, pending = 0;  // jobs, jobs, requests
  std::map<std::string, std::int64_t> by_state;
  TokenSums tokens;
  Cost cost;

  void add(const Job& job, const Prices& prices) {
    by_state[state_name(state_of(job))] += 1;
    done += job.done ? 1 : 0;
    blocked += is_blocked(job) ? 1 : 0;
    pending += job.done ? 0 : counts_of(job).total;
    for (const RemoteBatch& batch : job.batches) tokens.add(batch.tokens);
    if (const auto used = prices.cost(job)) cost.add(*used);
  }
};

void write_transport(const TransportStats& net, std::size_t active_calls, JsonWriter* json) {
  json->field("calls", net.requests).field("connections", net.connections);
  json->field("bytes_sent", net.bytes_sent).field("bytes_received", net.bytes_received);
  json->field("calls_under_way", static_cast<std::int64_t>(active_calls));
}

}  // namespace

std::string stats_json(RouterParts& parts, EventQueue& events, const Prices& prices, std::size_t active_calls) {
  const std::vector<SnapshotRef> jobs = parts.jobs.all();
  JobSums sums;
  for (const SnapshotRef& job : jobs) sums.add(job->job, prices);
  std::string out;
  JsonWriter json(&out);
  json.begin_object().field("version", BR_VERSION_STRING).field("jobs", static_cast<std::int64_t>(jobs.size()));
  json.field("jobs_done", sums.done).field("jobs_blocked", sums.blocked).key("jobs_by_state").begin_object();
  for (const auto& [state, count] : sums.by_state) json.field(state, count);
  json.end_object().field("requests_submitted", parts.submission.requests()).field("requests_pending", sums.pending);
  json.field("results_delivered", parts.outbox.delivered()).field("retries", parts.engine_events.retries());
  json.field("callbacks_queued", static_cast<std::int64_t>(events.queued()));
  write_transport(parts.transport->stats(), active_calls, &json);
  json.field("input_tokens", sums.tokens.input).field("output_tokens", sums.tokens.output);
  json.key("sync_usd").number(sums.cost.sync.usd()).key("batch_usd").number(sums.cost.batch.usd());
  json.end_object();
  return out;
}

}  // namespace br
