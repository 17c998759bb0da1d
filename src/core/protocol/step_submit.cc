#include <algorithm>

#include "batchrouter.h"
#include "core/protocol/stepper.h"

namespace br {

// ---- bringing it to the vendor ----


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
  batch().absent_since_ms = track().absent_since_ms = -1;
  batch().creates += 1;
  if (batch().accounts.empty()) learn_account(rules_.account, &batch());
  track().inherited = false;
  track().create_under_way = true;
  save();
  call(Op::create);
}

void Stepper::accepted(const RemoteStatus& status, Accepted how) {
  const bool adopted = how == Accepted::found;
  batch().status = status;
  batch().phase = Phase::running;
  batch().submitted_ms = now_;
  batch().absent_since_ms = -1;
  batch().error.reset();
  batch().blocked = batch().held = false;
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
  // A setting that is wrong or missing here: the requests are not.
  if (error.code == Code::no_provider || error.code == Code::config || (error.code == Code::io && !error.transient)) return block(error);
  if (error.transient) return try_again(due, error);
  if (due == Due::list) return block(error);
  refuse(error);
}

// ---- looking for one that the vendor may have ----

// One search at a time: a second one would take over the pages of the first and miss those that came before.
void Stepper::look_for_it() {
  if (track().search.under_way) return;
  nothing_due();
  go_on_searching([](BatchSearch& search) { return search.begin(BatchSearch::Why::no_answer); });
}

// The state may have been put back from a copy, or its last saves may be lost: what it calls planned may be paid for.
void Stepper::look_before_create() {
  if (track().search.under_way) return;
  if (!rules_.can_list) return never_sent();
  nothing_due();
  go_on_searching([](BatchSearch& search) { return search.begin(BatchSearch::Why::before_create); });
}

template <class Look>
void Stepper::go_on_searching(Look look) {
  BatchSearch search(&rules_, &batch(), &track().search, now_);
  using Next = BatchSearch::Next;
  switch (look(search)) {
    case Next::none:
      return;
    case Next::ask_uploads:
      return call(Op::find_upload);
    case Next::ask_list:
      return call(Op::list);
    case Next::probe:
      return add(ActionKind::probe);
    case Next::failed:
      return search_failed(*search.error());
    case Next::found:
      return found();
    case Next::several_alike:
      return several_alike();
    case Next::undecided:
      return undecided();
    case Next::nothing_there:
      return nothing_there();
  }
}

void Stepper::upload_listed(const Outcome& outcome) {
  go_on_searching([&](BatchSearch& search) { return search.uploads_listed(outcome); });
}

void Stepper::listed(const Outcome& outcome) {
  go_on_searching([&](BatchSearch& search) { return search.listed(outcome); });
}

void Stepper::probed(const Event& event) {
  go_on_searching([&](BatchSearch& search) { return search.probed(event); });
}

void Stepper::found() {
  const Search search = track().search;
  if (!search.owner.empty())
    return block(Error(Code::unknown_outcome,
                       "the batch " + search.matches.best->id + " carries our marker, and belongs to the job " +
                           search.owner + " of this directory",
                       "forget that job with `batchrouter remove` (it was attached by hand), then resume this one"));
  if (search.matches.count > 1)
    notify(BR_EVENT_WARNING, "the vendor has more than one batch for this request file; the furthest is kept");
  accepted(*search.matches.best, Accepted::found);
}

// What may be ours is in doubt, and what is in doubt is never sent again.
void Stepper::undecided() {
  Search& search = track().search;
  track().failures = 0;
  track().polls += 1;
  search.under_way = false;
  const bool waits = search.running > 0 && !search.before_create;
  if (!waits) {
    const char* why = search.running > 0 ? " may be it and still runs, so that nothing tells yet whose it is"
                                         : " may be it and has no rows that tell whose it is";
    return block(Error(Code::unknown_outcome, "a batch in the vendor's list (" + search.candidates.front().id + ")" + why,
                       "nothing is sent meanwhile; resume when it has ended, or decide with `batchrouter adopt` or "
                       "`abandon`"));
  }
  if (batch().cancel_wanted) track().cancel = CancelAnswer::remembered;
  batch().absent_since_ms = track().absent_since_ms = -1;
  save();
  schedule(Due::list, poll_delay_ms(rules_.poll, now_ - batch().create_sent_ms));
}

