// attach: a batch that was made elsewhere, or whose state directory is lost, becomes a job of this one.
#include "cli/commands/commands.h"
#include "cli/follow.h"
#include "cli/out_file.h"
#include "cli/repeat.h"
#include "cli/settings.h"

namespace cli {
namespace {

// The vendor is asked at once: an id that it does not know leaves no job behind.
void prove(Session* session, br_job* job, bool is_new) {
  if (br_job_is_done(job) != 0) return;
  br_error* error = nullptr;
  const br_status status = br_job_refresh(job, kAskTimeoutMs, &error);
  if (status >= 0) return;
  Failure failure = failure_of(status, error);
  if (status != BR_ENOTFOUND || !is_new) {
    session->progress().note("warning: " + std::string(failure.what()));
    return;
  }
  failure.hint = "give the vendor's id of the batch, and the key of the account that made it; "
                 "batchrouter list --remote --provider " + session->options().provider + " shows its newest batches";
  br_job_remove(job, nullptr);
  throw failure;
}

}  // namespace

Exit run_attach(const Options& options) {
  if (options.provider.empty())
    throw Failure(Exit::usage, "attach " + options.batch + ": it is not said whose batch that is", "add --provider");
  const std::string output = absolute_output(options.output.empty() ? "-" : options.output);
  check_output(output);
  check_wishes(options);
  Session session(options, Session::Mode::owner);
  const Batch kept(br_batch_new(nullptr));
  if (!kept) throw std::bad_alloc();
  call(br_batch_set, kept.get(), "output", output.c_str());
  br_job* made = nullptr;
  const br_status status = call(br_attach_with, session.router(), options.provider.c_str(), options.batch.c_str(),
                                static_cast<const br_batch*>(kept.get()), &made);
  const Job job(made);
  keep_wishes(session.options(), made);
  if (status == BR_EXISTS && !session.progress().is_silent())
    session.progress().note(std::string(br_job_id(made)) + ": has that batch already, it goes on");
  prove(&session, job.get(), status != BR_EXISTS);
  if (br_job_is_done(job.get()) == 0) call(br_resume, session.router(), job.get());
  ResultWriter writer(job.get(), output);
  Exit code = Exit::ok;
  follow(&session, {job.get()}, timeout_ms(options),
         [&](br_job* ended, End end) { code = settle(&session, ended, end, output, &writer); }, &writer);
  return code;
}

}  // namespace cli
