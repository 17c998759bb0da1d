#include "cli/repeat.h"

#include "cli/config_layers.h"
#include "cli/job_notes.h"

namespace cli {

void set_repeat(br_batch* batch, const Options& options) {
  if (options.again && options.reuse)
    throw Failure(Exit::usage, "--again pays for finished requests again, --reuse takes their results", "give one of them");
  call(br_batch_set, batch, "continue", "1");
  // Always said, so that a job of this program is known by it: nobody pays when its end is told of too early.
  call(br_batch_set, batch, "finished", options.reuse ? "take" : "refuse");
  if (options.again) call(br_batch_set, batch, "again", "1");
}

Failure as_finished_work(Failure failure) {
  if (failure.code != "BR_EALREADY") return failure;
  failure.exit = Exit::usage;
  failure.hint = "--reuse takes its results, --again pays for them again";
  return failure;
}

namespace {

const std::string& hook_of(const Options& options) {
  return options.on_done.empty() ? ConfigLayers::here().on_done() : options.on_done;
}

}  // namespace

void check_wishes(const Options& options) { check_notes({hook_of(options), options.retries, false}); }

// Work that goes on keeps what was wanted before, where nothing is said now.
void keep_wishes(const Options& options, const br_job* job) {
  JobNotes notes = notes_of(br_job_id(job));
  if (const std::string& hook = hook_of(options); !hook.empty()) notes.on_done = hook;
  if (options.retries != 0) notes.retries = options.retries;
  keep_notes(br_job_id(job), notes);
}

void say_taken(Session* session, const br_job* job) {
  if (session->progress().is_silent()) return;
  const char* output = br_job_output(job);
  std::string line = std::string(br_job_id(job)) +
                     (br_job_is_done(job) != 0 ? ": is done, its results are taken" : ": goes on, it has the same requests");
  if (output != nullptr && std::string_view(output) != "-") line += std::string("; they go to ") + output;
  session->progress().note(line);
}

}  // namespace cli
