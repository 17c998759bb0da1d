// batchrouter.hpp: the C interface of libbatchrouter for C++17 and later. Header only.
//
// Handles free themselves, errors are thrown, texts are std::string_view, results are a range:
//
//     batchrouter::Router router(batchrouter::Config().set("state_dir", ".batch_router"));
//     batchrouter::Batch batch("openai");
//     batch.add_file("requests.jsonl");
//     batchrouter::Job job = router.submit(batch);
//     for (const batchrouter::Result& result : router.results(job))
//       std::cout << result.custom_id() << ": " << result.text_or_error() << '\n';
//
// Whatever is not here is there: each class gives its C handle with get(), and batchrouter::call() throws for it.
// Rules on threads, blocking and crashes are those of batchrouter.h. A moved-from object can be assigned to or destroyed.
#ifndef BATCHROUTER_HPP
#define BATCHROUTER_HPP

#include <batchrouter.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace batchrouter {

// What a function of the library returned below 0. what(): what, where and why; it never holds a key.
class Error : public std::runtime_error {
 public:
  // Takes `error` over; it may be NULL.
  Error(br_status status, br_error* error)
      : std::runtime_error(error != nullptr ? br_error_message(error) : br_status_name(status)),
        error_(error, [](br_error* last) { br_error_free(last); }),
        status_(status) {}

  br_status status() const noexcept { return status_; }
  const char* status_name() const noexcept { return br_status_name(status_); }
  // What to do about it; empty: nothing is advised. The next three: empty where there is none.
  std::string_view hint() const noexcept { return view(br_error_hint(error_.get())); }
  std::string_view provider() const noexcept { return view(br_error_provider(error_.get())); }
  std::string_view vendor_code() const noexcept { return view(br_error_vendor_code(error_.get())); }
  std::string_view request_id() const noexcept { return view(br_error_request_id(error_.get())); }
  int http_status() const noexcept { return br_error_http_status(error_.get()); }
  // Doing the same again later may work.
  bool is_transient() const noexcept { return br_error_is_transient(error_.get()) != 0; }
  // "file:line:column: what, why, fix" for each wrong line of the input, a hundred at most.
  std::vector<std::string_view> issues() const {
    std::vector<std::string_view> all;
    for (std::size_t i = 0; i < br_error_issue_count(error_.get()); ++i) all.push_back(view(br_error_issue(error_.get(), i)));
    return all;
  }

 private:
  static std::string_view view(const char* text) noexcept { return text == nullptr ? std::string_view() : text; }

  std::shared_ptr<br_error> error_;  // shared: exceptions are copied
  br_status status_;
};

// call(br_submit, router, …) without its last parameter, the error: gives the status, throws Error.
template <class Fn, class... Args>
br_status call(Fn* function, Args... args) {
  br_error* error = nullptr;
  const br_status status = function(args..., &error);
  if (status < 0) throw Error(status, error);
  return status;
}

namespace detail {

template <auto free_it>
struct Free {
  template <class T>
  void operator()(T* handle) const noexcept {
    free_it(handle);
  }
};
template <class T, auto free_it>
using Handle = std::unique_ptr<T, Free<free_it>>;

inline std::string_view view(const char* text, std::size_t length) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text, length);
}
inline std::string_view view(const char* text) noexcept { return text == nullptr ? std::string_view() : text; }

template <class T>
T* made(T* handle) {
  if (handle == nullptr) throw std::bad_alloc();
  return handle;
}

// A std::function as user_data. What it throws ends there: nothing may be thrown through the library.
template <class... Args>
struct Callback {
  using Function = std::function<void(Args...)>;
  static void* copy(Function function) { return new Function(std::move(function)); }
  static void destroy(void* self) { delete static_cast<Function*>(self); }
};

}  // namespace detail

