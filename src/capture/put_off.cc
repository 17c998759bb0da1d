#include "capture/put_off.h"

#include <string>
#include <utility>
#include <vector>

#include "capture/answers.h"
#include "capture/queues.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr const char* kRetryAfterS = "60";

HttpAnswer come_back_later(AnswerForm form, std::string_view why) {
  const std::string message = "the request is kept, but " + std::string(why) + "; ask again later, which costs nothing";
  return {kStatusUnavailable,
          {{"content-type", "application/json"}, {"retry-after", kRetryAfterS}},
          error_body(form, kStatusUnavailable, "", "", message)};
}

}  // namespace

void put_off(const CallBatch& batch, std::string_view why, OpenCalls* open, AnswerQueue* answers) {
  const auto key = read_queue_key(batch.queue);
  const Provider* const provider = key ? find_provider(key->provider) : nullptr;
  if (provider == nullptr || provider->dialect().capture_rules() == nullptr) return;
  const AnswerForm form = provider->dialect().capture_rules()->form;
  std::vector<ReadyAnswer> ready;
  {
    const MutexLock lock(&open->mutex);
    for (const CapturedCall& call : open->table.waiting_in(batch.id)) {
      OpenCall* const waited_for = open->table.find(call.id);
      for (const Waiter& waiter : std::vector<Waiter>(waited_for->waiters)) {
        ready.push_back({waiter, form, key->provider, key->endpoint, {}, false, come_back_later(form, why)});
        open->table.leave(waiter.ticket);
      }
    }
  }
  for (ReadyAnswer& each : ready) answers->push(std::move(each));
}

}  // namespace br
