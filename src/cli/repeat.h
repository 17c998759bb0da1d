// Work that is given again: an unfinished job goes on, a finished one is refused unless --again or --reuse was given.
#pragma once

#include "cli/handles.h"
#include "cli/session.h"

namespace cli {

// Tells the library what is wanted of work that is here already. Throws Failure for --again beside --reuse.
void set_repeat(br_batch* batch, const Options& options);

// Submits with `made`, a call of the library that fills a job. Says when it took one that was there.
template <class Submit>
Job take_or_make(Session* session, Submit made);

// "these requests were answered already" with the options of the program as advice.
Failure as_finished_work(Failure failure);
void say_taken(Session* session, const br_job* job);
// Throws Failure where that could not be kept.
void check_wishes(const Options& options);
// Keeps what the command line wants to happen with the job beside: --on-done, --retries.
void keep_wishes(const Options& options, const br_job* job);

template <class Submit>
Job take_or_make(Session* session, Submit made) {
  check_wishes(session->options());
  br_job* job = nullptr;
  br_error* error = nullptr;
  const br_status status = made(&job, &error);
  if (status < 0) throw as_finished_work(failure_of(status, error));
  Job owner(job);
  if (status == BR_EXISTS) say_taken(session, job);
  keep_wishes(session->options(), job);
  return owner;
}

}  // namespace cli
