// resume: whatever was interrupted is brought to its end.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/json_view.h"
#include "cli/out_file.h"
#include "cli/terminal.h"

namespace cli {
namespace {

std::string output_of(const br_job* job) {
  const char* output = br_job_output(job);
  return output == nullptr ? "" : output;
}

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
    if (is_unfinished(job.get())) jobs.push_back(std::move(job));
  }
  return jobs;
}

// Where several jobs remember one file, it is the newest one's: an older one writes its results over no other's.
class OutputOwners {
 public:
  explicit OutputOwners(Session* session) : session_(session) {}

  // The remembered output; empty, with a word about it, where it is another job's.
  std::string path_of(const br_job* job, End end) {
    const std::string path = output_of(job);
    if (path.empty() || path == "-" || end != End::done) return path;
    const std::string younger = younger_than(job);
    if (younger.empty()) return path;
    session_->progress().note(std::string(br_job_id(job)) + ": " + path + " is the output of the younger job " + younger +
                              "; to write these results: batchrouter results " + br_job_id(job) + " -o FILE");
    return "";
  }

 private:
  // The id of a younger job that remembers the output of this one; empty if there is none.
  std::string younger_than(const br_job* job) {
    if (jobs_.empty()) jobs_ = session_->all_jobs();
    for (const Job& other : jobs_) {
      const bool is_younger = br_job_time(other.get(), BR_TIME_CREATED) > br_job_time(job, BR_TIME_CREATED);
      if (is_younger && output_of(other.get()) == output_of(job)) return br_job_id(other.get());
    }
    return "";
  }

  Session* session_;
  std::vector<Job> jobs_;
};

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
    std::string path = options.output.empty() ? owners.path_of(job, end) : absolute_output(options.output);
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
