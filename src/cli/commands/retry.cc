// retry: the requests of a finished job that did not succeed become a job of their own.
#include "cli/commands/commands.h"
#include "cli/follow.h"
#include "cli/out_file.h"
#include "cli/repeat.h"

namespace cli {

Exit run_retry(const Options& options) {
  const std::string output = absolute_output(options.output.empty() ? "-" : options.output);
  check_output(output);
  need_state(options);
  Session session(options, Session::Mode::owner);
  const Job parent = session.open_job(options.job);
  const Batch kept(br_batch_new(nullptr));
  if (!kept) throw std::bad_alloc();
  call(br_batch_set, kept.get(), "output", output.c_str());
  set_repeat(kept.get(), options);
  const Job job = take_or_make(&session, [&](br_job** made, br_error** error) {
    return br_retry_with(session.router(), parent.get(), kept.get(), nullptr, nullptr, nullptr, made, error);
  });
  ResultWriter writer(job.get(), output);
  Exit code = Exit::ok;
  follow(&session, {job.get()}, timeout_ms(options),
         [&](br_job* ended, End end) { code = settle(&session, ended, end, output, &writer); }, &writer);
  return code;
}

}  // namespace cli
