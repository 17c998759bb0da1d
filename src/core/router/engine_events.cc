#include "core/router/engine_events.h"

#include "batchrouter.h"

namespace br {

void EngineEvents::job_event(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text) {
  if (event == BR_EVENT_RETRY) ++retries_;
  events_->event(event, job, batch, text);
}

void EngineEvents::vendor_called(const std::string& line) { events_->log(BR_LOG_DEBUG, line); }

}  // namespace br
