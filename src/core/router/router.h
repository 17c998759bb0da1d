// Router: the owner of everything behind a br_router: state directory, loop thread, jobs, deliveries, callbacks.
// Every function may be called from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/config.h"
#include "core/engine/engine.h"
#include "core/requests/intake.h"
#include "core/requests/prices.h"
#include "core/results/deliver.h"
#include "core/results/input_order.h"
#include "core/world.h"
#include "sys/fork_mark.h"
#include "sys/wake.h"

namespace br {

// A job as it was last known, for whoever asks.
struct JobView {
  Job job;
  std::vector<Track> tracks;
  std::int64_t acked = 0, handed = 0;
  bool told = false, refuses_repeat = false;  // see Repeat; of a job that is opened or listed
  std::optional<Cost> cost;  // of what the answers used so far; nothing when a price is not known
};

// What the ABI hands in; empty functions: not wanted.
struct RouterCallbacks {
  std::int32_t log_level = 0;
  std::function<void(std::int32_t level, const std::string& message)> log;
  std::function<void(std::int32_t event, const std::string& job_id, const std::string& json)> event;
};

// Of the options of a batch those that are no properties.
bool is_batch_option(std::string_view key);

// "batch_polled" for BR_EVENT_BATCH_POLLED.
const char* event_name(std::int32_t event);

using DoneFn = std::function<void(const std::string& job_id)>;

enum class Wait : std::uint8_t { ready, timed_out, woken, ended };

class Router : public EngineListener, public std::enable_shared_from_this<Router> {
 public:
  static Result<std::shared_ptr<Router>> open(const Config& config, RouterCallbacks callbacks, World world);
  ~Router() override;

  // Held by whoever uses the engine or the store from outside, for as long as the call takes: close() waits for them.
  // The waiting functions, which need one, give it back for as long as a function of a provider from outside runs in them.
  class Use {
   public:
    explicit Use(std::shared_ptr<Router> router) : router_(std::move(router)), lock_(router_->life_) {}

   private:
    std::shared_ptr<Router> router_;  // the handle may be freed meanwhile
    std::shared_lock<std::shared_mutex> lock_;
  };
  Result<Use> use();
  // Code::invalid_argument where this thread is inside a submit, which cannot end under its own feet.
  Result<void> close(std::int64_t timeout_ms);
  bool is_closed() const { return closed_; }
  bool is_forked() const { return mark_.is_copy(); }
  int fd() const { return closed_ ? -1 : wake_.fd(); }
  void wakeup();

  struct Submitted {
    std::string job_id;
    bool existed = false;
  };
  Result<Submitted> submit(const BatchSpec& spec, DoneFn done);
  // All or none are valid; then each is recorded. errors: what is wrong with each.
  Result<std::vector<Submitted>> submit_many(const std::vector<const BatchSpec*>& specs,
                                             std::vector<std::optional<Error>>* errors);
  // A new job of the requests of that one that did not succeed, or the one that is there already. options: of a batch
  // without requests.
  Result<Submitted> retry(const std::string& job_id, const BatchSpec& options, DoneFn done);
  // options: of a batch without requests.
  Result<Submitted> attach(const std::string& provider, const std::string& batch_id, const BatchSpec& options);
  Result<JobView> view(const std::string& job_id);
  Result<std::vector<JobView>> list(const std::string& provider, std::int64_t limit);
  // The newest batches at the vendor, each as a job of its own that is not kept here (no id).
  Result<std::vector<JobView>> list_remote(const std::string& provider, std::int64_t limit, std::int64_t timeout_ms);
  Result<void> resume(const std::string& job_id);  // empty: every unfinished job
  Result<void> remove(const std::string& job_id);
  // Code::already where the batch belongs to another job; false: it was the part's already.
  Result<bool> adopt(const std::string& job_id, std::int32_t part, const std::string& batch_id);
  // Code::invalid_argument where nothing of the job is in doubt.
  Result<void> abandon(const std::string& job_id);

