// Google's resumable upload of a request file: announced, then sent in one piece, with the next media type where one is
// refused.
#pragma once

#include "providers/http_api.h"

namespace br {

UploadCall begin_google_upload(const CallContext& context);
// UploadStage::announce, then UploadStage::bytes.
Result<UploadStep> read_google_upload(const CallContext& context, const UploadState& state,
                                      const HttpResponse& response);

}  // namespace br
