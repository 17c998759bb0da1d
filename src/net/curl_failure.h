// What the end of an exchange of libcurl means, and how it is told to people.
#pragma once

#include <string>

#include "net/curl_exchange.h"

namespace br {

// The status of the answer so far; 0 before there is one.
long status_of(const Exchange& exchange);

Failure failure_of(const Exchange& exchange, CURLcode code);

// Whom it wanted to reach and why that failed: "127.0.0.1:8080: connection refused".
std::string failure_text(const Exchange& exchange, CURLcode code);

// Nothing was sent, and this process has no file descriptor left to do it with.
bool failed_for_descriptors(const Exchange& exchange, CURLcode code);

}  // namespace br