  // Waits until the predicate holds for the job.
  Result<Wait> wait_job(const std::string& job_id, std::int64_t timeout_ms,
                        const std::function<bool(const JobView&)>& holds);
  // The same for all of several jobs; the index is that of the job.
  using JobTest = std::function<bool(std::size_t index, const JobView&)>;
  Result<Wait> wait_jobs(const std::vector<std::string>& job_ids, std::int64_t timeout_ms, const JobTest& holds);
  // Wait::woken: wakeup() came before the answers; the vendors are asked all the same.
  Result<Wait> refresh(const std::string& job_id, std::int64_t timeout_ms);
  Result<Wait> refresh_many(const std::vector<std::string>& job_ids, std::int64_t timeout_ms,
                            std::vector<std::optional<Error>>* errors);
  Result<Wait> cancel(const std::string& job_id, std::int64_t timeout_ms, bool* taken);
  Result<Wait> cancel_many(const std::vector<std::string>& job_ids, std::int64_t timeout_ms, std::vector<bool>* taken,
                           std::vector<std::optional<Error>>* errors);

  // job_id empty: of any job. Up to `capacity` results; waits for the first.
  Result<Wait> next_results(const std::string& job_id, std::int64_t timeout_ms, std::size_t capacity,
                            std::vector<Delivered>* out);
  void acknowledge(const Delivered& result);
  Result<void> acknowledge_all(const std::string& job_id);
  // The results files of a job that is done; where each result lies in the order of the requests; the requests that did
  // not succeed.
  Result<Feeds> finished_feeds(const std::string& job_id);
  // The same of a job that may still run; waits until `has_more` holds for one of its feeds.
  Result<Feeds> growing_feeds(const std::string& job_id);
  Result<Wait> wait_results(const std::string& job_id, std::int64_t timeout_ms, const std::function<bool()>& has_more);
  Result<std::vector<ResultPlace>> input_order(const std::string& job_id);
  // Downloads the results of a job that is done once more, where some of them may still change into an answer; changed:
  // how many did. Those are handed out again.
  Result<Wait> refetch(const std::string& job_id, std::int64_t timeout_ms, std::int64_t* changed);
  Result<void> for_each_failed_request(const std::string& job_id,
                                       const std::function<Result<void>(std::string_view line)>& each);

  Result<void> add_provider(const std::string& name);
  Result<void> remove_provider(const std::string& name);
  std::vector<std::string> providers();
  const Config& config() const { return config_; }
  const World& world() const { return world_; }

  Result<Wait> poll(std::int64_t timeout_ms);
  std::string stats_json();

  void job_changed(const Job& job, const std::vector<Track>& tracks) override;
  void job_event(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text) override;
  void results_grew(const std::string& job_id) override;
  void external_work(ExternalWork work) override;
  void store_failed(const Error& error) override;
  void vendor_called(const std::string& line) override;

