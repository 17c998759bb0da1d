#include "core/protocol/step.h"

#include "batchrouter.h"
#include "core/protocol/stepper.h"

namespace br {

void Stepper::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::begin:
      return begin();
    case EventKind::due:
      return run_due();
    case EventKind::done:
      return done(event);
    case EventKind::failed:
      return failed(event);
    case EventKind::fetch_failed:
      return fetch_failed(event);
    case EventKind::collected:
      return collected(event.report);
    case EventKind::finished:
      return finished(event.report);
    case EventKind::cancel:
      return cancel();
    case EventKind::refresh:
      if (is_begun_by_refresh(batch())) begin();
      return;
    case EventKind::probed:
      return probed(event);
    case EventKind::probe_failed:
      return search_failed(event.error);
    case EventKind::adopt:
      return adopt(*event.outcome.status);
    case EventKind::abandon:
      return abandon();
    case EventKind::release:
      return release();
    case EventKind::withhold:
      return withhold(event.error);
  }
}

void Stepper::begin() {
  if (batch().blocked) {
    batch().blocked = false;
    batch().error.reset();
    save();
  }
  track().failures = 0;
  if (batch().matched_by_shape) return forget_adoption_by_likeness();
  switch (batch().phase) {
    case Phase::planned:
      if (batch().held) return;
      return track().inherited ? look_before_create() : upload();
    case Phase::uploaded:
      return track().inherited ? look_before_create() : create();
    case Phase::creating:
      // The process died with the create call under way: whether it reached the vendor is not known.
      if (track().create_under_way) return;
      batch().phase = Phase::unknown;
      save();
      notify(BR_EVENT_UNKNOWN, "the batch was possibly submitted before a restart; looking for it at the vendor");
      return look_for_it();
    case Phase::unknown:
      return look_for_it();
    case Phase::running:
    case Phase::fetching:
      ask_to_cancel();
      return poll_soon();
    case Phase::refused:
      return add(ActionKind::finish);
    case Phase::collected:
      return;
  }
}

// Durable before it is sent: a later process goes on with it as with any other planned batch.
void Stepper::release() {
  if (!batch().held || batch().phase != Phase::planned) return;
  batch().held = false;
  save();
  begin();
}

void Stepper::withhold(const Error& error) {
  if (!batch().held || batch().phase != Phase::planned) return;
  batch().held = false;
  refuse(error);
}

// Of a process that ended before the vendor had answered. One that has answered is not asked again.
void Stepper::ask_to_cancel() {
  if (batch().phase != Phase::running || !batch().cancel_wanted || batch().cancel_taken) return;
  if (track().cancel != CancelAnswer::none) return;
  track().cancel = CancelAnswer::asked;
  call(Op::cancel);
}

void Stepper::run_due() {
  const Due due = track().due;
  nothing_due();
  if (track().only_asked && (due == Due::upload || due == Due::create)) return;
  switch (due) {
    case Due::upload:
      return track().inherited ? look_before_create() : upload();
    case Due::create:
      return track().inherited ? look_before_create() : create();
    case Due::list:
      return track().search.before_create ? look_before_create() : look_for_it();
    case Due::poll:
      return poll_soon();
    case Due::fetch:
      return fetch();
    case Due::nothing:
      return;
  }
}

void Stepper::done(const Event& event) {
  if (event.op == Op::create) trouble_over(Trouble::queue);
  if (event.op != Op::poll && event.op != Op::cancel) trouble_over(Trouble::calls);
  switch (event.op) {
    case Op::upload:
      return uploaded(event.outcome);
    case Op::create:
      return accepted(*event.outcome.status, Accepted::answered);
    case Op::list:
      return listed(event.outcome);
    case Op::find_upload:
      return upload_listed(event.outcome);
    case Op::poll:
      return polled(event.outcome);
    case Op::cancel:
      return cancelled(event.outcome);
    case Op::delete_file:
      return;
  }
}

void Stepper::failed(const Event& event) {
  switch (event.op) {
    case Op::upload:
      return call_failed(Due::upload, event.error);
    case Op::create:
      return create_failed(event.error, event.others_run);
    case Op::list:
    case Op::find_upload:
      return search_failed(event.error);
    case Op::poll:
      return poll_failed(event.error);
    case Op::cancel:
      return cancel_failed(event.error);
    case Op::delete_file:
      return;
  }
}

void Stepper::try_again(Due due, const Error& error) {
  track().failures += 1;
  // `io`: too many files are open, which others of this process close before long.
  if (track().failures >= rules_.retry.max_attempts && error.code != Code::io) return block(error);
  const std::int64_t delay = retry_delay_ms(rules_.retry, track().failures, error.retry_after_ms, dice_);
  trouble(Trouble::calls, error, track().failures);
  schedule(due, delay);
  notify(BR_EVENT_RETRY, error.message + "; again in " + std::to_string(delay) + " ms");
}

void Stepper::queue_full(const Error& error, Phase back_to) {
  if (!rules_.wait_when_queue_full) return refuse(error);
  batch().queue_waits += 1;
  track().failures = 0;
  batch().phase = back_to;
  batch().error = error;
  save();
  trouble(Trouble::queue, error, batch().queue_waits);
  const std::int64_t delay = std::max(queue_delay_ms(rules_.poll, batch().queue_waits), error.retry_after_ms);
  schedule(back_to == Phase::planned ? Due::upload : Due::create, delay);
  notify(BR_EVENT_RETRY, "the vendor's queue is full; the batch is sent again in " + std::to_string(delay) + " ms");
}

void Stepper::refuse(Error error) {
  nothing_due();
  batch().held = false;
  batch().phase = Phase::refused;
  batch().error = std::move(error);
  save();
  notify(BR_EVENT_BATCH_ENDED, batch().error->message);
  notify(BR_EVENT_BATCH_FAILED, batch().error->message);
  add(ActionKind::finish);
}

void Stepper::block(Error error) {
  nothing_due();
  track().search.under_way = false;
  // A key that the vendor refused names no account, and nothing was ever sent with it.
  const bool refused_key = error.code == Code::auth && error.http_status != 0;
  if (refused_key && batch().creates == 0) batch().accounts.clear();
  // Whoever waits for the answer to a cancel is told.
  if (track().cancel == CancelAnswer::asked) {
    track().cancel = is_in_doubt() || track().inherited ? CancelAnswer::remembered : CancelAnswer::failed;
    track().cancel_error = error;
  }
  batch().blocked = true;
  track().trouble = Trouble::none;  // what it waits for now is a person
  batch().error = std::move(error);
  save();
  notify(BR_EVENT_BLOCKED, batch().error->message);
}

bool is_begun_by_refresh(const RemoteBatch& batch) {
  return batch.phase == Phase::running || batch.phase == Phase::unknown || batch.phase == Phase::creating;
}

Decision step(const StepRules& rules, RemoteBatch batch, Track track, const Event& event, std::int64_t now_ms,
              std::uint64_t dice) {
  Stepper stepper(rules, std::move(batch), std::move(track), now_ms, dice);
  stepper.handle(event);
  return stepper.decision();
}

}  // namespace br
