// Job and RemoteBatch: what we know of a submitted batch. Plain values; every change goes through core/step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/error.h"
#include "model/request.h"
#include "model/result.h"
#include "model/token_sums.h"

namespace br {

// The states of batchrouter.h, in the same numbers.
enum class State : std::int32_t {
  validating = 1,
  in_progress = 2,
  completed = 3,
  failed = 4,
  cancelled = 5,
  expired = 6,
  queued = 100,
  submitting = 101,
  finalizing = 102,
  cancelling = 103,
};

const char* state_name(State state);
std::optional<State> state_from_name(std::string_view name);
bool is_terminal(State state);
// The six states that every vendor has.
State compat_state(State state);

struct Counts {
  std::int64_t total = 0, succeeded = 0, errored = 0, processing = 0, cancelled = 0, expired = 0;
};

// A file of results at the vendor. Empty id: there is none (yet).
struct RemoteFile {
  std::string id;   // file id, or empty
  std::string url;  // full address where the vendor gives one instead of an id
};

// What the vendor says of a batch, in our words.
struct RemoteStatus {
  std::string id;
  State state = State::in_progress;
  bool state_known = true;  // false: the status word is new to us; we keep polling
  std::string vendor_state;
  Counts counts;
  bool counts_known = false;
  std::int64_t created_ms = -1, completed_ms = -1, expires_ms = -1;
  std::string model;
  std::string endpoint;
  std::string input_file_id;
  std::string marker;  // ours, where the vendor gives it back
  RemoteFile output, errors;
  bool no_more_files = false;  // it has ended, and the vendor rules out that a file is named later
  // Why it failed, for batches in State::failed. `quota_wait`: the vendor's queue is full, the same can be sent later.
  std::optional<Error> failure;
  bool quota_wait = false;
  std::string raw;  // the vendor's object
};

// What the consumers of a part's results have done with them.
struct Progress {
  std::int64_t acked_rows = 0;   // results 0..acked_rows-1 were acknowledged,
  std::int64_t acked_bytes = 0;  // and end at this offset of the results file
  std::int64_t handed_rows = 0;  // results that may have been handed out
};

// The progress of one part of a job, with the results file that it is about.
struct PartProgress {
  std::int32_t part = 0;
  std::int32_t refetches = 0;  // RemoteBatch's
  Progress progress;
};

// Where a remote batch stands in our protocol (docs/crash-safety.md has the drawing).
enum class Phase : std::uint8_t {
  planned,    // request file is on disk
  uploaded,   // the vendor has the file
  creating,   // intent is durable: from here until an answer the batch may exist
  unknown,    // the create call got no clear answer
  running,    // accepted; asked for its state
  fetching,   // ended at the vendor; results are being downloaded
  collected,  // every byte the vendor has for it is here
  refused,    // never accepted, and never will be
};

struct RemoteBatch {
  std::string job_id;
  std::string provider;
  std::string base_url;
  std::string account;       // which of several keys of the provider; empty: the only one
  std::int32_t part = 0;     // number in the job, from 0
  std::string model;         // of its first request; empty: it was made elsewhere
  Endpoint endpoint = Endpoint::chat;
  std::string path;          // of the endpoint where it is not the usual one
  std::int64_t rows = 0;
  std::int64_t bytes = 0;        // of the request file
  std::string request_sum;       // its checksum; empty: written by a version that kept none
  std::string ids_sum;           // the last line of the file of their ids; empty: likewise
  std::string unified_sum;       // of the requests as they were given, where these are kept
  std::string request_path;      // the provider file on disk
  std::string marker;            // ours, unique per part
  std::vector<std::pair<std::string, std::string>> metadata;  // the caller's
  Phase phase = Phase::planned;
  std::int32_t attempt = 1;      // create attempts
  std::int64_t planned_ms = -1;  // when its request file was written
  std::string id_tag;            // stands in every id on the wire, where the vendor keeps no marker; empty: in none
  std::int32_t creates = 0;      // create calls in its whole life that the vendor did not clearly refuse
  std::string key_salt;          // of the hashes in `accounts` and `keys`
  std::vector<std::string> accounts;  // fingerprints of the accounts that are known to be its own
  std::vector<std::string> keys;      // salted hashes of the keys that are known to be its own
  bool adopted_by_person = false;     // somebody said which batch it is: its rows come as they are
  std::string input_file_id;
  RemoteStatus status;           // the vendor's last word; status.id empty before it is accepted
  std::int64_t create_sent_ms = -1;
  std::int64_t submitted_ms = -1;
  bool matched_by_shape = false;      // of a version that adopted by time and size: its rows have to prove it
  std::vector<std::string> not_ours;  // batches that proved to be somebody else's, or are over and were made anew
  std::int64_t absent_since_ms = -1;  // unknown: when the first complete listing without a match was made, by whichever process
  std::int64_t missing_since_ms = -1; // running: when the vendor first answered 404 for it
  std::int32_t fetches = 0;           // finished passes over the result files
  std::int32_t refused_fetches = 0;   // passes in which the vendor said that a result file is not there
  std::int32_t bad_fetches = 0;       // passes in which a body held no result row
  std::int32_t refetches = 0;         // results files that were replaced, and so the number of the one in force
  std::int32_t queue_waits = 0;       // how often the vendor's queue was full
  Counts results;                     // of the rows in our results file, once collected
  std::string results_sum;            // the file's checksum, once collected; empty: of a version that kept none
  TokenSums tokens;                   // likewise
  std::vector<ModelTokens> model_tokens;  // of these, what each model used, where `model` is not that of all requests
  Progress progress;                  // saved apart from the rest (Store::save_progress)
  std::optional<Error> error;         // why it is blocked, refused, or was last retried
  bool blocked = false;
  bool cancel_wanted = false;
  bool cancel_taken = false;  // the vendor said that it cancels the batch
  bool canary = false;        // the first requests of their model and endpoint: tried before the job's other batches
  bool held = false;          // not sent before every canary of the job has passed
  std::string canary_refusal; // of a collected canary: why the rest is not sent; empty: it passed
};

// Where the vendor's word stands for the part, our own steps before it included.
State state_of(const RemoteBatch& batch);

struct Job {
  std::string id;
  std::string provider;  // of all its batches; empty when they differ
  std::string base_url;  // likewise
  std::string name;
  std::string output;
  std::string parent;            // the job whose failed requests these are
  std::int32_t attempt = 1;      // parent's plus one
  std::int64_t created_ms = 0;
  std::int64_t completed_ms = -1;
  bool captured = false;         // of captured calls: its results are for those who made them
  bool attached = false;         // made elsewhere: there is no request file and no ledger of ids
  bool done = false;             // every request has its one result on disk
  std::vector<std::pair<std::string, std::string>> settings;  // overrides of this job
  std::vector<RemoteBatch> batches;
};

// One state for the whole job: the furthest behind while any part goes on, else the worst of all.
State state_of(const Job& job);
// Rows by what became of them: our own results where they are collected, else the vendor's counters.
Counts counts_of(const Job& job);
// Of one of its batches.
Counts counts_of(const Job& job, const RemoteBatch& batch);
// A part waits for somebody; nothing of the job moves until somebody acts.
bool has_blocked(const Job& job);
bool is_blocked(const Job& job);
// The job is done and its consumer has acknowledged every result: nothing is left to do for it.
bool is_settled(const Job& job);

}  // namespace br
