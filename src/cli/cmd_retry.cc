// retry: the requests of a finished job that did not succeed become a job of their own.
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/out_file.h"

namespace cli {

Exit run_retry(const Options& options) {
  const std::string output = absolute_output(options.output.empty() ? "-" : options.output);
  check_output(output);
  need_state(options);
  Session session(options, Session::Mode::owner);
  const Job parent = session.open_job(options.job);
  br_job* made = nullptr;
  call(br_retry, session.router(), parent.get(), static_cast<br_done_fn>(nullptr), static_cast<void*>(nullptr),
       static_cast<br_destroy_fn>(nullptr), &made);
  const Job job(made);
  ResultWriter writer(job.get(), output);
  Exit code = Exit::ok;
  follow(&session, {job.get()}, timeout_ms(options),
         [&](br_job* ended, End end) { code = settle(&session, ended, end, output, &writer); }, &writer);
  return code;
}

}  // namespace cli
