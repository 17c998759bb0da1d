// Engine: carries out what step() decides, for all jobs: it saves, starts calls and fetches, keeps timers, and hands the
// answers back to step() as events. Owned and used by the loop's thread; post() is for any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/engine_core.h"
#include "core/engine/engine_parts.h"
#include "core/engine/external_work.h"
#include "core/engine/run.h"
#include "core/engine/search_turns.h"
#include "core/engine/vendor_http.h"
#include "core/protocol/step.h"
#include "core/results/refetch.h"
#include "model/job.h"
#include "providers/registry.h"

namespace br {

// A batch whose results are fetched once more.
struct RefetchPart {
  std::size_t part = 0;
  ProviderUse use;
  bool whole = false;  // its results are damaged: every one of them is fetched
};

// A job that the engine takes over.
struct EngineJob {
  Job job;
  Feeds feeds;                     // one for each batch
  std::vector<ProviderUse> uses;   // likewise
  bool active = true;              // go on with it at once
  bool planned_here = false;       // its request files were written by this process
  bool address_is_given = false;   // by the caller of this process, and not remembered from another one
};

class Engine {
 public:
  explicit Engine(const EngineParts& parts) : core_(parts), http_(&core_.parts) {}
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Any thread: runs `work` on the loop's thread.
  void post(std::function<void()> work) { core_.post(std::move(work)); }

  // The loop's thread only, from here on.
  void add(EngineJob added);
  void resume(const std::string& job_id);
  void cancel(const std::string& job_id);
  // A person's word: that batch of the vendor is the part; what is in doubt of the job is given up.
  // Code::already where the batch belongs to another job.
  Result<void> adopt(const std::string& job_id, std::int32_t part, const std::string& batch_id);
  void abandon(const std::string& job_id);
  // For each batch the number of answered polls from which on an answer is younger than this call.
  std::vector<std::int64_t> refresh(const std::string& job_id);
  void remove(const std::string& job_id);
  void set_output(const std::string& job_id, const std::string& output);
  // Downloads the results of those parts of a job that is done once more. `done` runs on the loop's thread; the new
  // results files are written by then, and put_in_force() puts them in force.
  void refetch(const Job& job, std::vector<RefetchPart> parts, RefetchedFn done);
  void stop_refetch(const std::string& job_id);
  Result<void> put_in_force(const Job& job);
  // One page of the vendor's own list; `done` runs on the loop's thread.
  void list_remote(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done);
  // Takes over what the consumers acknowledged, durably; deletes remote files once all is taken, if configured.
  void acknowledged(const std::string& job_id, const std::vector<PartProgress>& progress);

  // Does everything that is due and moves bytes until `wait_ms` passed or something happened.
  void turn(std::int64_t wait_ms);
  // The router closes: answers that are under way are still handled, and nothing else is begun.
  void begin_nothing_more() { is_closing_ = true; }
  // After the last turn, on any thread: what calls outside have made is recorded, and what was not begun counts as not
  // sent.
  void settle_external(const std::deque<ExternalWork>& not_begun);
  // Then: what running batches had answered when they were asked last is saved, for whoever looks after a restart.
  void save_counts();
  // Then: remote files whose deletion is under way are deleted, as far as that goes in this time; every other call ends.
  void finish_deletions(std::int64_t most_ms);
  // Then: what keeps providers alive, for the caller to drop.
  std::vector<std::shared_ptr<const void>> release_holds();
  // How long nothing is due; -1: for ever.
  std::int64_t idle_ms() const { return is_closing_ ? -1 : core_.idle_ms(); }

 private:
  Run* find(const std::string& job_id) { return core_.find(job_id); }
  void push(const std::string& job_id, std::size_t part, Event event) { core_.push({job_id, part}, std::move(event)); }
  void drain();
  void handle(const PartKey& key, const Event& event);
  bool perform(const PartKey& key, const Action& action);
  void start_call(const PartKey& key, Op op);
  void leave_out(const PartKey& key, Op op);
  void start_probe(const PartKey& key);
  bool may_send(const PartKey& key, Op op);
  void go_on_searching(const PartKey& ended);
  void tell(const Run& run);
  void tell_settled(Job job);
  bool save(const RemoteBatch& batch);
  void keep_in_journal(const PartKey& key);
  void link_audit_files(const Run& run, const RemoteBatch& batch);
  bool move_addresses(Run* run);
  void use_provider_of(Run* run, std::size_t index, ProviderUse use, std::shared_ptr<ResultFeed> feed);
  void note_account(Run* run, std::size_t index);
  void forget_blocks(Run* run, const std::function<bool(const RemoteBatch&)>& goes_on);
  void release(RunPart* part);
  void decide_canary(const Run& run);
  void stop_all();
  void job_maybe_done(Run* run);
  void refetch_maybe_failed(Run* run);
  void refetch_collected(Run* run);
  void delete_remote_files(Run* run);
  Driver::Refused deletion_refused(const std::string& job_id);

  EngineCore core_;
  VendorHttp http_;
  SearchTurns turns_;
  bool is_closing_ = false;
};

// The step rules that follow from a job's configuration.
StepRules step_rules(const Config& config, const Provider* provider, bool attached);

}  // namespace br
