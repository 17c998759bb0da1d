// EngineCore: what the parts of the engine share: the runs, the events that wait to be handled, the work that other
// threads have posted. Loop's thread only, but for post().
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/driver.h"
#include "core/engine/engine_parts.h"
#include "core/engine/run.h"
#include "core/protocol/step.h"
#include "sys/mutex.h"

namespace br {

class EngineCore {
 public:
  explicit EngineCore(const EngineParts& with) : parts(with), answers(std::make_shared<ExternalAnswers>(with.transport)) {}
  EngineCore(const EngineCore&) = delete;
  EngineCore& operator=(const EngineCore&) = delete;

  const EngineParts parts;
  std::map<std::string, std::unique_ptr<Run>> runs;
  const std::shared_ptr<ExternalAnswers> answers;

  // Any thread: runs `work` on the loop's thread.
  void post(std::function<void()> work);
  std::vector<std::function<void()>> drain_posted();

  // nullptr: there is none any more.
  Run* find(const std::string& job_id);
  RunPart* part(const PartKey& key);  // also where a later run of the same name has fewer parts
  RemoteBatch& batch(const PartKey& key);  // of a part that is there

  void push(const PartKey& key, Event event) { pending_.emplace_back(key, std::move(event)); }
  std::optional<std::pair<PartKey, Event>> next_event();
  // Of a run that goes: a later one of the same name must not get them.
  void drop_events(const std::string& job_id);

  // The timer of each part.
  void set_timer(const PartKey& key, std::int64_t due_ms);
  std::optional<PartKey> next_due();
  std::int64_t idle_ms() const;  // until the next one; -1: for ever

  // The account that the part's calls are made for. Errors: as resolve_account(), and where a key must not go there.
  Result<Account> account_of(const PartKey& key);

  // The ends of an operation. sent: it may have been carried out.
  void call_done(const PartKey& key, Op op, Outcome outcome);
  void call_failed(const PartKey& key, Op op, Error error, bool sent);
  void probed(const PartKey& key, RemoteStatus status, RowProof proof);
  void probe_failed(const PartKey& key, Error error);
  // bytes: Event::bytes.
  void fetch_failed(const PartKey& key, Error error, std::int64_t bytes = -1);

  // What happened to the job, or to the one whose results the run fetches once more.
  void tell_event(const Run& run, std::int32_t event, const RemoteBatch& batch, const std::string& text);
  // The state can no longer be saved: nothing more is done by anybody.
  void fail_store(const Error& error);
  bool store_failed() const { return store_failed_; }
  // The state directory is the one that was opened: what is paid for will be known. Else fail_store().
  bool check_directory();

 private:
  void find_owners(const PartKey& key, Outcome* outcome);
  bool others_run(const PartKey& key);

  std::deque<std::pair<PartKey, Event>> pending_;
  std::set<std::pair<std::int64_t, PartKey>> timers_;
  bool store_failed_ = false;
  Mutex mutex_;
  std::vector<std::function<void()>> posted_ GUARDED_BY(mutex_);
};

}  // namespace br
