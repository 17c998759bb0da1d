// step(): the whole protocol of one remote batch as a pure function. (batch, track, event, now) -> (batch', track',
// actions). It touches nothing; core/engine carries out the actions in their order. docs/crash-safety.md has the
// drawing and the reasons.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/protocol/account_proof.h"
#include "core/protocol/outcome.h"
#include "core/protocol/poll.h"
#include "core/protocol/reconcile.h"
#include "core/protocol/retry.h"
#include "model/error.h"
#include "model/job.h"
#include "providers/op.h"

namespace br {

// The part of the configuration that decisions depend on.
struct StepRules {
  RetryRule retry;
  PollRule poll;
  std::int64_t settle_ms = 900'000;
  bool resend_when_absent = true;
  bool wait_when_queue_full = true;
  bool match_by_shape = false;  // the vendor keeps no marker: time and size say where to look, its rows prove it
  bool find_upload = false;     // the marker is the id of the uploaded file, which is known by its name
  bool can_list = true;
  bool names_results = true;    // an ended batch says where its results are; false: they are there once it has ended
  std::int32_t max_creates = 3; // create calls of one part in its whole life, clear refusals apart
  bool attached = false;
  AccountProof account;         // whose key is in force
};

// Where the search for a batch stands that the vendor may have.
struct Search {
  bool under_way = false;
  bool before_create = false;  // of a part that an earlier process planned: as far as we know it was never sent
  std::int64_t started_ms = -1;
  std::int32_t pages = 0;
  std::string page;                 // the cursor that was asked for last
  std::vector<std::string> cursors; // all of them: a list whose pages come again has no end
  std::vector<std::string> uploads; // files at the vendor that have the name of our request file
  std::int64_t unreadable = 0;      // entries that could not be read
  std::unordered_set<std::string> seen;  // the ids that were listed
  std::int64_t last_created_ms = -1;
  bool descending = true, fell = false;  // times never rose so far; and fell at least once
  std::int64_t older = 0;                // entries at the end of what was read that are older than ours can be
  Matches matches;
  std::string owner;                     // another job of this directory that has the match
  // What has to be looked at itself: match_by_shape, what looks like it; else what the list shows without a marker.
  std::vector<RemoteStatus> candidates;
  std::size_t probing = 0;               // the candidate that is being looked at
  std::string alike;                     // those with our ids, where these carry no tag
  std::string taken, taken_by;           // one of those that another job of this directory has
  std::int64_t running = 0, unproven = 0;  // candidates that have not ended; that ended and prove nothing
};

// What a look at a candidate's own result rows told.
enum class RowProof : std::uint8_t { none, ours, foreign };

// What the next timer is for.
enum class Due : std::uint8_t { nothing, upload, create, list, poll, fetch };

// How a cancel request fared, for the caller that waits for it.
// remembered: the batch is not known yet; it is cancelled once it is found.
enum class CancelAnswer : std::uint8_t { none, asked, taken, already_ended, failed, remembered };

// So often a result file is asked for that the vendor says is not there: it may come a while after it is named.
inline constexpr std::int32_t kMaxRefusedFetches = 8;
// Passes in which a body held no result row: the rows are paid for, and whoever stands in the way has hours to leave.
inline constexpr std::int32_t kMaxBadFetches = 100;

// What brings nothing, again and again, although nobody has to mend anything. calls: those before the vendor has accepted
// the batch; queue: it has no room for it.
enum class Trouble : std::uint8_t { none, calls, queue, polls, downloads, overdue };

// What is only true while this process runs.
struct Track {
  Due due = Due::nothing;
  std::int64_t due_ms = -1;
  std::int32_t failures = 0;    // in a row, of the call that is due
  std::int64_t ended_ms = -1;   // when the vendor was first seen to have ended it
  std::int32_t late_polls = 0;  // polls since then that lacked a promised file
  Trouble trouble = Trouble::none;  // of which a warning was given
  std::int64_t most_bytes = 0;      // how far the downloads of this pass came
  std::int32_t breaks = 0, stuck = 0;  // how often one broke; likewise, without coming further than before
  bool create_under_way = false;
  std::int64_t absent_since_ms = -1;  // when this process had made its first complete listing without the batch
  bool inherited = false;       // planned by an earlier process, or found: the vendor may have more than the state says
  bool only_asked = false;      // nobody wants the job to go on: the vendor is asked, and nothing is sent
  Search search;
  CancelAnswer cancel = CancelAnswer::none;
  std::int32_t cancel_failures = 0;
  std::optional<Error> cancel_error;
  std::optional<Error> poll_error;  // of the last poll, for a caller that waits for it
  std::int64_t polls = 0;           // answered, well or badly
  std::int64_t counts_saved_ms = 0;  // when the numbers of answered requests were saved last
  bool counts_unsaved = false;
};

// What a finished pass over the result files brought.
struct CollectReport {
  std::int64_t missing = 0;    // ids without a good row
  std::int64_t malformed = 0;  // rows that could not be read
  std::int64_t unknown = 0;    // rows for ids that were never asked
  std::int64_t damaged = 0;    // ids whose row came and could not be read
  std::int64_t rows = 0;       // result rows that came in this pass, of whichever id
  bool enough = false;         // every id has its result, and far too much follows: the download need not end
  bool asked = false;          // something was downloaded in this pass, if only a page without rows
  std::int64_t bodies = 0;     // downloads of this pass that brought bytes,
  std::int64_t bare = 0;       // those of them in which something stood and no result row,
  std::string bare_text;       // and what stood there
  std::vector<bool> bodies_with_rows;  // for each download of this pass
  std::optional<Error> refused;        // the vendor's word that a file is not there
  Counts counts;               // of the rows in the results file
  TokenSums tokens;            // likewise
  std::vector<ModelTokens> model_tokens;  // likewise, by the model that the rows name
  std::string results_sum;     // finished: the checksum of that file
  std::string canary_refusal;  // finished, of a canary: why the job's other batches are not sent; empty: they are
};

enum class EventKind : std::uint8_t {
  begin,    // a new job, or one found after a restart, or br_resume
  due,      // the timer of Track::due
  done,     // a vendor call brought an outcome
  failed,   // a vendor call did not
  fetch_failed,
  collected,  // the rows of this pass are in the results file
  finished,   // every id has its result
  cancel,     // the caller wants it cancelled
  probed,     // a candidate was looked at: outcome.status, and `proof` of its rows
  probe_failed,
  adopt,      // a person says that outcome.status is the batch
  abandon,    // a person gives up what is in doubt
  refresh,    // the caller wants the vendor asked now
  release,    // every canary of the job has passed: a held batch is sent
  withhold,   // one has not, for the reason in `error`: a held batch is never sent
};

struct Event {
  EventKind kind = EventKind::begin;
  Op op = Op::poll;
  Outcome outcome = {};
  Error error = {};
  CollectReport report = {};
  RowProof proof = RowProof::none;
  bool others_run = false;  // failed, of create: the account has other batches of ours at work
  std::int64_t bytes = -1;  // fetch_failed: so many had come in this pass when a download broke; -1: it did not break
};

enum class ActionKind : std::uint8_t {
  save,    // make the batch durable before anything that follows
  call,    // make the vendor call `op`
  probe,   // look at candidates[probing] of the search, and at its rows where it has ended
  fetch,   // download the result files and collect their rows
  finish,  // give every id that has none its result, as `finish_*` says
  stop,    // abort calls under way
  notify,  // tell the caller: `event` (BR_EVENT_...), `text`
};

struct Action {
  ActionKind kind = ActionKind::save;
  Op op = Op::poll;
  std::int32_t event = 0;
  std::string text;
};

struct Decision {
  RemoteBatch batch;
  Track track;
  std::vector<Action> actions;
};

// EventKind::refresh begins such a batch anew: the vendor has it, or may have it.
bool is_begun_by_refresh(const RemoteBatch& batch);

// dice: any random number, for jitter.
Decision step(const StepRules& rules, RemoteBatch batch, Track track, const Event& event, std::int64_t now_ms,
              std::uint64_t dice);

}  // namespace br
