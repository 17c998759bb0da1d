#include "model/job.h"

#include <algorithm>
#include <array>

namespace br {
namespace {

constexpr std::array<std::pair<State, const char*>, 10> kNames = {{
    {State::validating, "validating"},
    {State::in_progress, "in_progress"},
    {State::completed, "completed"},
    {State::failed, "failed"},
    {State::cancelled, "cancelled"},
    {State::expired, "expired"},
    {State::queued, "queued"},
    {State::submitting, "submitting"},
    {State::finalizing, "finalizing"},
    {State::cancelling, "cancelling"},
}};

}  // namespace

const char* state_name(State state) {
  for (const auto& [value, name] : kNames) {
    if (value == state) return name;
  }
  return "unknown";
}

std::optional<State> state_from_name(std::string_view name) {
  for (const auto& [value, text] : kNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool is_terminal(State state) {
  return state == State::completed || state == State::failed || state == State::cancelled || state == State::expired;
}

State compat_state(State state) {
  switch (state) {
    case State::queued:
    case State::submitting:
      return State::validating;
    case State::finalizing:
    case State::cancelling:
      return State::in_progress;
    default:
      return state;
  }
}

State state_of(const RemoteBatch& batch) {
  switch (batch.phase) {
    case Phase::planned:
      return batch.blocked || batch.held ? State::queued : State::submitting;
    case Phase::uploaded:
    case Phase::creating:
    case Phase::unknown:
      return State::submitting;
    case Phase::refused:
      return batch.cancel_wanted ? State::cancelled : State::failed;
    case Phase::running:
    case Phase::fetching:
    case Phase::collected:
      break;
  }
  if (batch.status.id.empty()) return batch.cancel_wanted ? State::cancelled : State::failed;
  return batch.status.state;
}

namespace {

// How far along a state is; the least of all parts is the job's while any of them goes on.
int progress_of(State state) {
  switch (state) {
    case State::queued:
      return 0;
    case State::submitting:
      return 1;
    case State::validating:
      return 2;
    case State::in_progress:
      return 3;
    case State::finalizing:
      return 4;
    case State::cancelling:
      return 5;
    case State::completed:
      return 10;
    case State::expired:
      return 11;
    case State::cancelled:
      return 12;
    case State::failed:
      return 13;
  }
  return 3;
}

void add_counts(const Counts& from, Counts* to) {
  to->total += from.total;
  to->processing += from.processing;
  to->succeeded += from.succeeded;
  to->errored += from.errored;
  to->cancelled += from.cancelled;
  to->expired += from.expired;
}

}  // namespace

State state_of(const Job& job) {
  bool running = false;
  State least = State::completed, worst = State::completed;
  for (const RemoteBatch& batch : job.batches) {
    const State state = state_of(batch);
    if (!is_terminal(state)) {
      if (!running || progress_of(state) < progress_of(least)) least = state;
      running = true;
    }
    if (progress_of(state) > progress_of(worst)) worst = state;
  }
  return running ? least : worst;
}

Counts counts_of(const Job& job, const RemoteBatch& batch) {
  const bool collected = batch.phase == Phase::collected;
  const std::int64_t rows = job.attached ? batch.results.total : batch.rows;
  Counts counts = collected ? batch.results : batch.status.counts;
  counts.total = std::max(rows, counts.total);
  counts.processing = counts.total - counts.succeeded - counts.errored - counts.cancelled - counts.expired;
  return counts;
}

Counts counts_of(const Job& job) {
  Counts sum;
  for (const RemoteBatch& batch : job.batches) add_counts(counts_of(job, batch), &sum);
  sum.processing = std::max<std::int64_t>(0, sum.processing);
  return sum;
}

bool has_blocked(const Job& job) {
  return std::any_of(job.batches.begin(), job.batches.end(), [](const RemoteBatch& b) { return b.blocked; });
}

bool is_blocked(const Job& job) {
  return has_blocked(job) && std::all_of(job.batches.begin(), job.batches.end(), [](const RemoteBatch& b) {
           return b.blocked || b.held || b.phase == Phase::collected;
         });
}

bool is_settled(const Job& job) {
  return job.done && std::all_of(job.batches.begin(), job.batches.end(), [](const RemoteBatch& batch) {
    return batch.progress.acked_rows >= batch.results.total;
  });
}

}  // namespace br
