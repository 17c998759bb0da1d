// The journal of a job, spool/<job id>/job.jsonl: its records as they were planned, synced before the database has them,
// and each batch again at every change of its phase. A job that the database forgot is found again by it.
#pragma once

#include <optional>
#include <string>

#include "model/error.h"
#include "model/job.h"
#include "sys/file_system.h"

namespace br {

// The job's record and one of each batch; on the disk when it returns, but for the directory's own entry.
Result<void> write_journal(FileSystem* files, const std::string& path, const Job& job);
// One more record. Not synced: what a crash takes from the end only makes the job look younger.
Result<void> append_to_journal(FileSystem* files, const std::string& path, const std::string& record);
// The last word on that job and each of its batches; nothing where there is no journal, or where its writing was broken
// off before every batch stood in it. Code::store for one that is damaged. Records of other jobs are none of its own,
// whoever put them there.
Result<std::optional<Job>> read_journal(FileSystem* files, const std::string& path, const std::string& job_id);

// Takes over the batches of which the journal knows more than the database did: a copy of the database that was put back,
// or whose last changes are lost, may call a batch unsent that was sent. How many.
std::size_t merge_newer_batches(const Job& journal, Job* job);

}  // namespace br
