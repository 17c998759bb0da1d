#include "capture/settings.h"

namespace br {

CacheUse cache_use(std::string_view word) {
  return word == "off" ? CacheUse::off : word == "once" ? CacheUse::once : CacheUse::hit;
}

CaptureSettings read_capture_settings(const Config& config) {
  CaptureSettings settings;
  settings.window_ms = config.integer("capture.window_ms");
  settings.max_requests = config.integer("capture.max_requests");
  settings.max_bytes = config.integer("capture.max_bytes");
  settings.max_batches = config.integer("capture.max_batches");
  settings.poll_interval_ms = config.integer("capture.poll_interval_ms");
  settings.retention_ms = config.integer("capture.retention_ms");
  settings.replay_ms = config.integer("capture.replay_ms");
  settings.completion_window = config.get("capture.completion_window");
  settings.cache = cache_use(config.get("capture.cache"));
  settings.dry_run = config.boolean("capture.dry_run");
  return settings;
}

}  // namespace br
