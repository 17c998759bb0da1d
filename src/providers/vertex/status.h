// What a batch prediction job of Vertex AI says about itself.
#pragma once

#include <string_view>

#include "codec/json_read.h"
#include "providers/http_api.h"

namespace br {

Result<RemoteStatus> read_vertex_job(const Json& json, std::string_view provider, std::string_view what);

}  // namespace br
