// Engine: carries out what step() decides, for all jobs: vendor calls, downloads, timers, saves. Owned and used by the
// loop's thread; post() is for any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/engine/executor.h"
#include "core/engine/external_work.h"
#include "core/engine/http_operation.h"
#include "core/engine/job_snapshot.h"
#include "core/engine/local_run.h"
#include "core/engine/search_turns.h"
#include "core/protocol/step.h"
#include "core/results/collect.h"
#include "core/results/refetch.h"
#include "core/results/row_prover.h"
#include "model/job.h"
#include "net/http.h"
#include "providers/registry.h"
#include "store/output_file.h"
#include "store/spool.h"
#include "store/state_dir.h"
#include "store/store.h"
#include "sys/clock.h"
#include "sys/random.h"

namespace br {

// What the engine tells; called on the loop's thread, results_grew on any. Must not call back into the engine.
class EngineListener {
 public:
  virtual ~EngineListener() = default;
  virtual void job_changed(SnapshotRef snapshot) = 0;
  virtual void job_event(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text) = 0;
  virtual void results_grew(const std::string& job_id) = 0;
  // To be done on a thread of the caller's, or never when the router is closed before.
  virtual void external_work(ExternalWork work) = 0;
  // The state can no longer be saved: nothing more is done.
  virtual void store_failed(const Error& error) = 0;
  // A line about each exchange with a vendor, where EngineParts::traces.
  virtual void vendor_called(const std::string& line) = 0;
};

struct EngineParts {
  Store* store = nullptr;
  Transport* transport = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  Executor* executor = nullptr;
  EngineListener* listener = nullptr;
  const Spool* spool = nullptr;
  const Config* config = nullptr;
  const StateDirectory* directory = nullptr;  // nullptr: nobody can take it away
  bool traces = false;
};

// A batch whose results are fetched once more.
struct RefetchPart {
  std::size_t part = 0;
  ProviderUse use;
  bool whole = false;  // its results are damaged: every one of them is fetched
};
using RefetchedFn = std::function<void(Result<Refetched>)>;

using Feeds = std::vector<std::shared_ptr<ResultFeed>>;

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
  explicit Engine(EngineParts parts) : p_(parts), answers_(std::make_shared<ExternalAnswers>(parts.transport)) {}
  ~Engine();

  // Any thread: runs `work` on the loop's thread.
  void post(std::function<void()> work);

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
  // results files are written by then, and take_refetched() puts them in force.
  void refetch(const Job& job, std::vector<RefetchPart> parts, RefetchedFn done);
  void stop_refetch(const std::string& job_id);
  Result<void> take_refetched(const Job& job);
  // One page of the vendor's own list; `done` runs on the loop's thread.
  void list_remote(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done);
  // Takes over what the consumers acknowledged, durably; deletes remote files once all is taken, if configured.
  void acknowledged(const std::string& job_id, const std::vector<RemoteBatch>& progress);

  // Does everything that is due and moves bytes until `wait_ms` passed or something happened.
  void turn(std::int64_t wait_ms);
  // After the last turn, on any thread: what calls outside have made is recorded, and what was not begun counts as not
  // sent.
  void settle_external(const std::deque<ExternalWork>& not_begun);
  // Then: remote files whose deletion is under way are deleted, as far as that goes in this time; every other call ends.
  void finish_deletions(std::int64_t most_ms);
  // Then: what keeps providers alive, for the caller to drop.
  std::vector<std::shared_ptr<const void>> take_holds();
  // How long nothing is due; -1: for ever.
  std::int64_t idle_ms() const;

