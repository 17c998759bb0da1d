#include "batchrouter.h"
#include "core/stepper.h"

namespace br {
namespace {
constexpr std::int64_t kClockGrain = 2000;  // vendors cut their times to seconds
}  // namespace

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
    const bool match =
        rules_.match_by_shape ? looks_like_ours(batch(), status, slack - ahead) : is_ours(batch(), status);
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
    batch().absent_since_ms = now_;  // when the first was complete: the second begins settle_ms after that
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

}  // namespace br
