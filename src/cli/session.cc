#include "cli/session.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/failures.h"
#include "cli/idle_options.h"
#include "cli/json_text.h"
#include "cli/json_view.h"
#include "cli/settings.h"
#include "cli/terminal.h"

namespace cli {
namespace {

constexpr rlim_t kFewestFiles = 24, kEnoughFiles = 256;
constexpr std::int64_t kCloseTimeoutMs = 2000, kDeletionsMs = 5000, kPumpMs = 50;

std::int32_t log_level(const Options& options) {
  if (options.quiet) return BR_LOG_ERROR;
  if (options.verbose > 1) return BR_LOG_DEBUG;
  if (options.verbose == 1) return BR_LOG_INFO;
  return options.json ? BR_LOG_ERROR : BR_LOG_WARNING;
}

void keep_log_line(void* user_data, std::int32_t level, const char* message) {
  const char* kind = level == BR_LOG_ERROR ? "error: " : level == BR_LOG_WARNING ? "warning: " : "";
  static_cast<Progress*>(user_data)->note(std::string(kind) + message);
}

std::string state_dir(const Options& options) { return br_config_get(make_config(options).get(), "state_dir"); }

// With fewer a job cannot even wait for its vendor. What the system allows is taken where the shell allows less.
void need_open_files() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= kFewestFiles) return;
  const rlim_t before = files.rlim_cur;
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, kEnoughFiles);
  if (files.rlim_cur >= kFewestFiles && setrlimit(RLIMIT_NOFILE, &files) == 0) return;
  throw Failure(Exit::failed, fmt::format("only {} open files are allowed, {} are needed", before, kFewestFiles),
                fmt::format("raise the limit: ulimit -n {}", kEnoughFiles));
}

}  // namespace

Session::Session(const Options& options, Mode mode) : options_(options), mode_(mode), progress_(options) {
  need_open_files();
  block_interrupts();
  const Config config = make_config(options);
  if (mode == Mode::observer) call(br_config_set, config.get(), "state.mode", "observer");
  call(br_config_set_log, config.get(), log_level(options), &keep_log_line, static_cast<void*>(&progress_),
       static_cast<br_destroy_fn>(nullptr));
  deletes_ = br_config_get(config.get(), "files.delete_remote");
  br_router* opened = nullptr;
  try {
    call(br_router_new, config.get(), &opened);
  } catch (Failure& failure) {
    // Another directory would have no such job.
    if (failure.code == "BR_ELOCKED" && !options.job.empty())
      failure.hint = "stop that process with Ctrl-C, by which nothing is lost, and do this again";
    throw;
  }
  router_.reset(opened);
  interrupts_ = std::make_unique<InterruptWatch>([opened] { br_router_wakeup(opened); });
}

Session::~Session() {
  progress_.clear();
  wait_for_deletions();
  // Closing in order says that somebody was told of the end, so that the words have to be out before.
  flush_output();
  br_router_close(router_.get(), kCloseTimeoutMs, nullptr);
  interrupts_.reset();
}

// A vendor that refuses to delete files is told of, which only br_poll can do.
void Session::wait_for_deletions() {
  if (router_ == nullptr || deletes_ == "never" || signal() != 0) return;
  // Twice: the number may be from before the deletions began.
  for (std::int64_t waited_ms = 0, quiet = 0; waited_ms < kDeletionsMs && quiet < 2; waited_ms += kPumpMs) {
    br_poll(router_.get(), kPumpMs, nullptr);
    quiet = JsonView(br_stats_json(router_.get(), nullptr)).text("/calls_under_way") == "0" ? quiet + 1 : 0;
  }
  br_poll(router_.get(), 0, nullptr);
  progress_.clear();
}

