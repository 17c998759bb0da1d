// A results file that was damaged on the disk, made again from the vendor's rows, which lie beside it.
#pragma once

#include <cstdint>

#include "model/error.h"
#include "model/job.h"
#include "providers/provider.h"
#include "store/spool.h"

namespace br {

// true: the file is there again, byte for byte what was collected, which its checksum proves. false: the rows on the disk
// do not give that file; nothing was changed.
Result<bool> rebuild_results(const Spool& spool, const Job& job, const RemoteBatch& batch, const Provider& provider,
                             std::size_t max_line_bytes, std::uint64_t seed);

}  // namespace br
