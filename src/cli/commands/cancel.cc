// cancel: asks the vendor to stop a job.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "cli/terminal.h"

namespace cli {
namespace {

bool stopping(std::int32_t taken, std::int32_t state) {
  return taken != 0 || state == BR_STATE_CANCELLED || state == BR_STATE_CANCELLING;
}

}  // namespace

Exit run_cancel(const Options& options) {
  need_state(options);
  Session session(options, Session::Mode::owner);
  const Job job = session.open_job(options.job);
  std::int32_t taken = 0;
  call(br_cancel, job.get(), kAskTimeoutMs, &taken);
  std::int32_t state = br_job_state(job.get());
  bool stops = stopping(taken, state);
  if (!stops && br_state_is_terminal(state) == 0) {
    // The vendor would not: it knows better how the job stands.
    br_job_refresh(job.get(), kAskTimeoutMs, nullptr);
    state = br_job_state(job.get());
    stops = stopping(taken, state);
  }
  if (options.json) {
    fmt::print("{{\"id\":{},\"cancelled\":{},\"status\":{}}}\n", json_text(br_job_id(job.get())), stops,
               json_text(br_state_name(state)));
  } else if (!options.quiet) {
    const std::string line =
        stops ? fmt::format("cancelled; collect what was finished with: {}", resume_line(options, options.job))
              : fmt::format("already {}, so there is nothing to cancel", br_state_name(state));
    tell("{}: {}\n", options.job, line);
  }
  // One that has ended, though not all of its answers are here yet, has nothing to cancel either.
  return stops || br_job_is_done(job.get()) != 0 || br_state_is_terminal(state) != 0 ? Exit::ok : Exit::failed;
}

}  // namespace cli
