// What the tests of the protocol share: batches in a phase, events, and a step from one decision to the next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/step.h"

inline br::Event failed(br::Op op, br::Error error) { return {br::EventKind::failed, op, {}, std::move(error), {}}; }

inline br::Event of_kind(br::EventKind kind) { return {kind, br::Op::poll, {}, {}, {}}; }

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
