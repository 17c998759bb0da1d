// results: writes the results of a job that has ended, as often as wanted.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/follow.h"
#include "cli/out_file.h"
#include "cli/output_owners.h"
#include "cli/settings.h"
#include "cli/terminal.h"

namespace cli {
namespace {

// Asks the vendor; where the job has ended there, fetches its results.
void collect(Session* session, br_job* job) {
  if (br_job_is_done(job) != 0) return;
  call(br_job_refresh, job, kAskTimeoutMs);
  if (br_state_is_terminal(br_job_state(job)) == 0 || br_job_is_blocked(job) != 0) return;
  call(br_resume, session->router(), job);
  follow(session, {job}, timeout_ms(session->options()), [&](br_job* ended, End end) {
    if (end == End::blocked || end == End::interrupted) {
      const Exit code = settle(session, ended, end, "-");
      throw code;
    }
  });
}

// The unified lines of what did not succeed. Nothing is acknowledged.
Exit write_failed(const Session& session, br_job* job, const std::string& path) {
  OutFile file(path);
  std::int64_t rows = 0;
  call_writing(&file, br_job_write_failed, job, &rows);
  if (!session.options().quiet)
    tell("{}: {} requests did not succeed\n", br_job_id(job), grouped(rows));
  return Exit::ok;
}

}  // namespace

Exit run_results(const Options& options) {
  std::string output = absolute_output(options.output.empty() ? "-" : options.output);
  check_output(output);
  need_state(options);
  Session session(options, Session::Mode::owner);
  const Job job = session.open_job(options.job);
  try {
    collect(&session, job.get());
  } catch (const Exit code) {
    return code;
  }
  if (br_job_is_done(job.get()) == 0) {
    const char* reason = br_job_error_message(job.get());
    Failure failure(Exit::timeout,
                    options.job + ": is " + br_state_name(br_job_state(job.get())) + ", so there are no results yet" +
                        (reason == nullptr ? "" : std::string("; ") + reason),
                    "wait for it with: " + resume_line(options, options.job));
    failure.code = "BR_ENOTCOMPLETE";
    throw failure;
  }
  if (options.refetch) {
    std::int64_t changed = 0;
    call(br_job_refetch, job.get(), timeout_ms(options), &changed);
    if (!options.quiet) tell_text(fmt::format("{}: {} results changed\n", br_job_id(job.get()), grouped(changed)));
    // Its OUT is written anew, wherever the job remembers it.
    if (options.output.empty() && !options.failed && !output_of(job.get()).empty()) {
      output = OutputOwners(&session).path_of(job.get());
      if (output.empty()) return Exit::ok;
    }
  }
  if (options.failed) return write_failed(session, job.get(), output);
  const Exit code = write_results(&session, job.get(), output);
  if (options.json && output != "-") print_job_json(job.get());
  return code;
}

}  // namespace cli
