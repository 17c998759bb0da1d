// Options that the chosen command knows and that could not take effect: refused, since whoever gives one counts on it.
#pragma once

#include <string_view>

#include "batchrouter.h"
#include "cli/options.h"

namespace cli {

// Throws a Failure that names the option.
void refuse_idle_options(const Options& options);
// Likewise, once it is known which job is meant: another vendor than the job's, and another address than it remembers.
void refuse_what_the_job_keeps(const Options& options, const br_job* job);

}  // namespace cli