 private:
  struct Entry {
    JobView view;
    Feeds feeds;
    std::unique_ptr<Delivery> delivery;
    std::vector<DoneFn> done;
    bool in_engine = false;
    bool interrupted = false;     // results were taken up to a damage, which the next call meets
    std::optional<Error> damage;  // its results cannot be read, which was told to whoever takes those of any job
  };
  Router(Config config, RouterCallbacks callbacks, World world);
  Result<void> open_state();
  Result<void> find_forgotten_jobs();
  Result<void> take_from_journal_locked(Job* job);
  Result<void> record(const Job& job, const Repeat& repeat);
  void remove_from_engine(const std::string& job_id);
  void say(std::int32_t level, const std::string& line);
  void say_locked(std::int32_t level, const std::string& line);
  void thread_failed(const char* what);
  void start();
  void run_loop();
  void save_handed(const std::vector<Delivered>& results, std::unique_lock<std::mutex>* lock);
  void save_progress(const std::vector<std::string>& job_ids);
  void save_acknowledgements(bool now);
  void count_active_calls();
  void load_some();
  void wait_until_loaded(std::unique_lock<std::mutex>* lock);
  // remembered: its address comes from the state directory, and not from this process's caller.
  void add_new_entry(Job job, bool remembered, DoneFn done = {});
  void name_account(const Config& config, RemoteBatch* batch);
  bool has_known_key(const RemoteBatch& batch) const;
  Feeds make_feeds(const Job& job) const;
  Result<Entry*> entry_locked(const std::string& job_id);
  const Error* blocked_error_locked(const std::string& job_id) const;
  const Error* damage_locked() const;
  Error closed_error() const;
  Result<void> check_usable();
  // Calls of providers from outside (router_external.cc).
  std::deque<ExternalWork>::iterator next_work_locked();
  bool has_work_locked() { return next_work_locked() != work_.end(); }
  // Does one such call on this thread, without the lock; false: there is none to do.
  bool serve(std::unique_lock<std::mutex>* lock);
  // Waits for ready(), which is asked with the lock held, and serves meanwhile. false: the time ran out.
  bool wait_serving(std::unique_lock<std::mutex>* lock, std::int64_t timeout_ms, const std::function<bool()>& ready);
  // Calls of other threads for providers, and for a while exchanges with vendors; what this thread makes itself cannot be
  // waited for. Nothing is begun from here on.
  void wait_for_others(std::int64_t timeout_ms);
  void take_down(std::vector<std::shared_ptr<const void>>* left);
  void take_callbacks(std::vector<std::shared_ptr<const void>>* left);
  class Served {
   public:
    explicit Served(Router* router) : router_(router) {}
    ~Served();
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

   private:
    Router* router_;
  };
  // Marks this thread as one that runs code from outside in the middle of a submit.
  class Submitting {
   public:
    explicit Submitting(Router* router);
    ~Submitting();
    Submitting(const Submitting&) = delete;
    Submitting& operator=(const Submitting&) = delete;

   private:
    Router* router_;
  };
  // From the look at what is damaged or missing until the new files are in force, one thread is at work on a job.
  class OneRefetch {
   public:
    OneRefetch(Router* router, const std::string& job_id);
    ~OneRefetch();
    OneRefetch(const OneRefetch&) = delete;
    OneRefetch& operator=(const OneRefetch&) = delete;
    bool is_first() const { return is_first_; }

   private:
    Router* router_;
    std::string job_id_;
    bool is_first_;
  };
  bool woken_locked(std::uint64_t seen) const { return wakeups_ != seen || closed_; }
  void add_done_locked(Entry* entry, DoneFn done);
  Result<std::vector<RefetchPart>> plan_refetch(const Job& job);
  void read_results_anew(const std::string& job_id);
  void read_anew_locked(Entry* entry);
  Result<std::int64_t> take_refetched(const std::string& job_id, const Refetched& refetched);
  void enqueue_locked(std::function<void()> callback);
  Entry* keep_locked(const std::string& job_id, std::unique_ptr<Entry> entry);
  Result<void> take_any_locked(std::size_t capacity, std::vector<Delivered>* out);
  Result<bool> take_results_locked(Entry* entry, std::size_t capacity, std::vector<Delivered>* out);
  // What a submitter says of work that is here already.
  struct Given {
    std::string output, finished;
    bool goes_on = false, again = false;
  };
  // A job whose request files are written, and that is not recorded.
  struct Prepared {
    Job job;
    std::vector<std::string> warnings;
    bool remembered = false;  // its addresses come from the state directory
    std::string input, requests;  // see Repeat
    Given given;
  };
  std::string new_job_id();
  Result<Prepared> prepare(const BatchSpec& spec, IdTable* ids);
  Result<Submitted> commit(Prepared prepared, DoneFn done);
  Result<std::vector<RemoteBatch>> write_requests(const Config& config, const BatchSpec& spec, IdTable* ids,
                                                  Prepared* prepared);
  static Error first_error(const std::vector<std::optional<Error>>& errors, std::size_t wrong);
  static Error timeout_error(const std::string& what);
  static Error observer_error();
  static Error removed_error(const Provider& provider);
  static Given read_given(const BatchSpec& spec);
  Result<Job> known_job(const std::string& job_id);
  Result<void> keep_older_inputs(const Job& job, const std::string& input, const Given& given);
  Result<std::string> find_repeated(const Job& job, const std::vector<std::string>& inputs, const Given& given);
  Result<std::string> find_finished(const Job& job, const std::vector<std::string>& inputs,
                                    const std::vector<std::string>& ancestors, const Given& given);
  std::vector<std::string> ancestors_of(const Job& job);
  bool is_taker_locked(const Entry& entry);
  bool was_at_work_on(const std::string& job_id);
  Result<Submitted> go_on_with(const std::string& job_id, const Given& given, DoneFn done);
  Result<void> remember_output(const std::string& job_id, const std::string& output);
  void add_repeat(JobView* view);
  void tell_of_ends();
  bool is_removed(std::string_view name);
  void forget_blocks(const std::vector<std::string>& job_ids);
  Result<Account> account_named(const std::string& name);
  void remove_fresh_state();

