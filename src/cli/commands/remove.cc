// remove: a job and its files leave the state directory; the vendor is not asked.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/job_notes.h"
#include "cli/json_text.h"
#include "cli/session.h"

namespace cli {

Exit run_remove(const Options& options) {
  need_state(options);
  Session session(options, Session::Mode::owner);
  const Job job = session.open_job(options.job);
  const std::string id = br_job_id(job.get());
  call(br_job_remove, job.get());
  forget_notes(id);
  if (options.json) fmt::print("{{\"id\":{},\"removed\":true}}\n", json_text(id));
  else if (!session.progress().is_silent()) session.progress().note(id + ": removed");
  return Exit::ok;
}

}  // namespace cli
