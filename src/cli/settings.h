// From options to the library's configuration and batch.
#pragma once

#include <string>

#include "cli/handles.h"
#include "cli/options.h"

namespace cli {

// The configuration of a router that works only on the jobs it is told to.
Config make_config(const Options& options);

// The requests of IN with what the options say about them. `output`: the path the job remembers; empty: none.
Batch make_batch(const Options& options, const std::string& output);

// The command that goes on with a job, options that matter included; job_id empty: with every unfinished one.
std::string resume_line(const Options& options, const std::string& job_id);
// The command that asks again what a finished job has no answer to.
// What writes the requests of a job that did not succeed.
std::string failed_line(const Options& options, const std::string& job_id);
std::string retry_line(const Options& options, const std::string& job_id);

}  // namespace cli
