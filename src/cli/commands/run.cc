// run and submit: a file of requests becomes a job.
#include <fmt/format.h>

#include <csignal>

#include "cli/commands/commands.h"
#include "cli/follow.h"
#include "cli/out_file.h"
#include "cli/repeat.h"
#include "cli/settings.h"

namespace cli {
namespace {

// What is wrong with the command line is said before any file is looked at.
void check_options(const Options& options) {
  make_config(options);
  if (options.base_url.empty() || !options.provider.empty()) return;
  throw Failure(Exit::usage, "--base-url " + options.base_url + ": it is not said whose address that is",
                "add --provider");
}

// Makes the job, or takes the one with the same content.
Job submit(Session* session, br_batch* batch) {
  return take_or_make(session, [&](br_job** made, br_error** error) {
    return br_submit(session->router(), batch, nullptr, nullptr, nullptr, made, error);
  });
}

}  // namespace

Exit run_run(const Options& options) {
  check_options(options);
  const std::string output = absolute_output(options.output.empty() ? "-" : options.output);
  check_output(output);
  const Batch batch = make_batch(options, output);
  set_repeat(batch.get(), options);
  Session session(options, Session::Mode::owner);
  const Job job = submit(&session, batch.get());
  ResultWriter writer(job.get(), output);
  Exit code = Exit::ok;
  follow(&session, {job.get()}, timeout_ms(options),
         [&](br_job* ended, End end) { code = settle(&session, ended, end, output, &writer); }, &writer);
  return code;
}

namespace {

// The vendor's answer to the submission, as an exit code; says what went wrong.
Exit wait_submitted(Session* session, br_job* job) {
  br_error* error = nullptr;
  const br_status status = br_job_wait_submitted(job, timeout_ms(session->options()), &error);
  session->pump();
  if (status == BR_OK) return Exit::ok;
  if (status == BR_AGAIN) {
    const Exit code = session->signal() == SIGTERM ? Exit::terminated : Exit::interrupted;
    print_failure(Failure(code, std::string(br_job_id(job)) + ": interrupted; its state is saved",
                          "go on with: " + resume_line(session->options(), br_job_id(job))),
                  session->options().json);
    return code;
  }
  Failure failure = failure_of(status, error);
  if (br_job_is_blocked(job) != 0) failure.exit = exit_of_blocked(status);
  if (status == BR_ELIMIT) failure.exit = Exit::quota;
  failure.hint += (failure.hint.empty() ? "go on with: " : "; then go on with: ") +
                  resume_line(session->options(), br_job_id(job));
  print_failure(failure, session->options().json);
  return failure.exit;
}

}  // namespace

Exit run_submit(const Options& options) {
  check_options(options);
  const std::string output = options.output.empty() ? "" : absolute_output(options.output);
  check_output(output);
  const Batch batch = make_batch(options, output);
  set_repeat(batch.get(), options);
  Session session(options, Session::Mode::owner);
  const Job job = submit(&session, batch.get());
  Exit code = wait_submitted(&session, job.get());
  call(br_job_update, job.get());
  if (options.reuse && !output.empty() && br_job_is_done(job.get()) != 0)
    code = write_results(&session, job.get(), output);
  if (options.json) print_job_json(job.get());
  else fmt::print("{}\n", br_job_id(job.get()));
  return code;
}

}  // namespace cli
