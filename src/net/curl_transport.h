// Transport over libcurl's multi interface.
#pragma once

#include <memory>

#include "net/http.h"
#include "net/transport_options.h"

namespace br {

// Certificates are always verified; redirects, cookies, .netrc and proxies for loopback addresses are never used.
std::unique_ptr<Transport> make_curl_transport(const TransportOptions& options);

// "libcurl/7.88.1 OpenSSL/3.0.22", for br_build_info.
std::string curl_transport_version();

}  // namespace br
