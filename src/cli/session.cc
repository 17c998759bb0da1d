#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/settings.h"

namespace cli {
namespace {

constexpr std::int64_t kCloseTimeoutMs = 2000;

std::int32_t log_level(const Options& options) {
  if (options.quiet) return BR_LOG_ERROR;
  if (options.verbose > 1) return BR_LOG_DEBUG;
  if (options.verbose == 1) return BR_LOG_INFO;
  return options.json ? BR_LOG_ERROR : BR_LOG_WARNING;
}

void take_log_line(void* user_data, std::int32_t level, const char* message) {
  const char* kind = level == BR_LOG_ERROR ? "error: " : level == BR_LOG_WARNING ? "warning: " : "";
  static_cast<Progress*>(user_data)->note(std::string(kind) + message);
}

std::string state_dir(const Options& options) { return br_config_get(make_config(options).get(), "state_dir"); }

}  // namespace

Session::Session(const Options& options, Mode mode) : options_(options), mode_(mode), progress_(options) {
  block_interrupts();
  const Config config = make_config(options);
  if (mode == Mode::observer) call(br_config_set, config.get(), "state.mode", "observer");
  call(br_config_set_log, config.get(), log_level(options), &take_log_line, static_cast<void*>(&progress_),
       static_cast<br_destroy_fn>(nullptr));
  br_router* opened = nullptr;
  call(br_router_new, config.get(), &opened);
  router_.reset(opened);
  interrupts_ = std::make_unique<InterruptWatch>([opened] { br_router_wakeup(opened); });
}

Session::~Session() {
  progress_.clear();
  br_router_close(router_.get(), kCloseTimeoutMs, nullptr);
  interrupts_.reset();
}

Job Session::open_job(const std::string& job_id) const {
  br_job* job = nullptr;
  call(br_job_open, router_.get(), job_id.c_str(), &job);
  return Job(job);
}

std::vector<Job> Session::all_jobs() const {
  br_job_list* found = nullptr;
  call(br_list, router_.get(), static_cast<const char*>(nullptr), std::int64_t{0}, &found);
  const JobList list(found);
  std::vector<Job> jobs;
  for (std::size_t i = br_job_list_count(found); i > 0; --i)
    jobs.push_back(open_job(br_job_id(br_job_list_get(found, i - 1))));
  return jobs;
}

void Session::pump() { call(br_poll, router_.get(), std::int64_t{0}); }

// Where the database is gone, spool still knows the jobs.
bool has_state(const Options& options) {
  const std::string directory = state_dir(options);
  return access((directory + "/state.db").c_str(), F_OK) == 0 || access((directory + "/spool").c_str(), F_OK) == 0;
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

void print_job_json(const br_job* job) { fmt::print("{}\n", br_job_json(job, nullptr)); }

}  // namespace cli
