// What a vendor's answers come to, whichever way they arrived.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/job.h"

namespace br {

// The answer to a cancel call.
struct Cancelled {
  std::optional<RemoteStatus> status;  // where the answer tells it
  bool already_ended = false;          // there was nothing left to cancel
};

// One page of a vendor's list of batches.
struct BatchPage {
  std::vector<RemoteStatus> batches;
  std::int64_t unreadable = 0;  // entries that could not be read: each may be any batch
  std::string next;             // cursor of the next page; empty at the end
};

// One page of a vendor's list of files: those that have the name of the part's request file.
struct FilePage {
  std::vector<std::string> ids;
  std::string next;  // cursor of the next page; empty at the end
};

}  // namespace br
