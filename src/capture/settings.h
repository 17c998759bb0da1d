// CaptureSettings: the properties "capture....", read once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "capture/http_call.h"
#include "capture/queues.h"
#include "core/config.h"
#include "model/capability.h"

namespace br {

struct CaptureSettings {
  std::int64_t window_ms = 0, max_requests = 0, max_bytes = 0, max_batches = 0;
  std::int64_t poll_interval_ms = 0, retention_ms = 0, replay_ms = 0;
  std::string completion_window;
  CacheUse cache = CacheUse::hit;
  bool dry_run = false;

  // What a batch of a vendor may hold.
  QueueLimits limits(const Capability& vendor) const {
    constexpr std::int64_t kMostRequests = 50'000, kMostBytes = std::int64_t{100} << 20;
    const auto least = [](std::int64_t wanted, std::int64_t most, std::int64_t fallback) {
      const std::int64_t limit = most > 0 ? std::min(most, fallback) : fallback;
      return wanted > 0 ? std::min(wanted, limit) : limit;
    };
    return {window_ms, least(max_requests, vendor.max_requests, kMostRequests),
            least(max_bytes, vendor.max_bytes / 10 * 9, kMostBytes)};
  }
};

CacheUse cache_use(std::string_view word);
CaptureSettings read_capture_settings(const Config& config);

}  // namespace br
