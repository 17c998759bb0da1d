// The decision that step() makes, in the making. step.cc dispatches and holds what all share, step_submit.cc brings a
// batch to the vendor or finds one that the vendor may have, step_run.cc follows it until it has ended or a person decides
// otherwise (cancel, adopt, abandon), step_fetch.cc to its last result.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "core/protocol/batch_search.h"
#include "core/protocol/step.h"

namespace br {

// One decision in the making. Each verb changes batch and track and appends actions.
class Stepper {
 public:
  Stepper(const StepRules& rules, RemoteBatch batch, Track track, std::int64_t now, std::uint64_t dice)
      : rules_(rules), d_{std::move(batch), std::move(track), {}}, now_(now), dice_(dice) {}

  Decision decision() { return std::move(d_); }
  void handle(const Event& event);

 private:
  RemoteBatch& batch() { return d_.batch; }
  Track& track() { return d_.track; }
  void add(ActionKind kind) { d_.actions.push_back({kind, Op::poll, 0, {}}); }
  void save() { add(ActionKind::save); }
  void call(Op op) { d_.actions.push_back({ActionKind::call, op, 0, {}}); }
  void notify(std::int32_t event, std::string text) {
    d_.actions.push_back({ActionKind::notify, Op::poll, event, std::move(text)});
  }
  void schedule(Due due, std::int64_t delay) {
    track().due = due;
    track().due_ms = now_ + std::max<std::int64_t>(0, delay);
  }
  void nothing_due() {
    track().due = Due::nothing;
    track().due_ms = -1;
  }

  void begin();
  void release();
  void withhold(const Error& error);
  void ask_to_cancel();
  void run_due();
  void upload();
  void uploaded(const Outcome& outcome);
  void create();
  // The vendor answered the create call; or the batch was found, by its list or by a person.
  enum class Accepted : std::uint8_t { answered, found };
  void accepted(const RemoteStatus& status, Accepted how);
  void create_failed(const Error& error, bool others_run);
  bool means_queue_full(const Error& error, bool others_run) const;
  void look_for_it();
  void look_before_create();
  template <class Look>
  void go_on_searching(Look look);
  void upload_listed(const Outcome& outcome);
  void listed(const Outcome& outcome);
  void found();
  void probed(const Event& event);
  void several_alike();
  void undecided();
  void search_failed(const Error& error);
  void nothing_there();
  void never_sent();
  void absent();
  void forget_adoption_by_likeness();
  bool is_own() const { return is_own_account(d_.batch, rules_.account); }
  void learn();
  Error foreign_account(std::string_view what) const;
  void adopt(const RemoteStatus& status);
  void abandon();
  void poll_soon();
  void polled(const Outcome& outcome);
  void tell_progress(State before, const Counts& counts);
  void poll_failed(const Error& error);
  void ended();
  bool promised_file_is_late() const;
  bool nothing_was_answered() const;
  bool may_be_made_anew() const;
  bool refused_unpaid() const;
  void plan_again();
  void fetch();
  void fetch_failed(const Event& event);
  bool download_is_stuck(const Error& error, std::int64_t bytes);
  void file_refused(const Error& error);
  void body_without_rows(Error error);
  bool rows_are_promised(const CollectReport& report) const;
  void trouble(Trouble of, Error error, std::int32_t failures);
  void trouble_over(Trouble of);
  bool counts_are_to_be_saved(const Counts& before);
  void look_at_overdue();
  void collected(const CollectReport& report);
  bool more_rows_may_come(const CollectReport& report) const;
  void finished(const CollectReport& report);
  void cancel();
  void cancel_in_doubt();
  void cancelled(const Outcome& outcome);
  void cancel_failed(const Error& error);
  void queue_full(const Error& error, Phase back_to);
  void refuse(Error error);
  void block(Error error);
  void try_again(Due due, const Error& error);
  void call_failed(Due due, const Error& error);
  void done(const Event& event);
  void failed(const Event& event);
  bool is_in_doubt() const { return d_.batch.phase == Phase::creating || d_.batch.phase == Phase::unknown; }

  const StepRules& rules_;
  Decision d_;
  std::int64_t now_;
  std::uint64_t dice_;
};

}  // namespace br
