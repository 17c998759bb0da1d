// Jobs and batches as the JSON documents that the store keeps (docs/state-directory.md).
#pragma once

#include <string>
#include <string_view>

#include "model/error.h"
#include "model/job.h"

namespace br {

std::string write_job_record(const Job& job);
std::string write_batch_record(const RemoteBatch& batch);
// Code::store for a text that is no such record.
Result<Job> read_job_record(std::string_view text);
Result<RemoteBatch> read_batch_record(std::string_view text);

}  // namespace br
