// Jobs and batches as the JSON documents that the store keeps (docs/state-directory.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/error.h"
#include "model/job.h"

namespace br {

// Each ends with a checksum of its text.
std::string write_job_record(const Job& job);
std::string write_batch_record(const RemoteBatch& batch);
// Code::store for a text that is no such record, or whose checksum is not right. A version before this one wrote none.
Result<Job> read_job_record(std::string_view text);
Result<RemoteBatch> read_batch_record(std::string_view text);

std::string write_progress_record(const PartProgress& progress);
Result<PartProgress> read_progress_record(std::string_view text);

// How many batches the job of the record has; -1 where it does not say so.
std::int64_t batches_in_record(std::string_view text);
// Whether the record says that its job is settled, read from its end; nothing where a version before this one wrote it.
Result<std::optional<bool>> settled_in_record(std::string_view text);

}  // namespace br
