// resume: whatever was interrupted is brought to its end.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/follow.h"
#include "cli/job_notes.h"
#include "cli/json_view.h"
#include "cli/out_file.h"
#include "cli/output_owners.h"
#include "cli/terminal.h"

namespace cli {
namespace {

// Work is left: results to fetch, a results file to write, or to say that all that is done.
bool is_unfinished(const br_job* job) {
  if (br_job_is_done(job) == 0) return true;
  if (output_of(job).empty()) return false;
  if (br_job_count(job, BR_COUNT_ACKED) < br_job_count(job, BR_COUNT_TOTAL)) return true;
  const JsonView view(br_job_json(job, nullptr));
  return view.text("/refuses_repeat") == "true" && view.text("/told") == "false";
}

std::vector<Job> chosen_jobs(const Session& session) {
  std::vector<Job> jobs;
  if (!session.options().job.empty()) {
    jobs.push_back(session.open_job(session.options().job));
    return jobs;
  }
  for (Job& job : session.all_jobs()) {
    if (notes_of(br_job_id(job.get())).is_round) continue;  // goes on with the first one
    if (is_unfinished(job.get())) jobs.push_back(std::move(job));
  }
  return jobs;
}

void print_nothing_to_do(const Options& options) {
  if (options.json) fmt::print("{{\"jobs\":[]}}\n");
  else if (!options.quiet) tell("nothing to resume\n");
}

}  // namespace

Exit run_resume(const Options& options) {
  if (!options.output.empty() && options.job.empty())
    throw Failure(Exit::usage, "-o needs a job: several jobs cannot share one file", "batchrouter resume JOB -o OUT");
  if (!options.base_url.empty() && options.job.empty())
    throw Failure(Exit::usage, "--base-url needs a job: several jobs may have several addresses",
                  "batchrouter resume JOB --base-url URL");
  check_output(absolute_output(options.output));
  if (!options.job.empty()) need_state(options);
  if (!find_state(options)) {
    print_nothing_to_do(options);
    return Exit::ok;
  }
  Session session(options, Session::Mode::owner);
  const std::vector<Job> jobs = chosen_jobs(session);
  if (jobs.empty()) {
    print_nothing_to_do(options);
    return Exit::ok;
  }
  std::vector<br_job*> waiting;
  for (const Job& job : jobs) {
    if (br_job_is_done(job.get()) == 0) call(br_resume, session.router(), job.get());
    waiting.push_back(job.get());
  }
  Exit code = Exit::ok;
  OutputOwners owners(&session);
  follow(&session, waiting, timeout_ms(options), [&](br_job* job, End end) {
    std::string path = options.output.empty() ? end == End::done ? owners.path_of(job) : output_of(job) : absolute_output(options.output);
    if (path.empty() && !options.job.empty() && output_of(job).empty()) path = "-";
    try {
      code = worse(code, settle(&session, job, end, path));
    } catch (const Failure& failure) {
      // One file that cannot be written keeps no other from being written.
      print_failure(failure, options.json);
      code = worse(code, failure.exit);
    }
  });
  return code;
}

}  // namespace cli