class Config {
 public:
  Config() : handle_(detail::made(br_config_new())) {}
  // A setting of docs/configuration.md.
  Config& set(const std::string& key, const std::string& value) {
    call(br_config_set, get(), key.c_str(), value.c_str());
    return *this;
  }
  // The value in force; empty for unknown settings and for keys.
  std::string_view value(const std::string& key) const { return detail::view(br_config_get(get(), key.c_str())); }
  // level: one of BR_LOG_…. The function runs inside Router::poll.
  Config& on_log(std::int32_t level, std::function<void(std::int32_t level, std::string_view line)> function) {
    using Callback = detail::Callback<std::int32_t, std::string_view>;
    const auto run = [](void* self, std::int32_t of, const char* line) {
      try {
        (*static_cast<Callback::Function*>(self))(of, line);
      } catch (...) {
      }
    };
    call(br_config_set_log, get(), level, static_cast<br_log_fn>(run), Callback::copy(std::move(function)),
         &Callback::destroy);
    return *this;
  }
  // event: one of BR_EVENT_…. The function runs inside Router::poll.
  Config& on_event(std::function<void(std::int32_t event, std::string_view job_id, std::string_view json)> function) {
    using Callback = detail::Callback<std::int32_t, std::string_view, std::string_view>;
    const auto run = [](void* self, std::int32_t event, const char* job_id, const char* json) {
      try {
        (*static_cast<Callback::Function*>(self))(event, detail::view(job_id), detail::view(json));
      } catch (...) {
      }
    };
    call(br_config_set_event, get(), static_cast<br_event_fn>(run), Callback::copy(std::move(function)),
         &Callback::destroy);
    return *this;
  }
  br_config* get() const noexcept { return handle_.get(); }

 private:
  detail::Handle<br_config, br_config_free> handle_;
};

// One request. Setters may be chained: Request("r1", "gpt-4o-mini").user("What is 2 times 2?").max_tokens(64).
class Request {
 public:
  Request(const std::string& custom_id, const std::string& model)
      : handle_(detail::made(br_request_new(custom_id.c_str(), model.c_str()))) {}
  // A line of the unified format, docs/format.md.
  static Request from_json(std::string_view json) {
    br_request* made = nullptr;
    call(br_request_from_json, json.data(), json.size(), &made);
    return Request(made);
  }
  Request& system(std::string_view text) { return call(br_request_set_system, get(), text.data(), text.size()), *this; }
  Request& user(std::string_view text) { return message(BR_ROLE_USER).text(text); }
  Request& assistant(std::string_view text) { return message(BR_ROLE_ASSISTANT).text(text); }
  // Begins a message; what follows is added to it. role: one of BR_ROLE_….
  Request& message(std::int32_t role) { return call(br_request_add_message, get(), role), *this; }
  Request& text(std::string_view text) { return call(br_request_add_text, get(), text.data(), text.size()), *this; }
  Request& image_url(std::string_view url) {
    return call(br_request_add_image, get(), std::int32_t{BR_SOURCE_URL}, static_cast<const char*>(nullptr), url.data(),
                url.size()),
           *this;
  }
  Request& image_base64(const std::string& media_type, std::string_view data) {
    return call(br_request_add_image, get(), std::int32_t{BR_SOURCE_BASE64}, media_type.c_str(), data.data(), data.size()),
           *this;
  }
  Request& max_tokens(std::int64_t most) { return generation("max_tokens", std::to_string(most)); }
  Request& temperature(double value) { return generation("temperature", std::to_string(value)); }
  // A field of generation_config, or of the request itself, as a JSON value.
  Request& generation(const std::string& name, std::string_view json) {
    return call(br_request_set_generation, get(), name.c_str(), json.data(), json.size()), *this;
  }
  Request& field(const std::string& name, std::string_view json) {
    return call(br_request_set_field, get(), name.c_str(), json.data(), json.size()), *this;
  }
  std::string_view json() const {
    std::size_t size = 0;
    const char* text = br_request_json(get(), &size);
    return detail::view(text, size);
  }
  br_request* get() const noexcept { return handle_.get(); }

 private:
  explicit Request(br_request* made) : handle_(made) {}
  detail::Handle<br_request, br_request_free> handle_;
};

