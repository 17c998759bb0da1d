#include "core/step.h"

#include <algorithm>

#include "batchrouter.h"

namespace br {
namespace {

constexpr std::int32_t kMaxFetches = 3;
constexpr std::int32_t kMaxLatePolls = 10;
constexpr std::int64_t kClockGrain = 2000;  // vendors cut their times to seconds

// One decision in the making. Each verb changes batch and track and appends actions.
class Stepper {
 public:
  Stepper(const StepRules& rules, RemoteBatch batch, Track track, std::int64_t now, std::uint64_t dice)
      : rules_(rules), d_{std::move(batch), std::move(track), {}}, now_(now), dice_(dice) {}

  Decision take() { return std::move(d_); }
  void handle(const Event& event);

 private:
  RemoteBatch& batch() { return d_.batch; }
  Track& track() { return d_.track; }
  void add(ActionKind kind) { d_.actions.push_back({kind, Op::poll, 0, {}}); }
  void save() { add(ActionKind::save); }
  void call(Op op) { d_.actions.push_back({ActionKind::call, op, 0, {}}); }
  void notify(std::int32_t event, std::string text) {
    d_.actions.push_back({ActionKind::notify, Op::poll, event, std::move(text)});
  }
  void schedule(Due due, std::int64_t delay) {
    track().due = due;
    track().due_ms = now_ + std::max<std::int64_t>(0, delay);
  }
  void nothing_due() {
    track().due = Due::nothing;
    track().due_ms = -1;
  }

  void begin();
  void ask_to_cancel();
  void run_due();
  void upload();
  void uploaded(const Outcome& outcome);
  void create();
  void accepted(const RemoteStatus& status, bool adopted);
  void create_failed(const Error& error);
  void look_for_it();
  void listed(const Outcome& outcome);
  void listing_complete();
  void found();
  void disown();
  void absent();
  void poll_soon();
  void polled(const Outcome& outcome);
  void tell_progress(State before, const Counts& counts);
  void poll_failed(const Error& error);
  void ended();
  bool promised_file_is_late() const;
  void fetch();
  void fetch_failed(const Error& error);
  void collected(const CollectReport& report);
  bool more_rows_may_come(const CollectReport& report) const;
  void finished(const CollectReport& report);
  void cancel();
  void cancelled(const Outcome& outcome);
  void cancel_failed(const Error& error);
  void queue_full(const Error& error, Phase back_to);
  void refuse(Error error);
  void block(Error error);
  void try_again(Due due, const Error& error);
  void call_failed(Due due, const Error& error);
  void done(const Event& event);
  void failed(const Event& event);

  const StepRules& rules_;
  Decision d_;
  std::int64_t now_;
  std::uint64_t dice_;
};

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
    case EventKind::fetched:
      return;  // the rows are being read; `collected` follows
    case EventKind::fetch_failed:
      return fetch_failed(event.error);
    case EventKind::collected:
      return collected(event.report);
    case EventKind::finished:
      return finished(event.report);
    case EventKind::cancel:
      return cancel();
    case EventKind::refresh:
      if (batch().phase == Phase::running || batch().phase == Phase::unknown || batch().phase == Phase::creating) begin();
      return;
  }
}

void Stepper::begin() {
  if (batch().blocked) {
    batch().blocked = false;
    batch().error.reset();
    save();
  }
  track().failures = 0;
  switch (batch().phase) {
    case Phase::planned:
      return upload();
    case Phase::uploaded:
      return create();
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
  switch (due) {
    case Due::upload:
      return upload();
    case Due::create:
      return create();
    case Due::list:
      return look_for_it();
    case Due::poll:
      return poll_soon();
    case Due::fetch:
      return fetch();
    case Due::nothing:
      return;
  }
}

void Stepper::done(const Event& event) {
  switch (event.op) {
    case Op::upload:
      return uploaded(event.outcome);
    case Op::create:
      return accepted(*event.outcome.status, false);
    case Op::list:
      return listed(event.outcome);
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
      return create_failed(event.error);
    case Op::list:
      return call_failed(Due::list, event.error);
    case Op::poll:
      return poll_failed(event.error);
    case Op::cancel:
      return cancel_failed(event.error);
    case Op::delete_file:
      return;
  }
}

// ---- getting it to the vendor ----

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
  const std::int64_t polls = track().polls;
  track() = Track{};
  track().polls = polls + 1;
  if (batch().cancel_wanted) track().cancel = CancelAnswer::asked;
  save();
  notify(adopted ? BR_EVENT_ADOPTED : BR_EVENT_BATCH_SUBMITTED,
         adopted ? "found the batch at the vendor; it was submitted" : "the vendor accepted the batch");
  if (batch().cancel_wanted) call(Op::cancel);
  schedule(Due::poll, adopted ? 0 : poll_delay_ms(rules_.poll, 0));
}

