#include "core/protocol/batch_search.h"

#include <algorithm>
#include <utility>

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

BatchSearch::Next BatchSearch::begin(Why why) {
  *search_ = Search{};
  search_->under_way = true;
  search_->before_create = why == Why::before_create;
  search_->started_ms = now_ms_;
  return search_->before_create && rules_->find_upload ? Next::ask_uploads : Next::ask_list;
}

BatchSearch::Next BatchSearch::fail(Error error) {
  error_ = std::move(error);
  return Next::failed;
}

// true: the list goes on behind this cursor. false: it comes back to where it was, or has no end.
bool BatchSearch::turn_page(const std::string& cursor) {
  search_->pages += 1;
  const auto& cursors = search_->cursors;
  const bool again = std::find(cursors.begin(), cursors.end(), cursor) != cursors.end();
  if (again || search_->pages >= kMaxListPages) return false;
  search_->cursors.push_back(cursor);
  search_->page = cursor;
  return true;
}

BatchSearch::Next BatchSearch::uploads_listed(const Outcome& outcome) {
  if (!search_->under_way) return Next::none;
  search_->uploads.insert(search_->uploads.end(), outcome.uploads.begin(), outcome.uploads.end());
  if (!outcome.next_page.empty())
    return turn_page(outcome.next_page) ? Next::ask_uploads : fail(listing_loops(batch_->provider));
  search_->page.clear();
  search_->cursors.clear();
  return Next::ask_list;
}

// From when on, by the vendor's clock, a batch may be ours. Where our clock is wrong, the batch would seem older than
// the call that made it, and would be made again.
// Where the vendor does not tell its time, or our clock was set back since, no time excludes anything.
std::int64_t BatchSearch::since_ms(const Outcome& outcome) const {
  const std::int64_t planned = batch_->planned_ms >= 0 ? batch_->planned_ms : batch_->create_sent_ms;
  if (outcome.vendor_now_ms < 0 || std::max(planned, batch_->create_sent_ms) > now_ms_) return 0;
  // A vendor's clock that is ahead now may have been so by less when the batch was made: that excludes nothing more.
  const std::int64_t ahead = std::min<std::int64_t>(outcome.vendor_now_ms - now_ms_, 0);
  return planned + ahead - std::max(rules_->settle_ms, kClockGrain);
}

void BatchSearch::follow_order(const RemoteStatus& status, std::int64_t since_ms) {
  Search& search = *search_;
  const bool known = status.created_ms >= 0;
  if (!known || (search.last_created_ms >= 0 && status.created_ms > search.last_created_ms)) search.descending = false;
  if (known && search.last_created_ms >= 0 && status.created_ms < search.last_created_ms) search.fell = true;
  search.last_created_ms = status.created_ms;
  search.older = known && status.created_ms < since_ms ? search.older + 1 : 0;
}

// What follows is older than ours can be. That the newest come first is believed of no documentation: the list itself
// has to show it, in so many entries that it is no chance, since reading too little of it would pay twice.
bool BatchSearch::reached_older() const {
  return search_->descending && search_->fell && search_->older >= kEnoughOlder;
}

// A page that brings nothing new is no way to the end of the list, whatever its cursor and counters say.
bool BatchSearch::is_repeated(const Outcome& outcome) {
  bool any_new = outcome.listed.empty();
  for (const RemoteStatus& status : outcome.listed) any_new = search_->seen.insert(status.id).second || any_new;
  return !any_new;
}

// Where the list leaves out what tells whose a batch is, the batch itself is asked.
bool BatchSearch::is_candidate(const RemoteStatus& status, std::int64_t since_ms) const {
  if (rules_->match_by_shape) return looks_like_ours(*batch_, status, since_ms);
  const bool names_nothing = status.marker.empty() && status.input_file_id.empty();
  return names_nothing && (status.created_ms < 0 || status.created_ms >= since_ms);
}

void BatchSearch::read_page(const Outcome& outcome) {
  const std::int64_t since = since_ms(outcome);
  for (std::size_t i = 0; i < outcome.listed.size(); ++i) {
    const RemoteStatus& status = outcome.listed[i];
    follow_order(status, since);
    if (is_ours(*batch_, status, search_->uploads)) {
      keep_match(status, &search_->matches);
      if (i < outcome.owners.size() && search_->matches.best->id == status.id) search_->owner = outcome.owners[i];
    } else if (is_candidate(status, since)) {
      search_->candidates.push_back(status);
    }
  }
  search_->unreadable += outcome.unreadable;
}

BatchSearch::Next BatchSearch::listed(const Outcome& outcome) {
  if (!search_->under_way) return Next::none;
  const bool repeated = is_repeated(outcome);
  read_page(outcome);
  // One that failed or was cancelled may have a successor of the same marker further on.
  const auto& best = search_->matches.best;
  if (best && (!is_terminal(best->state) || best->state == State::completed)) return list_ended();
  if (repeated) return fail(listing_loops(batch_->provider));
  if (outcome.next_page.empty() || reached_older()) return list_ended();
  return turn_page(outcome.next_page) ? Next::ask_list : fail(listing_loops(batch_->provider));
}

BatchSearch::Next BatchSearch::list_ended() { return search_->matches.best ? Next::found : next_candidate(); }

// ---- candidates: their own rows, or what they say of themselves, prove whose they are ----

BatchSearch::Next BatchSearch::next_candidate() {
  return search_->probing < search_->candidates.size() ? Next::probe : all_probed();
}

BatchSearch::Next BatchSearch::probed(const Event& event) {
  if (!search_->under_way || search_->probing >= search_->candidates.size()) return Next::none;
  const RemoteStatus& status = *event.outcome.status;
  if (is_proven(event)) {
    if (keep_proven(status, event.outcome.owners.empty() ? "" : event.outcome.owners.front())) return Next::found;
  } else if (event.proof == RowProof::foreign) {
    batch_->not_ours.push_back(status.id);
  } else if (rules_->match_by_shape) {  // without rows to prove it one that does not name us is somebody else's
    (is_terminal(status.state) ? search_->unproven : search_->running) += 1;
  }
  search_->probing += 1;
  return next_candidate();
}

bool BatchSearch::is_proven(const Event& event) const {
  if (rules_->match_by_shape) return event.proof == RowProof::ours;
  return is_ours(*batch_, *event.outcome.status, search_->uploads);
}

// true: that is proof enough. A marker or a tag is nobody else's; the caller's own ids, as older versions sent them, may
// be another job's too, so all candidates are read.
bool BatchSearch::keep_proven(const RemoteStatus& status, const std::string& owner) {
  const bool is_enough = !rules_->match_by_shape || !batch_->id_tag.empty();
  if (is_enough || owner.empty()) {
    keep_match(status, &search_->matches);
    search_->owner = owner;
    search_->alike += (search_->alike.empty() ? "" : ", ") + status.id;
  } else {
    search_->taken = status.id;
    search_->taken_by = owner;
  }
  return is_enough;
}

BatchSearch::Next BatchSearch::all_probed() {
  if (search_->unreadable > 0) return fail(unreadable_entries(*batch_, search_->unreadable));
  // One that still runs may have them too.
  if (search_->matches.count == 1 && search_->running == 0) return Next::found;
  if (search_->matches.count > 1 || (!search_->taken.empty() && search_->running == 0)) return Next::several_alike;
  return search_->running + search_->unproven == 0 ? Next::nothing_there : Next::undecided;
}

}  // namespace br