class Batch {
 public:
  // provider: of requests that name none; empty: routes decide.
  explicit Batch(const std::string& provider = {})
      : handle_(detail::made(br_batch_new(provider.empty() ? nullptr : provider.c_str()))) {}
  Batch& add(const Request& request) { return call(br_batch_add, get(), request.get()), *this; }
  Batch& add_jsonl(std::string_view lines) { return call(br_batch_add_jsonl, get(), lines.data(), lines.size()), *this; }
  Batch& add_file(const std::string& path) { return call(br_batch_add_jsonl_file, get(), path.c_str()), *this; }
  Batch& name(const std::string& name) { return call(br_batch_set_name, get(), name.c_str()), *this; }
  Batch& meta(const std::string& key, const std::string& value) {
    return call(br_batch_set_meta, get(), key.c_str(), value.c_str()), *this;
  }
  // An option of br_batch_set.
  Batch& set(const std::string& key, const std::string& value) {
    return call(br_batch_set, get(), key.c_str(), value.c_str()), *this;
  }
  // All checks of a submission, offline. Throws Error; its issues() name each wrong line.
  void validate(const Config& config) const { call(br_validate, config.get(), get()); }
  br_batch* get() const noexcept { return handle_.get(); }

 private:
  detail::Handle<br_batch, br_batch_free> handle_;
};

// One answer. Its texts live as long as it does.
class Result {
 public:
  explicit Result(br_result* taken) : handle_(taken) {}
  std::string_view custom_id() const { return text_of(br_result_custom_id); }
  std::int32_t status() const { return br_result_status(get()); }  // one of BR_RESULT_…
  std::string_view status_name() const { return br_result_status_name(status()); }
  bool succeeded() const { return status() == BR_RESULT_SUCCEEDED; }
  // The answer's text; empty where it has none.
  std::string_view text() const { return text_of(br_result_text); }
  std::string_view text_or_error() const { return succeeded() ? text() : error_message(); }
  std::string_view model() const { return detail::view(br_result_model(get())); }
  std::string_view finish_reason() const { return detail::view(br_result_finish_reason(get())); }
  std::string_view tool_calls() const { return text_of(br_result_tool_calls); }
  std::string_view response() const { return text_of(br_result_response); }  // the vendor's own object
  // The vendor's whole row, response and all, as it was downloaded; empty where it gave none. Reads files.
  std::string_view raw() const {
    const char* row = nullptr;
    std::size_t size = 0;
    call(br_result_raw, get(), &row, &size);
    return detail::view(row, size);
  }
  std::string_view error_type() const { return detail::view(br_result_error_type(get())); }
  std::string_view error_code() const { return detail::view(br_result_error_code(get())); }
  std::string_view error_message() const { return detail::view(br_result_error_message(get())); }
  int http_status() const { return br_result_http_status(get()); }
  bool is_transient() const { return br_result_is_transient(get()) != 0; }
  std::int64_t tokens(std::int32_t which) const { return br_result_tokens(get(), which); }  // BR_TOKENS_…
  std::string_view json() const { return text_of(br_result_json); }  // a line of the unified format
  br_result* get() const noexcept { return handle_.get(); }
  br_result* release() noexcept { return handle_.release(); }

 private:
  std::string_view text_of(const char* (*read)(const br_result*, std::size_t*)) const {
    std::size_t size = 0;
    const char* text = read(get(), &size);
    return detail::view(text, size);
  }
  detail::Handle<br_result, br_result_free> handle_;
};

// Results as a range for one loop. Of Router::results(), as they come: a result is acknowledged when the loop goes on behind
// it. Where the loop is left early (break, return, an exception), the result that it was at and those behind it come again,
// in the next loop or from the next router. Of Job::results(), which reads what is stored: nothing is acknowledged.
class Results {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Result;
    using difference_type = std::ptrdiff_t;
    using pointer = const Result*;
    using reference = const Result&;
    explicit Iterator(Results* results) : results_(results) {}
    reference operator*() const { return results_->block_.back(); }
    pointer operator->() const { return &results_->block_.back(); }
    Iterator& operator++() {
      results_->advance();
      return *this;
    }
    void operator++(int) { results_->advance(); }
    bool operator==(const Iterator& other) const { return is_end() == other.is_end(); }
    bool operator!=(const Iterator& other) const { return !(*this == other); }

