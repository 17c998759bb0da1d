#pragma once

#include <string>

#include "gateway/head.h"
#include "gateway/options.h"

namespace br::gateway {

// What of a request's headers goes to the vendor: all but those of this connection and the gateway's own. With
// --auth configured no credential of the caller goes, in `url` neither.
Headers headers_for_vendor(const RequestHead& head, const Options& options, std::string* url);

}  // namespace br::gateway