  const World world_;
  Config config_;
  const bool auto_ack_;  // of config_, asked with every result
  std::shared_ptr<const RouterCallbacks> callbacks_;  // until it is closed
  std::string state_dir_;
  StateDirectory directory_{nullptr, {}};
  std::vector<std::string> fresh_directories_;  // made for it, the innermost first
  bool observer_ = false, fresh_ = false;
  ForkMark mark_;
  FileLock lock_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Engine> engine_;
  std::thread thread_;
  std::atomic<bool> stop_{false}, closed_{false}, broken_{false};  // broken: one of its threads threw
  std::atomic<std::thread::id> closer_{};  // the thread that is inside close()

  std::mutex mutex_;
  std::mutex close_mutex_;
  std::mutex repeat_mutex_;  // held from the look for the same work until its job is recorded; taken before mutex_
  std::shared_mutex life_;
  std::size_t active_calls_ = 0;  // exchanges with vendors under way
  std::condition_variable changed_;
  Wake wake_;
  std::map<std::string, std::unique_ptr<Entry>> entries_;
  // Jobs that are not done; and those that may have results to hand out, the newest served of which is `served_`.
  std::set<std::string, std::less<>> unfinished_, with_results_;
  std::string served_;
  // Jobs that were submitted here, or whose results were taken here: not those that were only looked at.
  std::set<std::string, std::less<>> at_work_on_;
  // Jobs of earlier processes that nobody has asked for yet; the loop's thread takes them over a few at a time.
  std::set<std::string, std::less<>> unloaded_;
  std::deque<std::string> to_load_;
  std::deque<std::function<void()>> callbacks_due_;
  std::deque<ExternalWork> work_;
  struct Serving {
    std::thread::id thread;
    const Provider* provider;
    bool closing = false;  // it waits in close()
  };
  std::vector<Serving> serving_;
  std::vector<std::thread::id> submitting_;
  bool closing_ = false;  // no further call of a provider from outside is begun
  std::uint64_t wakeups_ = 0, wakeups_used_ = 0;
  bool acks_dirty_ = false;
  std::int32_t saving_handed_ = 0;  // saves under way of what is handed out for the first time
  std::int64_t acks_dirty_since_ms_ = 0;
  std::optional<Error> fatal_;
  Error thread_error_{Code::internal, "a thread of the router ended",
                      "close the router and open it again: what was submitted is kept; please report this"};
  std::set<std::string, std::less<>> removing_;  // jobs that are on their way out of the database
  std::set<std::string, std::less<>> removed_providers_;
  std::set<std::string, std::less<>> refetching_;  // jobs whose results are being fetched once more
  Prices prices_;
  std::int64_t delivered_ = 0, submitted_ = 0, retries_ = 0;
};

}  // namespace br