   private:
    bool is_end() const { return results_ == nullptr || results_->block_.empty(); }
    Results* results_;
  };

  Results(br_router* router, br_job* job) : router_(router), job_(job) {}
  explicit Results(br_results* stored) : stored_(stored) {}
  ~Results() {
    if (router_ == nullptr) return;
    for (Result& left : block_) br_result_return(left.release(), nullptr);
  }
  Results(Results&& other) noexcept
      : router_(std::exchange(other.router_, nullptr)),
        job_(other.job_),
        stored_(std::move(other.stored_)),
        block_(std::move(other.block_)) {}
  Results& operator=(Results&&) = delete;

  // Waits for the first result. Throws Error where the job is blocked.
  Iterator begin() {
    if (block_.empty()) fetch();
    return Iterator(this);
  }
  Iterator end() { return Iterator(nullptr); }

 private:
  static constexpr std::size_t kAtOnce = 256;

  void advance() {
    if (router_ != nullptr) call(br_result_ack, block_.back().get());
    block_.pop_back();
    if (block_.empty()) fetch();
  }
  // The next one stands last, so that it can be taken off.
  void fetch() {
    br_result* taken[kAtOnce];
    std::size_t count = 0;
    if (stored_) {
      call(br_results_next, stored_.get(), taken, kAtOnce, &count);
    } else {
      while (call(br_next_results, router_, job_, std::int64_t{-1}, taken, kAtOnce, &count) == BR_AGAIN) {
      }
    }
    block_.reserve(count);
    while (count > 0) block_.emplace_back(taken[--count]);
  }

  br_router* router_ = nullptr;  // nullptr: stored_ is read
  br_job* job_ = nullptr;
  detail::Handle<br_results, br_results_free> stored_;
  std::vector<Result> block_;
};

class Job {
 public:
  explicit Job(br_job* taken) : handle_(taken) {}
  std::string_view id() const { return detail::view(br_job_id(get())); }
  std::string_view provider() const { return detail::view(br_job_provider(get())); }
  std::int32_t state() const { return br_job_state(get()); }  // one of BR_STATE_…
  std::string_view state_name() const { return br_state_name(state()); }
  bool is_done() const { return br_job_is_done(get()) != 0; }
  bool is_blocked() const { return br_job_is_blocked(get()) != 0; }
  std::int64_t count(std::int32_t counter) const { return br_job_count(get(), counter); }  // BR_COUNT_…
  std::int64_t time(std::int32_t which) const { return br_job_time(get(), which); }        // BR_TIME_…
  // Why it is blocked or failed; empty: it is neither.
  std::string_view error_message() const { return detail::view(br_job_error_message(get())); }
  // The vendor's own object of that remote batch, as it last told of it; empty where there is none.
  std::string_view raw(std::size_t batch = 0) const {
    std::size_t size = 0;
    const char* text = br_job_raw(get(), batch, &size);
    return detail::view(text, size);
  }
  // The vendor's own row behind the result of that id, as Result::raw(). It stays in memory as long as this handle.
  std::string_view result_raw(std::string_view custom_id) {
    const char* row = nullptr;
    std::size_t size = 0;
    call(br_job_result_raw, get(), custom_id.data(), custom_id.size(), &row, &size);
    return detail::view(row, size);
  }
  std::string_view json() const {
    std::size_t size = 0;
    const char* text = br_job_json(get(), &size);
    return detail::view(text, size);
  }
  // Offline; asks the vendor; waits until it is done or blocked. timeout_ms -1: as long as it takes. false: the time was
  // up, or Router::wakeup was called.
  void update() { call(br_job_update, get()); }
  bool refresh(std::int64_t timeout_ms = -1) { return in_time(call(br_job_refresh, get(), timeout_ms)); }
  bool wait(std::int64_t timeout_ms = -1) {
    br_error* error = nullptr;
    const br_status status = br_job_wait(get(), timeout_ms, &error);
    if (status != BR_ETIMEOUT && status < 0) throw Error(status, error);
    br_error_free(error);
    return status == BR_OK;
  }
  // true: the vendor took it; false: the job had ended.
  bool cancel(std::int64_t timeout_ms = -1) {
    std::int32_t taken = 0;
    call(br_cancel, get(), timeout_ms, &taken);
    return taken != 0;
  }
  // What is stored of a job that is done, as often as wanted. order: BR_ORDER_ARRIVAL, or BR_ORDER_INPUT for that of the
  // requests.
  Results results(std::int32_t order = BR_ORDER_ARRIVAL) const {
    br_results* opened = nullptr;
    call(br_results_open, get(), &opened);
    Results stored(opened);
    if (order != BR_ORDER_ARRIVAL) call(br_results_set_order, opened, order);
    return stored;
  }
  void acknowledge_all() { call(br_job_ack_all, get()); }
  void remove() { call(br_job_remove, get()); }
  br_job* get() const noexcept { return handle_.get(); }

