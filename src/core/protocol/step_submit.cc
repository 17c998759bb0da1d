#include "batchrouter.h"
#include "core/protocol/stepper.h"

namespace br {

void Stepper::upload() {
  nothing_due();
  notify(BR_EVENT_BATCH_SUBMITTING, "uploading the request file");
  call(Op::upload);
}

void Stepper::uploaded(const Outcome& outcome) {
  batch().input_file_id = outcome.input_file_id;
  create();
}

// The intent is durable before the first byte of the paid call leaves.
void Stepper::create() {
  nothing_due();
  batch().phase = Phase::creating;
  batch().create_sent_ms = now_;
  batch().absent_since_ms = -1;
  batch().creates += 1;
  if (batch().accounts.empty()) learn_account(rules_.account, &batch());
  track().inherited = false;
  track().create_under_way = true;
  save();
  call(Op::create);
}

void Stepper::accepted(const RemoteStatus& status, bool adopted) {
  batch().status = status;
  batch().phase = Phase::running;
  batch().submitted_ms = now_;
  batch().absent_since_ms = -1;
  batch().error.reset();
  batch().blocked = false;
  // Where a person said it the vendor has not answered yet: the first poll tells whether it knows the batch.
  if (!batch().adopted_by_person) learn_account(rules_.account, &batch());
  const std::int64_t polls = track().polls;
  const bool only_asked = track().only_asked;
  track() = Track{};
  track().polls = polls + 1;
  track().only_asked = only_asked;
  track().inherited = adopted;  // what was found may be over, and not the last that was made: it is looked for again then
  if (batch().cancel_wanted) track().cancel = CancelAnswer::asked;
  save();
  notify(adopted ? BR_EVENT_ADOPTED : BR_EVENT_BATCH_SUBMITTED,
         adopted ? "found the batch at the vendor; it was submitted" : "the vendor accepted the batch");
  if (batch().cancel_wanted && is_terminal(status.state)) track().cancel = CancelAnswer::already_ended;
  else if (batch().cancel_wanted) call(Op::cancel);
  schedule(Due::poll, adopted ? 0 : poll_delay_ms(rules_.poll, 0));
}

// Some vendors, Google first, have one answer for a full queue and for too many calls: while batches of ours run it is
// the queue. Where a vendor says 429 only, the ordinary retries come before that.
bool Stepper::means_queue_full(const Error& error, bool others_run) const {
  if (error.code == Code::limit) return error.transient;
  if (!others_run || error.http_status != 429 || !error.transient) return false;
  return error.vendor_code == "RESOURCE_EXHAUSTED" || d_.track.failures + 1 >= rules_.retry.max_attempts;
}

void Stepper::create_failed(const Error& error, bool others_run) {
  track().create_under_way = false;
  if (!error.not_executed) {
    batch().phase = Phase::unknown;
    batch().error = error;
    track().failures = 0;
    if (track().cancel == CancelAnswer::asked) track().cancel = CancelAnswer::remembered;
    save();
    notify(BR_EVENT_UNKNOWN, "no clear answer to the create call, so it was possibly submitted: " + error.message);
    return look_for_it();
  }
  batch().phase = Phase::uploaded;
  batch().creates -= 1;
  if (means_queue_full(error, others_run)) return queue_full(error, Phase::uploaded);
  save();
  call_failed(Due::create, error);
}

// A free call, or a paid one that certainly did nothing, went wrong before the vendor had accepted the batch.
void Stepper::call_failed(Due due, const Error& error) {
  if (error.blocking || error.code == Code::auth || error.code == Code::quota) return block(error);
  if (error.code == Code::no_provider || (error.code == Code::io && !error.transient)) return block(error);
  if (error.transient) return try_again(due, error);
  if (due == Due::list) return block(error);
  refuse(error);
}

}  // namespace br
