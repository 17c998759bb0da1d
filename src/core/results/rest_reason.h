// What becomes of the requests for which there is no row.
#pragma once

#include <string>

#include "core/results/collect.h"
#include "model/job.h"

namespace br {

// SyntheticError with its texts.
struct RestReason {
  ResultStatus status = ResultStatus::errored;
  std::string type, code, message;
  int http_status = 0;
  bool transient = false;
  SyntheticError view() const { return {status, type, code, message, http_status, transient}; }
};

RestReason rest_reason(const RemoteBatch& batch);

}  // namespace br
