// Fireworks' uploads of large files: a signed address of its storage, and the headers that the signature covers.
#pragma once

#include <string_view>

#include "codec/json_read.h"
#include "net/http.h"
#include "providers/http_api.h"

namespace br {

// The PUT of the batch's request file to the address that datasets/…:getUploadEndpoint gave for it.
Result<HttpRequest> fireworks_signed_put(const Json& answer, std::string_view filename, const RemoteBatch& batch);

}  // namespace br