 private:
  struct Part {
    bool address_is_given = false;  // by the caller of this process, and not only remembered
    Track track;
    StepRules rules;
    const Provider* provider = nullptr;
    std::shared_ptr<const void> hold;   // what the provider needs to work
    std::map<Op, std::uint64_t> calls;  // under way; 0: waits for an access token
    std::shared_ptr<ResultFeed> feed;
    std::shared_ptr<std::unique_ptr<Collector>> collector = std::make_shared<std::unique_ptr<Collector>>();
    std::unique_ptr<OutputFile> output;
    std::vector<Download> downloads;
    std::size_t download = 0;
    int empty_pages = 0;  // in a row
    // Of this pass: the downloads that brought bytes and where those begin in the output file; why one brought none.
    std::vector<std::string> bodies;
    std::vector<std::uint64_t> body_starts;
    std::optional<Error> refused, write_error;
    std::set<std::string> read_bodies;  // were read whole in a pass that does not count
    std::int32_t counted_passes = 0;
    std::string etag;  // of what a broken download brought; empty: it cannot be gone on with
    bool head_seen = false, wrong_range = false;
    bool download_again = false, pass_open = false, consume_busy = false, consume_last = false, replayed = false;
    bool fetching_outside = false;
    bool poll_again = false;  // when the answer under way is here, which may be older than the question
    std::uint64_t download_call = 0, consumed_to = 0;
    std::int64_t consumed_ms = 0;
    int pass = 0;
    Phase journaled = Phase::planned;  // the phase that the job's journal has
    std::int64_t timer_ms = -1;
    std::uint64_t probe_call = 0;
    std::shared_ptr<RowProver> prover;  // reads the rows of the candidate that is being looked at
  };
  // A run that fetches results once more: whose, and who waits for it.
  struct Refetch {
    std::string job_id;
    RefetchedFn done;
    struct Part {
      bool whole;     // RefetchPart's
      Counts before;  // of the results in force
      ResultFile old;  // which they stand in
    };
    std::vector<Part> parts;
    std::uint64_t number = 0;  // tells it from a later one of the same job
    bool merging = false;
  };
  struct Run {
    Job job;
    Config config;  // the router's, with the overrides of the job
    std::vector<Part> parts;
    bool active = false;
    std::unique_ptr<Refetch> refetch;  // nothing of such a run is saved
  };
  struct Pending {
    std::string job_id;
    std::size_t part;
    Event event;
  };
  using Key = std::pair<std::string, std::size_t>;
  // An access token, or those who wait for one.
  struct TokenSlot {
    Token token;
    bool asked = false, proven = false;
    std::vector<std::function<void(const Error*)>> waiting;
  };
  using TokenFn = std::function<void(Account account, const Error* error)>;

  Run* find(const std::string& job_id);
  void push(const std::string& job_id, std::size_t part, Event event);
  void drain();
  void run_timers();
  void apply(Run* run, std::size_t index, const Event& event);
  bool perform(Run* run, std::size_t index, const Action& action);
  void set_timer(Run* run, std::size_t index);
  void tell(const Run& run);
  void tell_settled(Job job);
  bool save(const RemoteBatch& batch);
  void forget_blocks(Run* run, const std::function<bool(const RemoteBatch&)>& goes_on);
  void fail_store(const Error& error);
  void keep_in_journal(Run* run, std::size_t index);
  bool may_send(Run* run, std::size_t index, Op op);
  Result<Account> account_of(const Run& run, std::size_t index) const;

  void with_token(const Provider& provider, Account account, TokenFn then);
  void token_answered(const Provider& provider, const Account& account, const HttpResponse& response);
  void token_refused(const Account& account, Error* error);
  void trace(const HttpRequest& request, BodySink* sink, Transport::Done* done);
  Result<std::uint64_t> send(const Provider& provider, const Account& account, HttpRequest request, BodySink sink,
                             Transport::Done done);
  void start_call(Run* run, std::size_t index, Op op);
  void begin_call(const std::string& job_id, std::size_t index, Op op, const Account& account);
  bool others_run(const std::string& job_id, std::size_t index) const;
  void poll_again(const std::string& job_id, std::size_t index, Op answered);
  void call_failed(const std::string& job_id, std::size_t index, Op op, Error error, bool sent);
  void send_shared(Run* run, std::size_t index, Op op, HttpRequest request, const Account& account,
                   SharedAnswers::Use use);
  void go_on_searching(const std::string& job_id, std::size_t index);
  void send_exchange(const std::string& job_id, std::size_t index, Op op, HttpRequest request, const Account& account,
                     const HttpOperation& operation);
  void local_call(Run* run, std::size_t index, Op op);
  bool move_addresses(Run* run);
  void use_provider_of(Run* run, std::size_t index, ProviderUse use);
  void external_call(Run* run, std::size_t index, Op op);
  void external_answered(const std::string& job_id, std::size_t index, Op op, Result<Outcome> outcome);
  void external_list(const Provider& provider, const Account& account, std::int64_t limit,
                     std::function<void(Result<Outcome>)> done);
  void external_fetch(Run* run, std::size_t index);
  void external_fetched(const std::string& job_id, std::size_t index, const std::string& path, Result<void> written);
  void release(Part* part);
  bool take_answers();
  void answer(const std::string& job_id, std::size_t index, Op op, const HttpResponse& response,
              const Account& account, HttpOperation operation);
  void find_owners(const std::string& job_id, std::size_t index, Outcome* outcome);
  void stop_calls(Part* part);

