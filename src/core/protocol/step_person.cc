#include "batchrouter.h"
#include "core/protocol/stepper.h"

namespace br {

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
  accepted(status, true);
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
