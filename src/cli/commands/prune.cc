// prune: jobs that are over leave the state directory with their files, by age and by how they ended.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/job_notes.h"
#include "cli/json_text.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace cli {
namespace {

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Nobody waits for anything of the job: whoever wanted its results has them all.
bool is_over(const br_job* job) {
  return br_job_is_done(job) != 0 && br_job_count(job, BR_COUNT_ACKED) == br_job_count(job, BR_COUNT_TOTAL);
}

// When it was over, by the clock of this machine as `--older-than` is; a job that never got so far counts from its beginning.
std::int64_t ended_ms(const br_job* job) {
  const std::int64_t done = br_job_time(job, BR_TIME_DONE);
  return done >= 0 ? done : br_job_time(job, BR_TIME_RECORDED);
}

struct Pruned {
  std::vector<std::string> removed;
  std::int64_t waiting = 0;  // old enough, with results that nobody has taken
};

Pruned prune(Session* session, const Options& options) {
  const std::int64_t before_ms = now_ms() - options.older_than_ms.value_or(0);
  Pruned pruned;
  for (const Job& job : session->all_jobs()) {
    const std::string state = br_state_name(br_job_state(job.get()));
    const bool chosen = options.states.empty() || std::ranges::find(options.states, state) != options.states.end();
    if (br_job_is_done(job.get()) == 0 || !chosen || ended_ms(job.get()) > before_ms) continue;
    if (!is_over(job.get())) {
      ++pruned.waiting;
      continue;
    }
    const std::string id = br_job_id(job.get());
    if (!options.dry_run) {
      call(br_job_remove, job.get());
      forget_notes(id);
    }
    pruned.removed.push_back(id);
  }
  return pruned;
}

void print_pruned(const Pruned& pruned, const Options& options) {
  if (options.json) {
    std::string ids;
    for (const std::string& id : pruned.removed) ids += (ids.empty() ? "" : ",") + json_text(id);
    fmt::print("{{\"removed\":[{}],\"dry_run\":{},\"waiting\":{}}}\n", ids, options.dry_run, pruned.waiting);
    return;
  }
  for (const std::string& id : pruned.removed) fmt::print("{}\n", id);
  if (options.quiet) return;
  tell("{} {} jobs\n", options.dry_run ? "would remove" : "removed", pruned.removed.size());
  if (pruned.waiting > 0) tell("kept {} jobs whose results nobody has taken; batchrouter resume writes them\n", pruned.waiting);
}

}  // namespace

Exit run_prune(const Options& options) {
  if (!options.older_than_ms && options.states.empty())
    throw Failure(Exit::usage, "prune: it is not said which jobs", "add --older-than 30d, or --state completed");
  if (!find_state(options)) {
    print_pruned({}, options);
    return Exit::ok;
  }
  Session session(options, Session::Mode::owner);
  print_pruned(prune(&session, options), options);
  return Exit::ok;
}

}  // namespace cli