 private:
  static bool in_time(br_status status) { return status != BR_AGAIN; }
  detail::Handle<br_job, br_job_free> handle_;
};

// Keeps the state directory and works on its jobs, until it is destroyed: then it closes, which takes two seconds at most,
// and remote batches go on.
class Router {
 public:
  explicit Router(const Config& config = Config()) {
    br_router* opened = nullptr;
    call(br_router_new, config.get(), &opened);
    handle_.reset(opened);
  }
  Router(Router&&) noexcept = default;
  Router& operator=(Router&&) = delete;
  ~Router() {
    if (handle_) br_router_close(get(), kCloseMs, nullptr);
  }

  // A batch with "continue" may take a job that is there already. done: runs inside poll() when the job has ended; its handle
  // is the library's.
  Job submit(const Batch& batch, std::function<void(br_job*)> done = {}) {
    using Callback = detail::Callback<br_job*>;
    const auto run = [](void* self, br_job* job) {
      try {
        (*static_cast<Callback::Function*>(self))(job);
      } catch (...) {
      }
    };
    br_job* made = nullptr;
    if (done)
      call(br_submit, get(), batch.get(), static_cast<br_done_fn>(run), Callback::copy(std::move(done)), &Callback::destroy,
           &made);
    else
      call(br_submit, get(), batch.get(), br_done_fn{}, static_cast<void*>(nullptr), br_destroy_fn{}, &made);
    return Job(made);
  }
  // A new job of the requests that did not succeed.
  Job retry(const Job& job) {
    br_job* made = nullptr;
    call(br_retry, get(), job.get(), br_done_fn{}, static_cast<void*>(nullptr), br_destroy_fn{}, &made);
    return Job(made);
  }
  Job open(const std::string& job_id) {
    br_job* opened = nullptr;
    call(br_job_open, get(), job_id.c_str(), &opened);
    return Job(opened);
  }
  // The jobs of the state directory, newest first. limit 0: all.
  std::vector<Job> jobs(std::int64_t limit = 0) {
    br_job_list* found = nullptr;
    call(br_list, get(), static_cast<const char*>(nullptr), limit, &found);
    const detail::Handle<br_job_list, br_job_list_free> list(found);
    std::vector<Job> all;
    for (std::size_t i = 0; i < br_job_list_count(found); ++i) all.push_back(open(br_job_id(br_job_list_get(found, i))));
    return all;
  }
  // After what blocked it was mended.
  void resume(const Job& job) { call(br_resume, get(), job.get()); }

  Results results(const Job& job) { return Results(get(), job.get()); }
  Results results() { return Results(get(), nullptr); }  // of any job; ends when no job is left that has some

  // Runs what is due: completions, events, log lines. false: nothing was within the time.
  bool poll(std::int64_t timeout_ms) { return call(br_poll, get(), timeout_ms) == BR_OK; }
  int fd() const noexcept { return br_router_fd(get()); }
  void wakeup() noexcept { br_router_wakeup(get()); }
  br_router* get() const noexcept { return handle_.get(); }

 private:
  static constexpr std::int64_t kCloseMs = 2'000;
  detail::Handle<br_router, br_router_free> handle_;
};

}  // namespace batchrouter

#endif
