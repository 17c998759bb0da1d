// What a refusal means for the job, beyond its status: is the vendor's queue full, is its storage, or was it not the
// vendor's API that answered.
#pragma once

#include <string_view>

#include "model/error.h"
#include "model/job.h"
#include "net/http.h"
#include "providers/op.h"

namespace br {

// The vendor takes no more batches until some have ended; each has words of its own for that.
bool is_queue_full(std::string_view code, std::string_view message);

// The answer is the vendor's own error object, not a page of something that stands before it.
bool is_vendor_error(const HttpResponse& response);

// Error::blocking for what a person has to mend before this call can succeed: a base URL that is not the vendor's, a
// storage that is full. What the vendor says about the request itself stays as it is. address: who was asked.
void judge_refusal(Op op, std::string_view address, const HttpResponse& response, Error* error);

// A batch that failed before its first request because the queue was full is sent again: RemoteStatus::quota_wait.
void judge_failed_batch(RemoteStatus* status);

}  // namespace br
