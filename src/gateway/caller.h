#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/head.h"
#include "gateway/options.h"

namespace br::gateway {

// How the client of a call waits, by what it says of itself. Measured, not documented: each SDK has a limit of its own
// on how long it waits, and on what it counts.
struct Patience {
  Mode mode = Mode::kHold;
  int64_t first_byte_after_ms = 0;
  int64_t heartbeat_ms = 0;
  int64_t max_wait_ms = 0;
  int64_t longest_retry_after_s = 0;  // a longer Retry-After and the client does not try again
};

// What a request says about how it wants to be served, in our own headers.
struct Wishes {
  std::optional<Mode> mode;
  std::optional<int64_t> max_wait_ms;
  std::string cache;  // hit, once, off; empty: the gateway's
};

// False, with `error` for the caller, if a header has a word that nobody knows.
bool read_wishes(const Headers& headers, Wishes* out, std::string* error);

Patience patience_of(const RequestHead& head, const Wishes& wishes, bool streams, const Options& options);

// "500ms", "90s", "15m", "24h", or seconds without a unit. Empty: it is none.
std::optional<int64_t> duration_ms(std::string_view text);

std::string_view mode_name(Mode mode);

}  // namespace br::gateway
