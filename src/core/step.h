// step(): the whole protocol of one remote batch as a pure function. (batch, track, event, now) -> (batch', track',
// actions). It touches nothing; core/engine carries out the actions in their order. docs/crash-safety.md has the
// drawing and the reasons.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/poll.h"
#include "core/reconcile.h"
#include "core/retry.h"
#include "model/error.h"
#include "model/job.h"
#include "providers/provider.h"

namespace br {

// The part of the configuration that decisions depend on.
struct StepRules {
  RetryRule retry;
  PollRule poll;
  std::int64_t settle_ms = 900'000;
  bool resend_when_absent = true;
  bool wait_when_queue_full = true;
  bool match_by_shape = false;  // the vendor keeps no marker: a batch is known by its time and size
  bool attached = false;
};

// What the next timer is for.
enum class Due : std::uint8_t { nothing, upload, create, list, poll, fetch };

// How a cancel request fared, for the caller that waits for it.
enum class CancelAnswer : std::uint8_t { none, asked, taken, already_ended, failed };

// What is only true while this process runs.
struct Track {
  Due due = Due::nothing;
  std::int64_t due_ms = -1;
  std::int32_t failures = 0;    // in a row, of the call that is due
  std::int64_t ended_ms = -1;   // when the vendor was first seen to have ended it
  std::int32_t late_polls = 0;  // polls since then that lacked a promised file
  bool create_under_way = false;
  // The listing that looks for a possibly submitted batch.
  std::int64_t listing_started_ms = -1;
  std::int32_t listing_pages = 0;
  Matches matches;
  std::string last_page;
  CancelAnswer cancel = CancelAnswer::none;
  std::int32_t cancel_failures = 0;
  std::optional<Error> cancel_error;
  std::optional<Error> poll_error;  // of the last poll, for a caller that waits for it
  std::int64_t polls = 0;           // answered, well or badly
};

// What a finished pass over the result files brought.
struct CollectReport {
  std::int64_t missing = 0;    // ids without a good row
  std::int64_t malformed = 0;  // rows that could not be read
  std::int64_t unknown = 0;    // rows for ids that were never asked
  Counts counts;               // of the rows in the results file
  TokenSums tokens;            // likewise
};

enum class EventKind : std::uint8_t {
  begin,    // a new job, or one found after a restart, or br_resume
  due,      // the timer of Track::due
  done,     // a vendor call brought an outcome
  failed,   // a vendor call did not
  fetched,  // every download of this pass is complete
  fetch_failed,
  collected,  // the rows of this pass are in the results file
  finished,   // every id has its result
  cancel,     // the caller wants it cancelled
  refresh,    // the caller wants the vendor asked now
};

struct Event {
  EventKind kind = EventKind::begin;
  Op op = Op::poll;
  Outcome outcome;
  Error error;
  CollectReport report;
};

enum class ActionKind : std::uint8_t {
  save,    // make the batch durable before anything that follows
  call,    // make the vendor call `op`
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
