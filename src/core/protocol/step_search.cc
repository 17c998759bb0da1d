#include <algorithm>

#include "batchrouter.h"
#include "core/protocol/stepper.h"

namespace br {
namespace {
constexpr std::int64_t kClockGrain = 2000;  // vendors cut their times to seconds
constexpr std::int64_t kEnoughOlder = 300;

Error unreadable_entries(const RemoteBatch& batch, std::int64_t count) {
  Error error(Code::protocol,
              "[" + batch.provider + "] listing batches: " + std::to_string(count) +
                  " entries of the list cannot be read, and each may be the batch that is looked for",
              "nothing is sent again before the list can be read; resume later, or decide with `batchrouter adopt` or "
              "`abandon`");
  error.provider = batch.provider;
  error.transient = true;
  return error;
}

}  // namespace

// One search at a time: a second one would take over the pages of the first and miss those that came before.
void Stepper::look_for_it() {
  if (track().search.under_way) return;
  nothing_due();
  track().search = Search{};
  track().search.under_way = true;
  track().search.started_ms = now_;
  list_page();
}

// The state may have been put back from a copy, or its last saves may be lost: what it calls planned may be paid for.
void Stepper::look_before_create() {
  if (track().search.under_way) return;
  if (!rules_.can_list) return never_sent();
  nothing_due();
  track().search = Search{};
  track().search.under_way = track().search.before_create = true;
  track().search.started_ms = now_;
  if (rules_.find_upload) return call(Op::find_upload);
  list_page();
}

void Stepper::list_page() { call(Op::list); }

// true: the list goes on behind this cursor, which is asked for now by the caller.
bool Stepper::next_page(const std::string& cursor) {
  Search& search = track().search;
  search.pages += 1;
  const bool again = std::find(search.cursors.begin(), search.cursors.end(), cursor) != search.cursors.end();
  if (again || search.pages >= kMaxListPages) {
    search_failed(listing_loops(batch().provider));
    return false;
  }
  search.cursors.push_back(cursor);
  search.page = cursor;
  return true;
}

void Stepper::upload_listed(const Outcome& outcome) {
  Search& search = track().search;
  if (!search.under_way) return;
  search.uploads.insert(search.uploads.end(), outcome.uploads.begin(), outcome.uploads.end());
  if (!outcome.next_page.empty()) {
    if (next_page(outcome.next_page)) call(Op::find_upload);
    return;
  }
  search.page.clear();
  search.cursors.clear();
  list_page();
}

// From when on, by the vendor's clock, a batch may be ours. Where our clock is wrong, the batch would seem older than
// the call that made it, and would be made again.
// Where the vendor does not tell its time, or our clock was set back since, no time excludes anything.
std::int64_t Stepper::since_ms(const Outcome& outcome) const {
  const RemoteBatch& b = d_.batch;
  const std::int64_t planned = b.planned_ms >= 0 ? b.planned_ms : b.create_sent_ms;
  if (outcome.vendor_now_ms < 0 || std::max(planned, b.create_sent_ms) > now_) return 0;
  return planned + outcome.vendor_now_ms - now_ - std::max(rules_.settle_ms, kClockGrain);
}

void Stepper::follow_order(const RemoteStatus& status, std::int64_t since_ms) {
  Search& search = track().search;
  const bool known = status.created_ms >= 0;
  if (!known || (search.last_created_ms >= 0 && status.created_ms > search.last_created_ms)) search.descending = false;
  if (known && search.last_created_ms >= 0 && status.created_ms < search.last_created_ms) search.fell = true;
  search.last_created_ms = status.created_ms;
  search.older = known && status.created_ms < since_ms ? search.older + 1 : 0;
}

// What follows is older than ours can be. That the newest come first is believed of no documentation: the list itself
// has to show it, in so many entries that it is no chance, since reading too little of it would pay twice.
bool Stepper::reached_older() const {
  const Search& search = d_.track.search;
  return search.descending && search.fell && search.older >= kEnoughOlder;
}

// A page that brings nothing new is no way to the end of the list, whatever its cursor and counters say.
bool Stepper::is_repeated(const Outcome& outcome) {
  Search& search = track().search;
  bool any_new = outcome.listed.empty();
  for (const RemoteStatus& status : outcome.listed) any_new = search.seen.insert(status.id).second || any_new;
  return !any_new;
}

// Where the list leaves out what tells whose a batch is, the batch itself is asked.
bool Stepper::is_candidate(const RemoteStatus& status, std::int64_t since_ms) const {
  if (rules_.match_by_shape) return looks_like_ours(d_.batch, status, since_ms);
  const bool names_nothing = status.marker.empty() && status.input_file_id.empty();
  return names_nothing && (status.created_ms < 0 || status.created_ms >= since_ms);
}

void Stepper::take_page(const Outcome& outcome) {
  Search& search = track().search;
  const std::int64_t since = since_ms(outcome);
  for (std::size_t i = 0; i < outcome.listed.size(); ++i) {
    const RemoteStatus& status = outcome.listed[i];
    follow_order(status, since);
    if (is_ours(batch(), status, search.uploads)) {
      keep_match(status, &search.matches);
      if (i < outcome.owners.size() && search.matches.best->id == status.id) search.owner = outcome.owners[i];
    } else if (is_candidate(status, since)) {
      search.candidates.push_back(status);
    }
  }
  search.unreadable += outcome.unreadable;
}

void Stepper::listed(const Outcome& outcome) {
  Search& search = track().search;
  if (!search.under_way) return;
  const bool repeated = is_repeated(outcome);
  take_page(outcome);
  // One that failed or was cancelled may have a successor of the same marker further on.
  const bool goes_on = search.matches.best && (!is_terminal(search.matches.best->state) ||
                                               search.matches.best->state == State::completed);
  if (goes_on) return listing_complete();
  if (repeated) return search_failed(listing_loops(batch().provider));
  if (outcome.next_page.empty() || reached_older()) return listing_complete();
  if (next_page(outcome.next_page)) list_page();
}

void Stepper::listing_complete() {
  const Search& search = track().search;
  if (search.matches.best) return found();
  probe_next();
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
  accepted(*search.matches.best, true);
}

// ---- candidates: their own rows, or what they say of themselves, prove whose they are ----

void Stepper::probe_next() {
  Search& search = track().search;
  if (search.probing >= search.candidates.size()) return all_probed();
  add(ActionKind::probe);
}

void Stepper::probed(const Event& event) {
  Search& search = track().search;
  if (!search.under_way || search.probing >= search.candidates.size()) return;
  const RemoteStatus& status = *event.outcome.status;
  if (is_proven(event)) {
    if (take_proven(status, event.outcome.owners.empty() ? "" : event.outcome.owners.front())) return found();
  } else if (event.proof == RowProof::foreign) {
    batch().not_ours.push_back(status.id);
  } else if (rules_.match_by_shape) {  // without rows to prove it one that does not name us is somebody else's
    (is_terminal(status.state) ? search.unproven : search.running) += 1;
  }
  search.probing += 1;
  probe_next();
}

// true: that is proof enough. A marker or a tag is nobody else's; the caller's own ids, as a version before this one sent
// them, may be another job's too, so all candidates are read.
bool Stepper::take_proven(const RemoteStatus& status, const std::string& owner) {
  Search& search = track().search;
  const bool is_enough = !rules_.match_by_shape || !batch().id_tag.empty();
  if (is_enough || owner.empty()) {
    keep_match(status, &search.matches);
    search.owner = owner;
    search.alike += (search.alike.empty() ? "" : ", ") + status.id;
  } else {
    search.taken = status.id;
    search.taken_by = owner;
  }
  return is_enough;
}

bool Stepper::is_proven(const Event& event) const {
  if (rules_.match_by_shape) return event.proof == RowProof::ours;
  return is_ours(d_.batch, *event.outcome.status, d_.track.search.uploads);
}

void Stepper::all_probed() {
  Search& search = track().search;
  if (search.unreadable > 0) return search_failed(unreadable_entries(batch(), search.unreadable));
  track().failures = 0;
  // One that still runs may have them too.
  if (search.matches.count == 1 && search.running == 0) return found();
  if (search.matches.count > 1 || (!search.taken.empty() && search.running == 0)) return several_alike();
  if (search.running + search.unproven == 0) return nothing_there();
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
  // What may be ours is in doubt, and what is in doubt is never sent again.
  if (batch().cancel_wanted) track().cancel = CancelAnswer::remembered;
  batch().absent_since_ms = -1;
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

// ---- not there ----

void Stepper::nothing_there() {
  track().polls += 1;
  track().search.under_way = false;
  if (!is_own()) return block(foreign_account("the vendor's list does not show the batch"));
  if (track().search.before_create) return never_sent();
  if (batch().absent_since_ms < 0) {
    batch().absent_since_ms = now_;  // when the first was complete: the second begins settle_ms after that
    save();
  } else if (track().search.started_ms - batch().absent_since_ms >= rules_.settle_ms) {
    return absent();
  }
  if (batch().cancel_wanted) track().cancel = CancelAnswer::remembered;
  const std::int64_t proof_at = batch().absent_since_ms + rules_.settle_ms;
  schedule(Due::list, std::min(poll_delay_ms(rules_.poll, now_ - batch().absent_since_ms), proof_at - now_));
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
