// What stands behind br_provider_call: one call of a function of an external provider, and its answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batchrouter.h"
#include "model/error.h"
#include "model/job.h"
#include "providers/callbacks.h"

struct br_provider_call {
  const char* what = "";  // for messages: "submit"
  std::string provider;
  const br::RemoteBatch* batch = nullptr;  // nullptr: prepare
  std::int64_t limit = 0;
  br::BytesSink write;
  bool listing = false;

  br::RemoteStatus status;
  bool state_given = false;
  std::string message;
  std::vector<br::RemoteStatus> listed;
  std::optional<br::Error> error;
};

namespace br {

// What the function's return value and the calls it made come to.
Result<void> outcome_of(const br_provider_call& call, br_status returned);

}  // namespace br
