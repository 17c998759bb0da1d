// Outcome: what a finished operation told us, as the protocol takes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/job.h"
#include "providers/op.h"

namespace br {

struct Outcome {
  std::string input_file_id;              // upload
  std::optional<RemoteStatus> status;     // create, poll, cancel
  std::vector<RemoteStatus> listed;       // list: one page
  std::vector<std::string> owners;        // list: the job here that has listed[i], where another one has it, else empty
  std::int64_t unreadable = 0;            // list: entries of the page that could not be read
  std::vector<std::string> uploads;       // find_upload: ids of the files of that name
  std::string next_page;                  // list, find_upload: cursor of the next page, empty at the end
  bool already_ended = false;             // cancel: there was nothing left to cancel
  std::int64_t vendor_now_ms = -1;        // the vendor's clock as it answered, where it tells
};

}  // namespace br
