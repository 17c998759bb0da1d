#include "cli/follow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "cli/clock.h"
#include "cli/duration.h"
#include "cli/failures.h"
#include "cli/hook.h"
#include "cli/job_notes.h"
#include "cli/json_view.h"
#include "cli/out_file.h"
#include "cli/retry_rounds.h"
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

// newest: whose retry would be the next one; the job, or the last of its rounds.
void report_done(Session* session, const br_job* job, const br_job* newest, std::int64_t rows, const Failures& failures,
                 const std::string& path) {
  const std::int64_t failed = failures.count();
  if (session->progress().is_silent()) return;
  std::string line = fmt::format("{}: {}, {} requests, {} succeeded, {} did not", br_job_id(job),
                                 br_state_name(br_job_state(job)), grouped(rows), grouped(rows - failed),
                                 grouped(failed));
  if (!path.empty() && path != "-") line += "; wrote " + path;
  session->progress().note(line);
  const char* reason = br_job_error_message(job);
  if (failed == 0) return;
  if (reason != nullptr) session->progress().note(std::string("  because: ") + reason);
  std::string reasons = failures.text();
  if (!reasons.empty()) reasons.pop_back();
  session->progress().note(reasons);
  session->progress().note(failures.may_help_to_retry()
                               ? "  to ask these again: " + retry_line(session->options(), br_job_id(newest))
                               : "  asking the same again would not help: mend the requests, which `" +
                                     failed_line(session->options(), br_job_id(newest)) + "` writes");
}

// Whether the results are written where the job wants them. One that wants none has another consumer, a program that
// takes them by itself, unless it was submitted by this program.
bool waits_for(const br_job* job, const std::string& path) {
  const char* output = br_job_output(job);
  if (output != nullptr) return path == output;
  return JsonView(br_job_json(job, nullptr)).text("/refuses_repeat") == "true";
}

Failures failures_of(br_job* job) {
  const bool all = br_job_count(job, BR_COUNT_SUCCEEDED) == br_job_count(job, BR_COUNT_TOTAL);
  return all ? Failures() : Failures::of(job);
}

// The job is over for whoever waits for it: not one of its retries that is interrupted, or waits for somebody.
bool is_ending(Exit code) { return code == Exit::ok || code == Exit::some_failed || code == Exit::quota; }

Failure stopped(Session* session, const br_job* job, End end) {
  const std::string id = br_job_id(job), go_on = resume_line(session->options(), id);
  if (end == End::blocked) {
    Failure failure(exit_of_blocked(br_job_error_code(job)), id + ": " + reason_of(job), "then go on with: " + go_on);
    failure.code = br_status_name(br_job_error_code(job));
    const JsonView view(br_job_json(job, nullptr));
    failure.http_status = std::atoi(view.text("/error/http_status").c_str());
    failure.vendor_code = view.text("/error/code");
    failure.request_id = view.text("/error/request_id");
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

namespace {

// The requests were answered: only the file is missing, and it can be written again.
void tell_how_to_write_again(const Options& options, br_job* job, Failure* failure) {
  if (failure->exit == Exit::reader_gone) return;
  if (failure->exit == Exit::usage || failure->code == "BR_ECANCELLED") failure->exit = Exit::failed;
  failure->hint += (failure->hint.empty() ? "then: " : ", then: ") + resume_line(options, br_job_id(job));
}

}  // namespace

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
    tell_how_to_write_again(session->options(), job, &failure);
    throw;
  }
  if (waits_for(job, path)) call(br_job_ack_all, job);
  report_done(session, job, job, rows, failed == 0 ? Failures() : Failures::of(job), path);
  return failed == 0 ? Exit::ok : Exit::some_failed;
}

namespace {

// The results of a job that is done, with those of its retries where it was to have some. *left: what did not succeed in
// the end, where that is not what the job itself says.
Exit settle_done(Session* session, br_job* job, const std::string& path, ResultWriter* writer,
                 std::optional<Failures>* left) {
  if (path.empty()) {
    const Failures failures = failures_of(job);
    report_done(session, job, job, br_job_count(job, BR_COUNT_TOTAL), failures, path);
    return failures.count() == 0 ? Exit::ok : Exit::some_failed;
  }
  const std::int64_t retries = notes_of(br_job_id(job)).retries;
  if (retries == 0) return write_results(session, job, path, writer);
  RetryRounds rounds(session, job, retries);
  if (const End end = rounds.run(); end != End::done) {
    const Failure failure = stopped(session, rounds.last(), end);
    print_failure(failure, session->options().json);
    return failure.exit;
  }
  if (rounds.empty()) return write_results(session, job, path, writer);
  std::int64_t rows = 0;
  try {
    rounds.write(path, &rows);
  } catch (Failure& failure) {
    tell_how_to_write_again(session->options(), job, &failure);
    throw;
  }
  rounds.acknowledge();
  report_done(session, job, rounds.last(), rows, rounds.failures(), path);
  *left = rounds.failures();
  return rounds.failures().count() == 0 ? Exit::ok : Exit::some_failed;
}

}  // namespace

Exit settle(Session* session, br_job* job, End end, const std::string& path, ResultWriter* writer) {
  session->progress().clear();
  const bool json = session->options().json;
  const bool is_stdout_free = path != "-";
  Exit code = Exit::ok;
  std::optional<Failures> left;
  if (end == End::done) {
    code = settle_done(session, job, path, writer, &left);
    const br_status why = br_job_error_code(job);
    if (br_job_count(job, BR_COUNT_SUCCEEDED) == 0 && (why == BR_EQUOTA || why == BR_ELIMIT)) code = Exit::quota;
    // Not yet where its results are still to be written, by another command.
    if (is_ending(code) && (!path.empty() || br_job_output(job) == nullptr)) run_hook(session, job, path, code);
  } else {
    const Failure failure = stopped(session, job, end);
    print_failure(failure, json);
    code = failure.exit;
  }
  if (json && is_stdout_free) print_job_json(job, left ? &*left : nullptr);
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
