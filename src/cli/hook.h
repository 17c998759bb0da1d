// The command that a user has given for the end of a job (--on-done, on_done).
#pragma once

#include "cli/session.h"

namespace cli {

// Runs the job's hook, where it has one that did not run yet, and waits for it: `sh -c CMD` with BATCHROUTER_JOB, _STATUS,
// _OUTPUT and _EXIT in its environment. What goes wrong with it is a warning.
void run_hook(Session* session, const br_job* job, const std::string& output, Exit code);

}  // namespace cli
