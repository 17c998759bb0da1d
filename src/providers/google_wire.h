// What Google's answers say: errors, operations, results inside of them.
#pragma once

#include <string>
#include <string_view>

#include "codec/json_read.h"
#include "providers/provider.h"

namespace br {

// What only Google says: a wrong key as a wrong request, the wait inside the body, billing as a failed precondition.
Error refine_google_error(const HttpResponse& response, Error error);

struct GoogleBatch : RemoteStatus {
  bool inlined = false;  // the results stand inside the answer
};

// An Operation, or the batch object that is its metadata.
Result<GoogleBatch> read_google_batch(const Json& json, std::string_view provider, std::string_view what);

// The results inside an operation as result lines {"key","response"} or {"key","error"}.
void append_inlined_rows(const Json& operation, std::string* lines);

}  // namespace br
