#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/stats.h"

namespace br::gateway {

inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// The figures in the text format of Prometheus. Counters begin at 0 when the gateway is started. Labels name vendors,
// endpoints, models and states: nothing of requests, answers or keys.
std::string metrics_text(const Stats& stats, size_t connections, std::string_view version);

}  // namespace br::gateway
