// JobSnapshot: a job as the engine knew it at one moment. The engine makes one at every change; whoever wants to know
// about a job holds the newest one.
#pragma once

#include <memory>
#include <vector>

#include "core/protocol/step.h"
#include "model/job.h"

namespace br {

struct JobSnapshot {
  Job job;
  std::vector<Track> tracks;  // one for each batch
};

using SnapshotRef = std::shared_ptr<const JobSnapshot>;

}  // namespace br
