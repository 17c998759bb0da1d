#pragma once

#include <memory>

#include "emulator/batches/batch.h"

namespace br::emulator {

// The results of a batch that vendors show while it runs; null if there are none.
std::shared_ptr<const Blob> results_so_far(const Batch& batch);

}  // namespace br::emulator