// Ids without a tag prove as long as one batch has them.
void Stepper::several_alike() {
  const Search& search = track().search;
  const std::string what = search.matches.count > 1
                         ? "several batches in the vendor's list have the ids of its requests (" + search.alike + ")"
                         : "the batch " + search.taken + " has the ids of its requests, and belongs to the job " +
                               search.taken_by + " of this directory";
  track().polls += 1;
  track().search.under_way = false;
  if (batch().cancel_wanted) track().cancel = CancelAnswer::remembered;
  block(Error(Code::unknown_outcome, what + "; which one answers it nobody can tell from here",
              "nothing is sent meanwhile; look at the vendor's console and decide with `batchrouter adopt` or `abandon`"));
}

void Stepper::search_failed(const Error& error) {
  track().search.under_way = false;
  if (batch().cancel_wanted && track().cancel == CancelAnswer::asked) track().cancel = CancelAnswer::remembered;
  call_failed(Due::list, error);
}

void Stepper::nothing_there() {
  track().failures = 0;
  track().polls += 1;
  track().search.under_way = false;
  if (!is_own()) return block(foreign_account("the vendor's list does not show the batch"));
  if (track().search.before_create) return never_sent();
  if (batch().absent_since_ms < 0) {
    batch().absent_since_ms = now_;
    save();
  }
  // When the first was complete: the second begins settle_ms after that, by one clock. That of an earlier process proves
  // nothing here: it may have been wrong, or have been put right since.
  if (track().absent_since_ms < 0) track().absent_since_ms = now_;
  else if (track().search.started_ms - track().absent_since_ms >= rules_.settle_ms) return absent();
  if (batch().cancel_wanted) track().cancel = CancelAnswer::remembered;
  const std::int64_t proof_at = track().absent_since_ms + rules_.settle_ms;
  schedule(Due::list, std::min(poll_delay_ms(rules_.poll, now_ - track().absent_since_ms), proof_at - now_));
}

// A part that an earlier process planned is at the vendor neither by our state nor by the vendor's list.
void Stepper::never_sent() {
  track().search = Search{};
  if (track().only_asked && !batch().cancel_wanted) return;
  track().inherited = false;
  if (batch().cancel_wanted) {
    track().cancel = CancelAnswer::taken;
    return refuse(Error(Code::cancelled, "cancelled before it was submitted"));
  }
  batch().phase == Phase::uploaded ? create() : upload();
}

// Two complete listings, settle_ms apart, without it: the create call was never executed.
void Stepper::absent() {
  if (batch().cancel_wanted) {
    track().cancel = CancelAnswer::taken;
    return refuse(Error(Code::cancelled, "cancelled before it was submitted"));
  }
  if (!rules_.resend_when_absent) {
    return block(Error(Code::unknown_outcome,
                       "the batch was possibly submitted, and the vendor's list does not show it",
                       "look at the vendor's console; resume to look again"));
  }
  if (batch().creates >= rules_.max_creates) {
    return block(Error(Code::unknown_outcome,
                       "the batch was sent " + std::to_string(batch().creates) +
                           " times without an answer, and the vendor's list shows none of them; it is not sent again",
                       "look at the vendor's console, then decide with `batchrouter adopt` or `abandon`; "
                       "submit.max_attempts allows more"));
  }
  if (track().only_asked) return;  // what was proven is kept; whoever resumes the job has it sent
  batch().attempt += 1;
  notify(BR_EVENT_RESENT, "the vendor's list proves that it was not submitted; it is sent again");
  create();
}

// A version before this one took a batch for ours by its time and size. Its rows have to prove it first.
void Stepper::forget_adoption_by_likeness() {
  if (batch().phase == Phase::running || batch().phase == Phase::fetching) batch().phase = Phase::unknown;
  batch().matched_by_shape = false;
  batch().status = RemoteStatus{};
  batch().cancel_taken = false;
  save();
  begin();
}

void Stepper::learn() {
  if (learn_account(rules_.account, &batch())) save();
}

Error Stepper::foreign_account(std::string_view what) const {
  Error error(Code::auth,
              "[" + d_.batch.provider + "] " + std::string(what) +
                  "; it was made with another account or key than the one in force, so that this proves nothing",
              "set the key (and project, region or address) that it was made with, then resume");
  error.provider = d_.batch.provider;
  return error;
}

}  // namespace br