void Stepper::create_failed(const Error& error) {
  track().create_under_way = false;
  if (!error.not_executed) {
    batch().phase = Phase::unknown;
    batch().error = error;
    track().failures = 0;
    save();
    notify(BR_EVENT_UNKNOWN, "no clear answer to the create call, so it was possibly submitted: " + error.message);
    return look_for_it();
  }
  batch().phase = Phase::uploaded;
  if (error.code == Code::limit && error.transient) return queue_full(error, Phase::uploaded);
  save();
  call_failed(Due::create, error);
}

// A free call, or a paid one that certainly did nothing, went wrong before the vendor had accepted the batch.
void Stepper::call_failed(Due due, const Error& error) {
  if (error.code == Code::auth || error.code == Code::quota || error.code == Code::io) return block(error);
  if (error.code == Code::no_provider) return block(error);
  if (error.transient) return try_again(due, error);
  if (due == Due::list) return block(error);
  refuse(error);
}

void Stepper::try_again(Due due, const Error& error) {
  track().failures += 1;
  if (track().failures >= rules_.retry.max_attempts) return block(error);
  const std::int64_t delay = retry_delay_ms(rules_.retry, track().failures, error.retry_after_ms, dice_);
  schedule(due, delay);
  notify(BR_EVENT_RETRY, error.message + "; again in " + std::to_string(delay) + " ms");
}

void Stepper::queue_full(const Error& error, Phase back_to) {
  if (!rules_.wait_when_queue_full) return refuse(error);
  batch().queue_waits += 1;
  batch().phase = back_to;
  batch().error = error;
  save();
  const std::int64_t delay = std::max(queue_delay_ms(rules_.poll, batch().queue_waits), error.retry_after_ms);
  schedule(back_to == Phase::planned ? Due::upload : Due::create, delay);
  notify(BR_EVENT_RETRY, "the vendor's queue is full; the batch is sent again in " + std::to_string(delay) + " ms");
}

void Stepper::refuse(Error error) {
  nothing_due();
  batch().phase = Phase::refused;
  batch().error = std::move(error);
  save();
  notify(BR_EVENT_BATCH_ENDED, batch().error->message);
  notify(BR_EVENT_BATCH_FAILED, batch().error->message);
  add(ActionKind::finish);
}

void Stepper::block(Error error) {
  nothing_due();
  batch().blocked = true;
  batch().error = std::move(error);
  save();
  notify(BR_EVENT_BLOCKED, batch().error->message);
}

// ---- possibly submitted ----

void Stepper::look_for_it() {
  nothing_due();
  track().listing_started_ms = now_;
  track().listing_pages = 0;
  track().last_page.clear();
  track().matches = Matches{};
  call(Op::list);
}

void Stepper::listed(const Outcome& outcome) {
  if (batch().phase != Phase::unknown) return;
  const auto slack = std::max(rules_.settle_ms, kClockGrain);
  // Where our clock is wrong, the batch would seem older than the call that made it, and would be made again.
  const std::int64_t ahead = outcome.vendor_now_ms < 0 ? 0 : outcome.vendor_now_ms - now_;
  for (const RemoteStatus& status : outcome.listed) {
    const bool match = rules_.match_by_shape ? looks_like_ours(batch(), status, slack - ahead) : is_ours(batch(), status);
    if (match) keep_match(status, &track().matches);
  }
  track().listing_pages += 1;
  // A marker is proof; a likeness is one only where it is the only one in the whole list.
  if (outcome.next_page.empty() || (track().matches.best && !rules_.match_by_shape)) return listing_complete();
  if (outcome.next_page == track().last_page || track().listing_pages >= kMaxListPages)
    return call_failed(Due::list, listing_loops(batch().provider));
  track().last_page = outcome.next_page;
  call(Op::list);
}

