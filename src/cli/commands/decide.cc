// adopt, abandon: what only a person can decide about a job of which nobody knows whether it was submitted.
#include "cli/commands/commands.h"
#include "cli/follow.h"
#include "cli/out_file.h"
#include "cli/output_owners.h"
#include "cli/settings.h"

namespace cli {
namespace {

// The job to its end, with its results where it remembers they go.
Exit finish(Session* session, br_job* job) {
  if (br_job_is_done(job) == 0) call(br_resume, session->router(), job);
  Exit code = Exit::ok;
  follow(session, {job}, timeout_ms(session->options()),
         [&](br_job* ended, End end) { code = settle(session, ended, end, output_of(ended)); });
  return code;
}

}  // namespace

Exit run_adopt(const Options& options) {
  need_state(options);
  Session session(options, Session::Mode::owner);
  const Job job = session.open_job(options.job);
  check_output(output_of(job.get()));
  const br_status status = call(br_job_adopt, job.get(), options.part, options.batch.c_str());
  if (!session.progress().is_silent())
    session.progress().note(std::string(br_job_id(job.get())) + ": goes on with the batch " + options.batch +
                            (status == BR_EXISTS ? ", which it had already" : ""));
  return finish(&session, job.get());
}

Exit run_abandon(const Options& options) {
  need_state(options);
  Session session(options, Session::Mode::owner);
  const Job job = session.open_job(options.job);
  check_output(output_of(job.get()));
  call(br_job_abandon, job.get());
  if (!session.progress().is_silent())
    session.progress().note(std::string(br_job_id(job.get())) + ": what was in doubt is given up; nothing was sent");
  return finish(&session, job.get());
}

}  // namespace cli
