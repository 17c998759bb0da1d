// status: how a job stands, asked of the vendor at once.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <csignal>
#include <ctime>

#include "cli/commands/commands.h"
#include "cli/failures.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace cli {
namespace {

std::string show_time(std::int64_t ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

void print_time(const char* label, std::int64_t ms) {
  if (ms >= 0) put("  {:<11}{}\n", label, show_time(ms));
}

void print_text(const char* label, const char* text) {
  if (text != nullptr && *text != '\0') put("  {:<11}{}\n", label, text);
}

void print_job(br_job* job) {
  put("{}  {}  {}\n", br_job_id(job), br_state_name(br_job_state(job)), br_job_provider(job));
  put("  {:<11}{} of {} finished: {} succeeded, {} errored, {} cancelled, {} expired\n", "requests",
             grouped(finished_requests(job)), grouped(br_job_count(job, BR_COUNT_TOTAL)),
             grouped(br_job_count(job, BR_COUNT_SUCCEEDED)), grouped(br_job_count(job, BR_COUNT_ERRORED)),
             grouped(br_job_count(job, BR_COUNT_CANCELLED)), grouped(br_job_count(job, BR_COUNT_EXPIRED)));
  for (std::size_t i = 0; i < br_job_batch_count(job); ++i) {
    const char* id = br_job_batch_id(job, i);
    print_text("batch", id == nullptr ? "not accepted by the vendor yet" : id);
  }
  print_time("created", br_job_time(job, BR_TIME_CREATED));
  print_time("submitted", br_job_time(job, BR_TIME_SUBMITTED));
  print_time("completed", br_job_time(job, BR_TIME_COMPLETED));
  print_time("expires", br_job_time(job, BR_TIME_EXPIRES));
  print_text("name", br_job_name(job));
  print_text("output", br_job_output(job));
  print_text(br_job_is_blocked(job) != 0 ? "blocked" : "because", br_job_error_message(job));
  if (br_job_is_done(job) != 0 && br_job_count(job, BR_COUNT_SUCCEEDED) < br_job_count(job, BR_COUNT_TOTAL))
    put("{}", Failures::of(job).text());
}

}  // namespace

Exit run_status(const Options& options) {
  need_state(options);
  const auto session = look_session(options);
  const Job job = session->open_job(options.job);
  br_error* error = nullptr;
  br_status status = BR_OK;
  if (!session->is_observer() && br_job_is_done(job.get()) == 0)
    status = br_job_refresh(job.get(), kAskTimeoutMs, &error);
  if (options.json) print_job_json(job.get());
  else print_job(job.get());
  if (session->signal() != 0) return session->signal() == SIGINT ? Exit::interrupted : Exit::terminated;
  if (status >= 0) return Exit::ok;
  Failure failure = failure_of(status, error);
  if (status == BR_ETIMEOUT) failure.exit = Exit::temporary;
  if (status == BR_ELIMIT) failure.exit = Exit::quota;
  if (br_job_is_blocked(job.get()) != 0) failure.exit = exit_of_blocked(status);
  throw failure;
}

}  // namespace cli