void Stepper::listing_complete() {
  track().failures = 0;
  track().polls += 1;
  if (track().matches.best) return found();
  if (batch().absent_since_ms < 0) {
    batch().absent_since_ms = track().listing_started_ms;
    save();
  } else if (track().listing_started_ms - batch().absent_since_ms >= rules_.settle_ms) {
    return absent();
  }
  const std::int64_t proof_at = batch().absent_since_ms + rules_.settle_ms;
  schedule(Due::list, std::min(poll_delay_ms(rules_.poll, now_ - batch().absent_since_ms), proof_at - now_));
}

void Stepper::found() {
  const Matches matches = track().matches;
  if (matches.count > 1 && rules_.match_by_shape) {
    return block(Error(Code::unknown_outcome,
                       "the batch was possibly submitted, and " + std::to_string(matches.count) +
                           " batches in the vendor's list look like it",
                       "look at the vendor's console; cancel those that nobody needs, then resume"));
  }
  if (matches.count > 1)
    notify(BR_EVENT_WARNING, "the vendor has more than one batch for this request file; the furthest is kept");
  batch().matched_by_shape = rules_.match_by_shape;
  accepted(*matches.best, true);
}

// A batch that was adopted by its likeness holds other people's rows: it was never ours.
void Stepper::disown() {
  batch().not_ours.push_back(batch().status.id);
  batch().status = RemoteStatus{};
  batch().matched_by_shape = false;
  batch().cancel_taken = false;
  batch().phase = Phase::unknown;
  batch().fetches = 0;
  track() = Track{};
  save();
  notify(BR_EVENT_UNKNOWN, "the batch that was found has the rows of another one; looking on");
  look_for_it();
}

// Two complete listings, settle_ms apart, without it: the create call was never executed.
void Stepper::absent() {
  if (batch().cancel_wanted) return refuse(Error(Code::cancelled, "cancelled before it was submitted"));
  if (!rules_.resend_when_absent) {
    return block(Error(Code::unknown_outcome,
                       "the batch was possibly submitted, and the vendor's list does not show it",
                       "look at the vendor's console; resume to look again"));
  }
  batch().attempt += 1;
  notify(BR_EVENT_RESENT, "the vendor's list proves that it was not submitted; it is sent again");
  create();
}

// ---- running ----

void Stepper::poll_soon() {
  nothing_due();
  call(Op::poll);
}

void Stepper::polled(const Outcome& outcome) {
  track().polls += 1;
  track().failures = 0;
  track().poll_error.reset();
  if (batch().phase != Phase::running && batch().phase != Phase::fetching) return;
  const State before = batch().status.state;
  const Counts counts = batch().status.counts;
  const bool unblocked = batch().missing_since_ms >= 0;
  batch().status = merge_status(batch().status, *outcome.status, batch().phase == Phase::fetching);
  batch().missing_since_ms = -1;
  notify(BR_EVENT_BATCH_POLLED, batch().status.vendor_state);
  if (batch().phase == Phase::fetching) return promised_file_is_late() ? ended() : fetch();
  if (is_terminal(batch().status.state)) return ended();
  if (before != batch().status.state || unblocked) save();
  tell_progress(before, counts);
  schedule(Due::poll, poll_delay_ms(rules_.poll, now_ - batch().submitted_ms));
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
  if (error.code == Code::auth || error.code == Code::no_provider) return block(error);
  if (error.code == Code::not_found) {
    if (batch().missing_since_ms < 0) batch().missing_since_ms = now_;
    if (now_ - batch().missing_since_ms > rules_.settle_ms) {
      batch().status.state = State::failed;
      batch().status.failure = error;
      return ended();
    }
  }
  const std::int64_t delay =
      std::max(poll_delay_ms(rules_.poll, now_ - batch().submitted_ms), error.retry_after_ms);
  schedule(Due::poll, delay);
  notify(BR_EVENT_RETRY, error.message);
}

