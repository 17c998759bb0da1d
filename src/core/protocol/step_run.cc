#include "batchrouter.h"
#include "core/protocol/stepper.h"
#include "sys/clock.h"

namespace br {
namespace {
constexpr std::int64_t kCountsMs = 60'000, kOverdueMs = 600'000;
constexpr std::int32_t kMaxLatePolls = 10, kLatePollsOfOne = 3;  // of both files, of one beside the other

// Its rows may be paid for, so nothing about it is final.
Error gone_batch(const RemoteBatch& batch, const Error& said) {
  Error error(Code::unknown_outcome,
              (batch.adopted_by_person ? "the vendor does not know the batch " + batch.status.id + " that was adopted: "
                                       : "the vendor accepted the batch " + batch.status.id +
                                             " and does not know it any more: ") +
                  said.message,
              batch.adopted_by_person ? "adopt the right one, or give up its rows with `batchrouter abandon`"
                                      : "check key and project, then resume; give up its rows with `batchrouter abandon`");
  error.provider = batch.provider;
  error.http_status = said.http_status;
  error.request_id = said.request_id;
  return error;
}

}  // namespace

void Stepper::poll_soon() {
  nothing_due();
  call(Op::poll);
}

void Stepper::polled(const Outcome& outcome) {
  track().polls += 1;
  track().failures = 0;
  track().poll_error.reset();
  trouble_over(Trouble::polls);
  if (batch().phase != Phase::running && batch().phase != Phase::fetching) return;
  learn();  // it answers by its id
  // The reason of an outage that an earlier process saw.
  if (batch().phase == Phase::running && track().trouble == Trouble::none && batch().error) {
    batch().error.reset();
    save();
  }
  const State before = batch().status.state;
  const Counts counts = batch().status.counts;
  const bool unblocked = batch().missing_since_ms >= 0;
  const std::string& marker = outcome.status->marker;
  if (batch().adopted_by_person && batch().status.vendor_state.empty() && !marker.empty() && marker != batch().marker)
    notify(BR_EVENT_WARNING, "the batch " + batch().status.id + " was made for another part or job (its marker is " +
                                 marker + "); its rows are taken all the same, since a person adopted it");
  batch().status = merge_status(batch().status, *outcome.status, batch().phase == Phase::fetching);
  batch().missing_since_ms = -1;
  notify(BR_EVENT_BATCH_POLLED, batch().status.vendor_state);
  if (batch().phase == Phase::fetching) return promised_file_is_late() ? ended() : fetch();
  if (is_terminal(batch().status.state)) {
    trouble_over(Trouble::overdue);
    return ended();
  }
  look_at_overdue();
  if (before != batch().status.state || unblocked || counts_are_to_be_saved(counts)) save();
  tell_progress(before, counts);
  schedule(Due::poll, poll_delay_ms(rules_.poll, now_ - batch().submitted_ms));
}

// So that whoever looks after a restart sees how far it was. Not each time: nothing else depends on it.
bool Stepper::counts_are_to_be_saved(const Counts& before) {
  const Counts& now = batch().status.counts;
  if (now.succeeded == before.succeeded && now.errored == before.errored) return false;
  track().counts_unsaved = now_ - track().counts_saved_ms < kCountsMs;
  if (track().counts_unsaved) return false;  // when the router closes
  track().counts_saved_ms = now_;
  return true;
}

// It goes on being asked: what the vendor answers in the end is paid for, and taken.
void Stepper::look_at_overdue() {
  const RemoteStatus& status = batch().status;
  if (status.expires_ms < 0 || now_ - status.expires_ms < kOverdueMs) return trouble_over(Trouble::overdue);
  if (track().trouble != Trouble::none) return;
  Error error(Code::timeout,
              "the batch " + status.id + " is overdue: the vendor was to end it by " + iso_time(status.expires_ms),
              "cancel the job to get what is answered, or ask the vendor about the batch");
  track().trouble = Trouble::overdue;
  batch().error = std::move(error);
  save();
  notify(BR_EVENT_WARNING, batch().error->message + "; it is asked on; " + batch().error->hint);
}

void Stepper::tell_progress(State before, const Counts& counts) {
  const RemoteStatus& now = batch().status;
  if (before != now.state) notify(BR_EVENT_STATE, state_name(now.state));
  if (before != now.state && now.state == State::in_progress)
    notify(BR_EVENT_BATCH_PROCESSING, "the vendor works on the batch");
  if (now.counts_known && (now.counts.succeeded != counts.succeeded || now.counts.errored != counts.errored))
    notify(BR_EVENT_PROGRESS, std::to_string(now.counts.succeeded + now.counts.errored) + " of " +
                                  std::to_string(now.counts.total) + " requests are answered");
}

void Stepper::poll_failed(const Error& error) {
  track().polls += 1;
  track().poll_error = error;
  if (error.code == Code::auth || error.code == Code::no_provider || error.code == Code::config || error.blocking)
    return block(error);
  if (error.code == Code::not_found) {
    if (!is_own()) return block(foreign_account("the vendor does not know the batch " + batch().status.id));
    if (batch().missing_since_ms < 0) {
      batch().missing_since_ms = now_;
      save();
    }
    if (now_ - batch().missing_since_ms > rules_.settle_ms) return block(gone_batch(batch(), error));
  }
  const std::int64_t delay = std::max(poll_delay_ms(rules_.poll, now_ - batch().submitted_ms), error.retry_after_ms);
  schedule(Due::poll, delay);
  notify(BR_EVENT_RETRY, error.message);
  track().failures += 1;
  trouble(Trouble::polls, error, track().failures);
}

// Of a batch that was made elsewhere there is nothing of ours to send; one that is cancelled nobody wants sent.
bool Stepper::may_be_made_anew() const { return !rules_.attached && !d_.batch.cancel_wanted; }

// A batch with answers is paid for as far as it went: sent again it would be paid for twice.
bool Stepper::nothing_was_answered() const {
  const RemoteStatus& s = d_.batch.status;
  return s.output.id.empty() && s.output.url.empty() && s.counts.succeeded == 0;
}

// Refused at the vendor before any request was looked at, for want of money: it is sent again once there is some.
bool Stepper::refused_unpaid() const {
  const RemoteStatus& s = d_.batch.status;
  if (!may_be_made_anew()) return false;
  return s.state == State::failed && s.failure && s.failure->code == Code::quota && nothing_was_answered() &&
         s.errors.id.empty() && s.counts.errored == 0;
}

// It ended before any request was looked at: nothing was paid, and it is not found again in place of the next one.
void Stepper::plan_again() {
  batch().not_ours.push_back(batch().status.id);
  batch().creates = std::max(0, batch().creates - 1);
  batch().status = RemoteStatus{};
  batch().input_file_id.clear();
  batch().attempt += 1;
}

// The vendor says that it is over. Its files may be named a little later than that.
void Stepper::ended() {
  const bool queue_was_full = batch().status.state == State::failed && batch().status.quota_wait;
  if (queue_was_full && rules_.wait_when_queue_full && nothing_was_answered() && may_be_made_anew()) {
    const Error why = batch().status.failure.value_or(Error(Code::limit, "the vendor's queue is full"));
    plan_again();
    return queue_full(why, Phase::planned);
  }
  if (refused_unpaid()) {
    const Error why = *batch().status.failure;
    plan_again();
    batch().phase = Phase::planned;
    return block(why);
  }
  if (track().ended_ms < 0) {
    track().ended_ms = now_;
    batch().phase = Phase::fetching;
    save();
    notify(BR_EVENT_STATE, state_name(batch().status.state));
    notify(BR_EVENT_BATCH_ENDED, batch().status.vendor_state);
    if (batch().status.state == State::failed)
      notify(BR_EVENT_BATCH_FAILED, batch().status.failure ? batch().status.failure->message : "the batch failed");
  }
  if (!promised_file_is_late()) return fetch();
  track().late_polls += 1;
  schedule(Due::poll, poll_delay_ms(rules_.poll, 0));
}

// The counters promise rows of a kind whose file has no id yet.
bool Stepper::promised_file_is_late() const {
  const RemoteStatus& s = d_.batch.status;
  if (s.state == State::failed || s.no_more_files || !s.output.url.empty() || !rules_.names_results) return false;
  const bool nothing = s.output.id.empty() && s.errors.id.empty();
  bool late = s.counts_known &&
              ((s.counts.succeeded > 0 && s.output.id.empty()) || (s.counts.errored > 0 && s.errors.id.empty()));
  if (s.state == State::completed && nothing) late = true;
  if (!late) return false;
  const bool patient = d_.track.late_polls < kMaxLatePolls || now_ - d_.track.ended_ms < rules_.settle_ms;
  // Some vendors count errors and keep no file of them; answers that are counted are somewhere.
  const bool answers_late = s.counts_known && s.counts.succeeded > 0 && s.output.id.empty();
  return patient && (nothing || answers_late || d_.track.late_polls < kLatePollsOfOne);
}

// ---- what a person decided ----


void Stepper::cancel() {
  batch().cancel_wanted = true;
  track().cancel_failures = 0;
  track().cancel = CancelAnswer::asked;
  switch (batch().phase) {
    case Phase::planned:
    case Phase::uploaded:
      if (track().inherited) {
        save();
        return look_before_create();
      }
      add(ActionKind::stop);
      track().cancel = CancelAnswer::taken;
      return refuse(Error(Code::cancelled, "cancelled before it was submitted"));
    case Phase::creating:
    case Phase::unknown:
      return cancel_in_doubt();
    case Phase::running:
      save();
      return call(Op::cancel);
    case Phase::fetching:
    case Phase::collected:
    case Phase::refused:
      track().cancel = CancelAnswer::already_ended;
      return;
  }
}

// Which batch it is has to be proven first; until then the wish is kept, and carried out when it is found.
void Stepper::cancel_in_doubt() {
  batch().blocked = false;
  save();
  if (track().create_under_way) return;
  batch().phase = Phase::unknown;
  look_for_it();
}

void Stepper::cancelled(const Outcome& outcome) {
  track().cancel = outcome.already_ended ? CancelAnswer::already_ended : CancelAnswer::taken;
  if (batch().phase != Phase::running) return;
  batch().cancel_taken = true;
  if (outcome.status) batch().status = merge_status(batch().status, *outcome.status, is_terminal(batch().status.state));
  if (is_terminal(batch().status.state)) return ended();
  save();
  if (outcome.status) notify(BR_EVENT_STATE, state_name(batch().status.state));
  schedule(Due::poll, poll_delay_ms(rules_.poll, 0));
}

void Stepper::cancel_failed(const Error& error) {
  track().cancel_failures += 1;
  if (error.transient && track().cancel_failures < rules_.retry.max_attempts) return call(Op::cancel);
  track().cancel = CancelAnswer::failed;
  const bool foreign = error.code == Code::not_found && !is_own();
  track().cancel_error = foreign ? foreign_account("the vendor does not know the batch " + batch().status.id) : error;
}

// A person looked at the vendor's console: this is the batch. Its rows come as they are.
void Stepper::adopt(const RemoteStatus& status) {
  add(ActionKind::stop);
  batch().adopted_by_person = true;
  batch().matched_by_shape = false;
  batch().missing_since_ms = -1;
  batch().refused_fetches = batch().bad_fetches = 0;
  accepted(status, Accepted::found);
}

// What is in doubt ends here, and nothing is sent; what is known to run goes on, unless it is blocked.
void Stepper::abandon() {
  Error given_up(Code::unknown_outcome, "given up by a person: whether it was submitted is not known", "");
  given_up.vendor_code = "abandoned";
  switch (batch().phase) {
    case Phase::planned:
    case Phase::uploaded:
    case Phase::creating:
    case Phase::unknown:
      add(ActionKind::stop);
      track() = Track{};
      batch().blocked = false;
      return refuse(std::move(given_up));
    case Phase::running:
    case Phase::fetching:
      if (!batch().blocked) return;
      given_up.message = "given up by a person: the vendor did not give its answers";
      add(ActionKind::stop);
      nothing_due();
      batch().blocked = false;
      batch().phase = Phase::fetching;
      batch().error = std::move(given_up);
      save();
      return add(ActionKind::finish);
    case Phase::collected:
    case Phase::refused:
      return;
  }
}

}  // namespace br
