#include "capture/dry_run.h"

#include <utility>

#include "capture/answers.h"
#include "codec/json_write.h"

namespace br {
namespace {

}  // namespace

ReadyAnswer DryRun::answer(const Classified& asked, const Waiter& waiter) {
  const auto bytes = static_cast<std::int64_t>(asked.body.size());
  {
    const QueueLimits limits = settings_->limits(asked.provider->capability());
    const MutexLock lock(&mutex_);
    Planned& plan = queues_.try_emplace(asked.queue.text(), asked.queue, Planned()).first->second.second;
    const bool begins =
        plan.batches == 0 || plan.in_batch >= limits.max_requests || plan.batch_bytes + bytes > limits.max_bytes;
    if (begins) {
      ++plan.batches;
      plan.in_batch = plan.batch_bytes = 0;
    }
    ++plan.requests;
    ++plan.in_batch;
    plan.bytes += bytes;
    plan.batch_bytes += bytes;
  }
  ReadyAnswer answer;
  answer.waiter = waiter;
  answer.form = asked.provider->dialect().capture_rules()->form;
  const std::string message = "dry run: nothing was sent. It would be one request of a batch of " +
                              asked.queue.provider + ", endpoint " + asked.queue.endpoint + ", model " +
                              asked.queue.model;
  answer.own = HttpAnswer{kStatusBadRequest,
                          {{"content-type", "application/json"}, {"x-should-retry", "false"}},
                          error_body(answer.form, kStatusBadRequest, "batchrouter_dry_run", "batchrouter_dry_run", message)};
  return answer;
}

std::string DryRun::plan_json() {
  std::string out;
  JsonWriter json(&out);
  json.begin_array();
  const MutexLock lock(&mutex_);
  for (const auto& [text, entry] : queues_) {
    const auto& [key, plan] = entry;
    json.begin_object().field("provider", key.provider).field("endpoint", key.endpoint).field("model", key.model);
    json.field("requests", plan.requests).field("batches", plan.batches).end_object();
  }
  json.end_array();
  return out;
}

}  // namespace br
