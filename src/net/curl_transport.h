// Transport over libcurl's multi interface.
#pragma once

#include <memory>

#include "net/http.h"

namespace br {

struct TransportOptions {
  std::int64_t connect_timeout_ms = 30'000;
  // An exchange that moves no byte for so long is broken, and so is one that moves less than 1 KiB a second over it.
  std::int64_t stall_timeout_ms = 60'000;
  // How long a control call may take in all. Files, and answers that hold results, have no such limit.
  std::int64_t call_timeout_ms = 600'000;
  std::string ca_file, ca_directory;  // empty: the system's
  std::string ca_pem;                 // certificates themselves, in place of a file
  std::string user_agent;
};

// Certificates are always verified; redirects, cookies, .netrc and proxies for loopback addresses are never used.
std::unique_ptr<Transport> make_curl_transport(const TransportOptions& options);

// "libcurl/7.88.1 OpenSSL/3.0.22", for br_build_info.
std::string curl_transport_version();

}  // namespace br
