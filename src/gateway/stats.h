#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace br::gateway {

// Figures of a batch that waits or runs.
struct BatchStats {
  std::string provider, endpoint, model, state;
  int64_t total = 0, succeeded = 0, errored = 0;
  bool waits_for_key = false;
};

// What br_capture_stats_json tells.
struct Stats {
  int64_t held = 0, queued = 0;
  int64_t requests = 0, answered = 0, cache_hits = 0, errors = 0, billed = 0;
  double saved_usd = 0;
  std::vector<BatchStats> batches;
};

// Nothing: the text is no object.
std::optional<Stats> read_stats(std::string_view text);

}  // namespace br::gateway
