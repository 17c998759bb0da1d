// The figures of a router in one JSON object, for br_stats_json.
#pragma once

#include <cstddef>
#include <string>

#include "core/jobs/event_queue.h"
#include "core/requests/prices.h"
#include "core/router/router_parts.h"

namespace br {

std::string stats_json(RouterParts& parts, EventQueue& events, const Prices& prices, std::size_t active_calls);

}  // namespace br
