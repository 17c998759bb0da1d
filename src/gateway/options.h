#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace br::gateway {

// How a call waits for its answer.
enum class Mode {
  kHold,   // the connection is kept open
  kDefer,  // "come back later", which the client's own retry does
  kSync,   // not batched: sent to the vendor at once
};

// What `--auth` says.
enum class Payer {
  kCaller,      // the caller's own key goes to the vendor
  kConfigured,  // callers show the gateway's token, and a key of the configuration goes to the vendor
};

struct Options {
  std::string host = "127.0.0.1";
  uint16_t port = 4141;                          // 0: a free one
  int listening = -1;                            // a socket that listens there already; it becomes the gateway's
  std::vector<std::string> more_hosts;           // names by which the gateway is called as well
  std::map<std::string, std::string> base_urls;  // of the vendors, by provider; empty or missing: has no path here
  std::map<std::string, std::string> keys;       // --auth configured: by provider, for what passes through

  std::string token;           // 256 bits in hexadecimal
  bool token_for_all = false;  // calls need it too, not only the gateway's own pages
  Payer payer = Payer::kCaller;
  std::string tls_cert, tls_key;      // PEM files; both or none
  std::string ca_file, ca_directory;  // whom to trust as a vendor; empty: the system's

  Mode mode = Mode::kHold;
  bool dry_run = false;  // nothing goes to a vendor
  int64_t first_byte_after_ms = 10'000;
  int64_t heartbeat_ms = 10'000;  // 0: none
  int64_t max_wait_ms = int64_t{25} * 3'600'000;
  int64_t unknown_wait_ms = 60'000;  // Retry-After where nobody knows when the answer comes

  // What one client may take from the others.
  size_t max_connections = 16'384;
  size_t reserved_connections = 1'024;  // that no single caller gets
  int64_t head_timeout_ms = 10'000;
  int64_t body_window_ms = 10'000;  // in each window a body has to bring body_window_bytes
  int64_t body_window_bytes = 10 * 1024;
  int64_t keep_alive_ms = 120'000;
  int64_t send_timeout_ms = 60'000;  // a client that reads nothing for so long is cut
  size_t max_head_bytes = 64 * 1024;
  uint64_t max_body_bytes = uint64_t{256} << 20;  // of a call that may be batched: it is in memory for a moment
  uint64_t max_bodies_bytes = uint64_t{1} << 30;  // of all those together
  uint64_t max_upload_bytes = uint64_t{4} << 30;  // of what streams through
  int64_t connect_timeout_ms = 10'000;

  // Called once, on a thread of the gateway's, when the library can do no more, with the reason; whoever waited has been
  // answered. The gateway must not be destroyed in there. Empty: nobody wants to know.
  std::function<void(const std::string& why)> failed;
};

}  // namespace br::gateway
