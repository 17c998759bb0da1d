// Google's requests and what its answers say: errors, operations, results inside of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "codec/json_read.h"
#include "providers/http_api.h"

namespace br {

// A request with the key. prefix: "", "/upload" or "/download".
HttpRequest google_request(const Account& account, std::string method, std::string_view prefix, std::string_view path);
void add_google_body(HttpRequest* request, std::string json);

// An object, or the vendor's error as Google means it.
Result<std::shared_ptr<const Json>> read_google_answer(const CallContext& context, std::string_view what,
                                                       const HttpResponse& response);

// What only Google says: a wrong key as a wrong request, the wait inside the body, billing as a failed precondition.
Error refine_google_error(const HttpResponse& response, Error error);

struct GoogleBatch : RemoteStatus {
  bool inlined = false;  // the results stand inside the answer
};

// An Operation, or the batch object that is its metadata.
Result<GoogleBatch> read_google_batch(const Json& json, std::string_view provider, std::string_view what);

// The results inside an operation as result lines {"key","response"} or {"key","error"}. by_position: where none of them
// has a key and there is one for each of `requests`, the line says the number of the request instead.
void append_inlined_rows(const Json& operation, std::int64_t requests, bool by_position, std::string* lines);

}  // namespace br
