// Google's resumable upload of a request file: announced, then sent in one piece, with the next type where one is
// refused.
#pragma once

#include "providers/provider.h"

namespace br {

Result<Step> advance_google_upload(const OpContext& context, const HttpResponse* last);

}  // namespace br