  void start_probe(Run* run, std::size_t index);
  void ask_candidate(const std::string& job_id, std::size_t index, const Account& account);
  void candidate_answered(const std::string& job_id, std::size_t index, const Account& account,
                          const HttpResponse& response);
  void read_candidate(const std::string& job_id, std::size_t index, const Account& account, RemoteStatus status);
  void candidate_read(const std::string& job_id, std::size_t index, RemoteStatus status, const HttpResponse& response);
  void probed(const std::string& job_id, std::size_t index, RemoteStatus status, RowProof proof);
  void probe_failed(const std::string& job_id, std::size_t index, Error error);
  Result<void> check_program(const Run& run, std::size_t index) const;
  Result<void> check_address(const Run& run, std::size_t index, const Account& account) const;

  void start_fetch(Run* run, std::size_t index);
  void start_download(Run* run, std::size_t index);
  void begin_download(const std::string& job_id, std::size_t index, const Account& account);
  void copy_local_output(Run* run, std::size_t index, const std::string& path);
  void page_ended(const std::string& job_id, std::size_t index, const Account& account, const HttpResponse& response);
  bool take_bytes(const std::string& job_id, std::size_t index, const HttpResponse& head, std::string_view bytes);
  bool put_bytes(Run* run, std::size_t index, std::string_view bytes);
  bool begin_body(Part* part, const HttpResponse& head);
  void begin_pass(Run* run, std::size_t index, const Account& account);
  void next_body(Part* part);
  void download_failed(Run* run, std::size_t index, const HttpResponse& response, Error error);
  void download_ended(const std::string& job_id, std::size_t index, const Account& account,
                      const HttpResponse& response);
  void fetch_error(const std::string& job_id, std::size_t index, Error error, std::int64_t bytes = -1);
  void collecting_failed(Run* run, std::size_t index, Error error);
  void consume(Run* run, std::size_t index, bool last);
  void consumed(const std::string& job_id, std::size_t index, bool last, Result<CollectReport> report);
  void start_finish(Run* run, std::size_t index);
  void finished(const std::string& job_id, std::size_t index, Result<CollectReport> report);
  void job_maybe_done(Run* run);
  void refetch_maybe_failed(Run* run);
  void refetch_collected(Run* run);
  void tell_event(const Run& run, std::int32_t event, const RemoteBatch& batch, const std::string& text);
  CollectorPlan collector_plan(Run* run, std::size_t index);
  void delete_remote_files(Run* run);

  EngineParts p_;
  std::map<std::string, std::unique_ptr<Run>> runs_;
  SearchTurns turns_;
  SharedAnswers shared_;
  std::set<std::pair<std::int64_t, Key>> timers_;
  std::deque<Pending> pending_;
  std::map<std::string, TokenSlot> tokens_;
  std::mutex inbox_mutex_;
  std::vector<std::function<void()>> inbox_;
  std::shared_ptr<ExternalAnswers> answers_;
  int deletions_ = 0;  // calls under way that delete a remote file
  bool store_failed_ = false;
};

// The step rules that follow from a job's configuration.
StepRules step_rules(const Config& config, const Provider* provider, bool attached);

}  // namespace br
