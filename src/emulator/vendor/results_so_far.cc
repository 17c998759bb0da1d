#include "emulator/vendor/results_so_far.h"

#include "emulator/batches/row_run.h"

namespace br::emulator {

std::shared_ptr<const Blob> results_so_far(const Batch& batch) {
  return batch.run ? batch.run->output_so_far() : batch.output;
}

}  // namespace br::emulator
