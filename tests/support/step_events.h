// What the tests of the protocol share: batches in a phase, events, and a step from one decision to the next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/protocol/step.h"

inline br::Event failed(br::Op op, br::Error error) { return {.kind = br::EventKind::failed, .op = op, .error = std::move(error)}; }

inline br::Event of_kind(br::EventKind kind) { return {.kind = kind}; }

inline br::RemoteBatch batch_in(br::Phase phase) {
  br::RemoteBatch batch;
  batch.job_id = "job_a";
  batch.provider = "openai";
  batch.marker = "br-a-0";
  batch.rows = 2;
  batch.phase = phase;
  return batch;
}

inline br::RemoteBatch accepted_batch(br::Phase phase, br::State state) {
  br::RemoteBatch batch = batch_in(phase);
  batch.submitted_ms = 0;
  batch.status.id = "batch_1";
  batch.status.state = state;
  return batch;
}

inline std::int64_t count(const br::Decision& decision, br::ActionKind kind) {
  return std::count_if(decision.actions.begin(), decision.actions.end(),
                       [kind](const br::Action& action) { return action.kind == kind; });
}

inline br::Decision step(const br::Decision& before, const br::Event& event, std::int64_t now, const br::StepRules& rules = {}) {
  return br::step(rules, before.batch, before.track, event, now, 1);
}

inline constexpr std::int64_t kSettle = 900'000;

inline br::Event done(br::Op op, br::Outcome outcome = {}) {
  return {.kind = br::EventKind::done, .op = op, .outcome = std::move(outcome)};
}

inline br::RemoteStatus listed_status(const char* id, const char* marker, std::int64_t created_ms) {
  br::RemoteStatus status;
  status.id = id;
  status.marker = marker;
  status.created_ms = created_ms;
  status.counts.total = 2;
  return status;
}

// One page of the list by a vendor whose clock is ours.
inline br::Event listing(std::vector<br::RemoteStatus> statuses, std::int64_t vendor_now_ms = -1) {
  br::Outcome outcome;
  outcome.vendor_now_ms = vendor_now_ms;
  outcome.listed = std::move(statuses);
  return done(br::Op::list, std::move(outcome));
}

inline bool calls(const br::Decision& decision, br::Op op) {
  return std::any_of(decision.actions.begin(), decision.actions.end(), [op](const br::Action& action) {
    return action.kind == br::ActionKind::call && action.op == op;
  });
}

// A batch that was possibly submitted, with the search for it under way since `started`.
inline br::Decision searching(std::int64_t started = 0) {
  br::Decision now = {batch_in(br::Phase::unknown), {}, {}};
  now.batch.create_sent_ms = now.batch.planned_ms = started;
  now.batch.creates = 1;
  now.track.search.under_way = true;
  now.track.search.started_ms = started;
  return now;
}

inline br::StepRules of_account(const char* account) {
  br::StepRules rules;
  rules.account = {account, std::string("key of ") + account};
  return rules;
}

inline br::Decision inherited(br::Phase phase) {
  br::Decision now = {batch_in(phase), {}, {}};
  now.batch.planned_ms = 0;
  now.track.inherited = true;
  return now;
}