// The vendor says that it is over. Its files may be named a little later than that.
void Stepper::ended() {
  if (batch().status.state == State::failed && batch().status.quota_wait && rules_.wait_when_queue_full) {
    const Error why = batch().status.failure.value_or(Error(Code::limit, "the vendor's queue is full"));
    batch().status = RemoteStatus{};
    batch().input_file_id.clear();
    batch().attempt += 1;
    return queue_full(why, Phase::planned);
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
  if (s.state == State::failed || s.no_more_files || !s.output.url.empty()) return false;
  const bool nothing = s.output.id.empty() && s.errors.id.empty();
  bool late = s.counts_known && ((s.counts.succeeded > 0 && s.output.id.empty()) ||
                                 (s.counts.errored > 0 && s.errors.id.empty()));
  if (s.state == State::completed && nothing) late = true;
  if (!late) return false;
  const bool patient = d_.track.late_polls < kMaxLatePolls || now_ - d_.track.ended_ms < rules_.settle_ms;
  return patient && (nothing || d_.track.late_polls < kMaxFetches);
}

void Stepper::fetch() {
  nothing_due();
  add(ActionKind::fetch);
}

void Stepper::fetch_failed(const Error& error) {
  if (error.code == Code::auth || error.code == Code::io || error.code == Code::no_provider) return block(error);
  track().failures += 1;
  if (!error.transient) {
    // The vendor refuses to give the file: it is asked as often as for rows that are missing.
    batch().fetches += 1;
    if (batch().fetches >= kMaxFetches) {
      batch().error = error;  // what the rows without an answer say
      save();
      return add(ActionKind::finish);
    }
    notify(BR_EVENT_RETRY, error.message);
    return schedule(Due::poll, poll_delay_ms(rules_.poll, 0));
  }
  const std::int64_t delay = retry_delay_ms(rules_.retry, track().failures, error.retry_after_ms, dice_);
  schedule(Due::fetch, delay);
  notify(BR_EVENT_RETRY, error.message + "; again in " + std::to_string(delay) + " ms");
}

void Stepper::collected(const CollectReport& report) {
  track().failures = 0;
  if (batch().matched_by_shape && report.counts.total == 0 && report.unknown > 0) return disown();
  batch().fetches += 1;
  if (!more_rows_may_come(report)) return add(ActionKind::finish);
  notify(BR_EVENT_MISSING_RESULTS, std::to_string(report.missing) + " requests have no readable result row; the " +
                                       "files are fetched again");
  schedule(Due::poll, poll_delay_ms(rules_.poll, 0));
}

bool Stepper::more_rows_may_come(const CollectReport& report) const {
  if (rules_.attached || report.missing == 0 || d_.batch.fetches >= kMaxFetches) return false;
  const RemoteStatus& s = d_.batch.status;
  if (s.no_more_files && s.output.id.empty() && s.output.url.empty() && s.errors.id.empty()) return false;
  if (s.state == State::completed || report.malformed > 0) return true;
  const std::int64_t rows = report.counts.total;
  return s.counts_known && rows < s.counts.succeeded + s.counts.errored;
}

void Stepper::finished(const CollectReport& report) {
  nothing_due();
  batch().phase = Phase::collected;
  batch().results = report.counts;
  batch().tokens = report.tokens;
  save();
  notify(BR_EVENT_RESULTS_READY, std::to_string(report.counts.total) + " results");
}

// ---- cancelling ----

void Stepper::cancel() {
  batch().cancel_wanted = true;
  track().cancel_failures = 0;
  track().cancel = CancelAnswer::asked;
  switch (batch().phase) {
    case Phase::planned:
    case Phase::uploaded:
      add(ActionKind::stop);
      track().cancel = CancelAnswer::taken;
      return refuse(Error(Code::cancelled, "cancelled before it was submitted"));
    case Phase::creating:
    case Phase::unknown:
      return save();
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

void Stepper::cancelled(const Outcome& outcome) {
  track().cancel = outcome.already_ended ? CancelAnswer::already_ended : CancelAnswer::taken;
  if (batch().phase != Phase::running) return;
  batch().cancel_taken = true;
  if (outcome.status) batch().status = merge_status(batch().status, *outcome.status, false);
  if (is_terminal(batch().status.state)) return ended();
  save();
  if (outcome.status) notify(BR_EVENT_STATE, state_name(batch().status.state));
  schedule(Due::poll, poll_delay_ms(rules_.poll, 0));
}

void Stepper::cancel_failed(const Error& error) {
  track().cancel_failures += 1;
  if (error.transient && track().cancel_failures < rules_.retry.max_attempts) return call(Op::cancel);
  track().cancel = CancelAnswer::failed;
  track().cancel_error = error;
}

}  // namespace

Decision step(const StepRules& rules, RemoteBatch batch, Track track, const Event& event, std::int64_t now_ms,
              std::uint64_t dice) {
  Stepper stepper(rules, std::move(batch), std::move(track), now_ms, dice);
  stepper.handle(event);
  return stepper.take();
}

}  // namespace br
