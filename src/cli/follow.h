// Waiting for jobs, and what follows when the waiting is over: the results file, the message, the exit code.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/result_writer.h"
#include "cli/session.h"

namespace cli {

enum class End { done, blocked, timed_out, interrupted };

// Waits for all jobs at once and calls `ended` for each as soon as its wait is over. writer: of the only job, whose
// results are written while they come.
void follow(Session* session, std::vector<br_job*> jobs, std::int64_t wait_ms,
            const std::function<void(br_job*, End)>& ended, ResultWriter* writer = nullptr);

// Writes every result of a job that is done to `path` and acknowledges them if that is what the job waits for.
// writer: what may have written them already. Exit::ok, or Exit::some_failed.
Exit write_results(Session* session, br_job* job, const std::string& path, ResultWriter* writer = nullptr);

// What a command that waited for the job exits with. Says why and how to go on, if the job has not ended.
// `path`: where its results go; empty: nowhere.
Exit settle(Session* session, br_job* job, End end, const std::string& path, ResultWriter* writer = nullptr);

// Of two exit codes the one to report.
Exit worse(Exit a, Exit b);

}  // namespace cli