// The only job whose id begins so, with or without "job_"; empty: none, and what is wrong is said by whoever opens it.
std::string Session::whole_id(const std::string& beginning) const {
  br_job_list* found = nullptr;
  call(br_list, router_.get(), static_cast<const char*>(nullptr), std::int64_t{0}, &found);
  const JobList list(found);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < br_job_list_count(found); ++i) {
    const std::string id = br_job_id(br_job_list_get(found, i));
    if (id.starts_with(beginning) || id.starts_with("job_" + beginning)) ids.push_back(id);
  }
  if (ids.size() < 2) return ids.empty() ? "" : ids.front();
  throw Failure(Exit::not_found, std::to_string(ids.size()) + " jobs begin with " + beginning + ", among them " + ids[0] +
                                     " and " + ids[1],
                "give more of the id");
}

Job Session::open_job(const std::string& job_id) const {
  Job job = find_job(job_id);
  refuse_what_the_job_keeps(options_, job.get());
  return job;
}

Job Session::find_job(const std::string& job_id) const {
  br_job* job = nullptr;
  br_error* error = nullptr;
  const br_status status = br_job_open(router_.get(), job_id.c_str(), &job, &error);
  if (status >= 0) return Job(job);
  Failure failure = failure_of(status, error);
  const std::string whole = status == BR_ENOTFOUND && !job_id.empty() ? whole_id(job_id) : "";
  if (whole.empty()) throw failure;
  call(br_job_open, router_.get(), whole.c_str(), &job);
  return Job(job);
}

std::vector<Job> Session::all_jobs() const {
  br_job_list* found = nullptr;
  call(br_list, router_.get(), static_cast<const char*>(nullptr), std::int64_t{0}, &found);
  const JobList list(found);
  std::vector<Job> jobs;
  for (std::size_t i = br_job_list_count(found); i > 0; --i)
    jobs.push_back(find_job(br_job_id(br_job_list_get(found, i - 1))));
  return jobs;
}

void Session::pump() { call(br_poll, router_.get(), std::int64_t{0}); }

// Where the database is gone, spool still knows the jobs.
bool has_state(const Options& options) {
  const std::string directory = state_dir(options);
  return access((directory + "/state.db").c_str(), F_OK) == 0 || access((directory + "/spool").c_str(), F_OK) == 0;
}

bool find_state(const Options& options) {
  if (has_state(options)) return true;
  const std::string directory = state_dir(options);
  if (options.state_dir.empty() || access(directory.c_str(), F_OK) == 0) return false;
  // No failure: nothing was ever submitted from there, and the next submission makes it.
  const std::string what = directory + ": there is no such directory, so there are no jobs";
  if (options.json) tell_text(fmt::format("{{\"warning\":{}}}\n", printable_json(json_text(what))));
  else tell("warning: {}\n", what);
  return false;
}

void need_state(const Options& options) {
  if (has_state(options)) return;
  throw Failure(Exit::not_found, "there is no job " + options.job + ": nothing was ever submitted from " +
                                     state_dir(options),
                "give the right --state-dir; batchrouter list shows the jobs");
}

std::unique_ptr<Session> look_session(const Options& options) {
  try {
    return std::make_unique<Session>(options, Session::Mode::owner);
  } catch (const Failure& failure) {
    if (failure.code != "BR_ELOCKED") throw;
  }
  return std::make_unique<Session>(options, Session::Mode::observer);
}

std::int64_t timeout_ms(const Options& options) {
  if (options.timeout_ms) return *options.timeout_ms;
  return std::stoll(br_config_get(make_config(options).get(), "timeout_ms"));
}

void print_job_json(br_job* job, const Failures* failures) {
  std::string json = br_job_json(job, nullptr);
  if (br_job_is_done(job) != 0 && br_job_count(job, BR_COUNT_SUCCEEDED) < br_job_count(job, BR_COUNT_TOTAL)) {
    json.pop_back();
    json += ",\"failures\":" + (failures != nullptr ? *failures : Failures::of(job)).json() + "}";
  }
  fmt::print("{}\n", printable_json(json));
}

}  // namespace cli
