// HttpOperation: one operation of a vendor's API, exchange after exchange: which request is next, and what the answers
// come to. The one place where an Op becomes a pair of functions of HttpApi. Pure: it sends nothing.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/protocol/outcome.h"
#include "model/error.h"
#include "net/http.h"
#include "providers/http_api.h"

namespace br {

// What an operation is about, beside the batch.
struct OperationInput {
  std::string cursor;    // list, find_upload: the page
  int list_limit = 100;  // list
  std::string file_id;   // delete_file
  std::string lines;     // create: the request file, where HttpApi::wants_lines() says so
};

class HttpOperation {
 public:
  HttpOperation(const HttpApi& api, Op op, OperationInput input = {})
      : api_(&api), op_(op), input_(std::move(input)) {}

  // The first request. Nothing: the vendor needs no call for it, and the outcome is there.
  Result<std::optional<HttpRequest>> begin(const CallContext& context);
  // Reads the answer to the last request. The next request, or nothing: the outcome is there.
  Result<std::optional<HttpRequest>> read(const CallContext& context, const HttpResponse& response);

  Outcome& outcome() { return outcome_; }

 private:
  using Next = Result<std::optional<HttpRequest>>;
  Next begin_upload(const CallContext& context);
  Next begin_create(const CallContext& context);
  Next create(const CallContext& context);
  Next read_upload(const CallContext& context, const HttpResponse& response);
  Next read_create(const CallContext& context, const HttpResponse& response);
  Next read_cancel(const CallContext& context, const HttpResponse& response);
  Next read_list(const CallContext& context, const HttpResponse& response);
  Next read_find_upload(const CallContext& context, const HttpResponse& response);
  Next take(Result<RemoteStatus> status);
  PageQuery query() const { return {input_.cursor, input_.list_limit}; }

  const HttpApi* api_;
  Op op_;
  OperationInput input_;
  UploadState upload_;       // of the exchange under way
  bool asks_ready_ = false;  // the exchange under way is the question before the create call
  Outcome outcome_;
};

}  // namespace br
