#include "cli/follow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "cli/clock.h"
#include "cli/duration.h"
#include "cli/json_view.h"
#include "cli/out_file.h"
#include "cli/settings.h"

namespace cli {
namespace {

constexpr std::int64_t kBarSliceMs = 250, kLineSliceMs = 1000;

void wait_slice(br_job* job, std::int64_t slice_ms) {
  br_error* error = nullptr;
  const br_status status = br_job_wait(job, slice_ms, &error);
  if (status >= 0) return;
  Failure failure = failure_of(status, error);
  if (status != BR_ETIMEOUT) throw failure;
}

bool has_ended(const br_job* job) { return br_job_is_done(job) != 0 || br_job_is_blocked(job) != 0; }

std::string reason_of(const br_job* job) {
  const char* reason = br_job_error_message(job);
  return reason == nullptr ? "it waits for somebody" : reason;
}

void report_done(Session* session, const br_job* job, std::int64_t rows, std::int64_t failed, const std::string& path) {
  if (session->progress().is_silent()) return;
  std::string line = fmt::format("{}: {}, {} requests, {} succeeded, {} did not", br_job_id(job),
                                 br_state_name(br_job_state(job)), grouped(rows), grouped(rows - failed),
                                 grouped(failed));
  if (!path.empty() && path != "-") line += "; wrote " + path;
  session->progress().note(line);
  const char* reason = br_job_error_message(job);
  if (failed == 0) return;
  if (reason != nullptr) session->progress().note(std::string("  because: ") + reason);
  session->progress().note("  to ask these again: " + retry_line(session->options(), br_job_id(job)));
}

// Whether the results are written where the job wants them. One that wants none has another consumer, a program that
// takes them by itself, unless it was submitted by this program.
bool waits_for(const br_job* job, const std::string& path) {
  const char* output = br_job_output(job);
  if (output != nullptr) return path == output;
  return JsonView(br_job_json(job, nullptr)).text("/refuses_repeat") == "true";
}

Failure stopped(Session* session, const br_job* job, End end) {
  const std::string id = br_job_id(job), go_on = resume_line(session->options(), id);
  if (end == End::blocked) {
    Failure failure(exit_of_blocked(br_job_error_code(job)), id + ": " + reason_of(job), "then go on with: " + go_on);
    failure.code = br_status_name(br_job_error_code(job));
    return failure;
  }
  if (end == End::timed_out) {
    Failure failure(Exit::timeout,
                    fmt::format("{}: still {} after {}", id, br_state_name(br_job_state(job)),
                                show_duration(timeout_ms(session->options()))),
                    "go on with: " + go_on);
    failure.code = "BR_ETIMEOUT";
    return failure;
  }
  const bool terminated = session->signal() == SIGTERM;
  Failure failure(terminated ? Exit::terminated : Exit::interrupted, id + ": interrupted; its state is saved",
                  "go on with: " + go_on);
  failure.code = "BR_ECANCELLED";
  return failure;
}

}  // namespace

void follow(Session* session, std::vector<br_job*> jobs, std::int64_t wait_ms,
            const std::function<void(br_job*, End)>& ended, ResultWriter* writer) {
  const std::int64_t deadline = steady_ms() + wait_ms;
  const std::int64_t most = session->progress().is_bar() || jobs.size() > 1 ? kBarSliceMs : kLineSliceMs;
  const auto end_all = [&](End end) {
    for (br_job* job : jobs) ended(job, end);
  };
  for (;;) {
    session->pump();
    for (br_job* job : jobs) {
      call(br_job_update, job);
      session->progress().show(job);
      if (has_ended(job)) ended(job, br_job_is_done(job) != 0 ? End::done : End::blocked);
    }
    std::erase_if(jobs, has_ended);
    if (jobs.empty()) return;
    if (session->signal() != 0) return end_all(End::interrupted);
    const std::int64_t left = deadline - steady_ms();
    if (left <= 0) return end_all(End::timed_out);
    const std::int64_t slice = std::min(left, most);
    const bool writes = writer != nullptr && session->options().order != "input";
    if (!writes || !writer->advance(slice)) wait_slice(jobs.front(), slice);
  }
}

Exit write_results(Session* session, br_job* job, const std::string& path, ResultWriter* writer) {
  std::int64_t rows = 0, failed = 0;
  try {
    const bool by_input = session->options().order == "input";
    if (!by_input && writer != nullptr && writer->commit()) {
      rows = writer->rows(), failed = writer->failed();
    } else {
      OutFile file(path);
      br_results* opened = nullptr;
      call(br_results_open, job, &opened);
      const Results results(opened);
      if (by_input) call(br_results_set_order, opened, BR_ORDER_INPUT);
      call_writing(&file, br_results_write, opened, &rows, &failed);
    }
  } catch (Failure& failure) {
    // The requests were answered: only the file is missing, and it can be written again.
    if (failure.exit == Exit::reader_gone) throw;
    if (failure.exit == Exit::usage || failure.code == "BR_ECANCELLED") failure.exit = Exit::failed;
    failure.hint += (failure.hint.empty() ? "then: " : ", then: ") + resume_line(session->options(), br_job_id(job));
    throw;
  }
  if (waits_for(job, path)) call(br_job_ack_all, job);
  report_done(session, job, rows, failed, path);
  return failed == 0 ? Exit::ok : Exit::some_failed;
}

Exit settle(Session* session, br_job* job, End end, const std::string& path, ResultWriter* writer) {
  session->progress().clear();
  const bool json = session->options().json;
  const bool is_stdout_free = path != "-";
  Exit code = Exit::ok;
  if (end == End::done) {
    if (!path.empty()) {
      code = write_results(session, job, path, writer);
    } else {
      const std::int64_t total = br_job_count(job, BR_COUNT_TOTAL);
      const std::int64_t failed = total - br_job_count(job, BR_COUNT_SUCCEEDED);
      report_done(session, job, total, failed, path);
      code = failed == 0 ? Exit::ok : Exit::some_failed;
    }
    const br_status why = br_job_error_code(job);
    if (br_job_count(job, BR_COUNT_SUCCEEDED) == 0 && (why == BR_EQUOTA || why == BR_ELIMIT)) code = Exit::quota;
  } else {
    const Failure failure = stopped(session, job, end);
    print_failure(failure, json);
    code = failure.exit;
  }
  if (json && is_stdout_free) print_job_json(job);
  return code;
}

Exit worse(Exit a, Exit b) {
  constexpr std::array kOrder = {Exit::ok,   Exit::some_failed, Exit::timeout,   Exit::temporary,   Exit::not_found,
                                 Exit::quota, Exit::auth,       Exit::usage,     Exit::failed,      Exit::store,
                                 Exit::interrupted, Exit::terminated};
  const auto rank = [&](Exit code) { return std::find(kOrder.begin(), kOrder.end(), code); };
  return rank(a) < rank(b) ? b : a;
}

}  // namespace cli
