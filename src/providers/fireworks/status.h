// What a job of Fireworks says about itself.
#pragma once

#include <string>
#include <string_view>

#include "codec/json_read.h"
#include "providers/http_api.h"

namespace br {

// All but the address of its results.
Result<RemoteStatus> read_fireworks_job(const Json& json, std::string_view what);

// The name that follows the last slash.
std::string name_in_resource(std::string_view resource);

}  // namespace br
