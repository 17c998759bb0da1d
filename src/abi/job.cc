// The br_job handle and what can be read of it.
#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/job_handle.h"
#include "core/router/job_json.h"

namespace {

// In a forked child the lock may be held by a thread that does not exist there.
class Locked {
 public:
  Locked(std::mutex* mutex, const br::Router& router) : lock_(*mutex, std::try_to_lock) {
    if (!lock_ && !router.is_forked()) lock_.lock();
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace

br_job::br_job(std::shared_ptr<br::Router> owner, br::JobView first)
    : router(std::move(owner)), id(first.job().id), view_(std::make_shared<const br::JobView>(std::move(first))) {}

std::shared_ptr<const br::JobView> br_job::seen() const {
  const Locked locked(&mutex_, *router);
  return view_;
}

void br_job::replace(br::JobView next) {
  auto made = std::make_shared<const br::JobView>(std::move(next));
  const Locked locked(&mutex_, *router);
  view_ = std::move(made);
  json_ = nullptr;
}

const std::string& br_job::lend(std::string_view text) const {
  const Locked locked(&mutex_, *router);
  return *lent_.emplace(text).first;
}

const std::string& br_job::json() const {
  const Locked locked(&mutex_, *router);
  if (json_ == nullptr) json_ = &*lent_.insert(br::job_json(*view_)).first;
  return *json_;
}

namespace {

br::State state_from(int32_t state) { return static_cast<br::State>(state); }

// What fn finds in the snapshot, or the fallback.
template <class T, class Fn>
T read(const br_job* job, T fallback, Fn&& fn) {
  if (job == nullptr) return fallback;
  return br::shield<T>(fallback, [&]() -> T { return fn(*job->seen()); });
}

const char* lend(const br_job* job, bool null_when_empty, auto&& fn) {
  return read<const char*>(job, nullptr, [&](const br::JobView& view) -> const char* {
    const std::string& text = fn(view);
    return null_when_empty && text.empty() ? nullptr : job->lend(text).c_str();
  });
}

int64_t count_of(const br::JobView& view, int32_t counter) {
  const br::Counts counts = br::counts_of(view.job());
  switch (counter) {
    case BR_COUNT_TOTAL:
      return counts.total;
    case BR_COUNT_SUCCEEDED:
      return counts.succeeded;
    case BR_COUNT_ERRORED:
      return counts.errored;
    case BR_COUNT_PROCESSING:
      return counts.processing;
    case BR_COUNT_CANCELLED:
      return counts.cancelled;
    case BR_COUNT_EXPIRED:
      return counts.expired;
    case BR_COUNT_DELIVERED:
      return view.handed;
    case BR_COUNT_ACKED:
      return view.acked;
    default:
      return -1;
  }
}

int64_t time_of(const br::Job& job, int32_t which) {
  switch (which) {
    case BR_TIME_CREATED:
      return br::created_ms(job);
    case BR_TIME_SUBMITTED:
      return br::submitted_ms(job);
    case BR_TIME_COMPLETED:
      return br::completed_ms(job);
    case BR_TIME_EXPIRES:
      return br::expires_ms(job);
    case BR_TIME_RECORDED:
      return job.id.empty() ? -1 : job.created_ms;  // one of br_list_remote is kept nowhere
    case BR_TIME_DONE:
      return job.id.empty() ? -1 : job.completed_ms;
    default:
      return -1;
  }
}

}  // namespace

namespace br {

Result<std::unique_ptr<br_job>> make_job_handle(const std::shared_ptr<Router>& router, const std::string& id) {
  auto view = router->views().view(id);
  BR_RETURN_IF_ERROR(view);
  return std::make_unique<br_job>(router, std::move(*view));
}

}  // namespace br

extern "C" {

void br_job_free(br_job* job) { delete job; }

const char* br_state_name(int32_t state) { return br::state_name(state_from(state)); }
int32_t br_state_compat(int32_t state) { return static_cast<int32_t>(br::compat_state(state_from(state))); }
int32_t br_state_is_terminal(int32_t state) { return br::is_terminal(state_from(state)) ? 1 : 0; }

const char* br_job_id(const br_job* job) { return job == nullptr ? nullptr : job->id.c_str(); }
const char* br_job_provider(const br_job* job) {
  return lend(job, false, [](const br::JobView& v) -> const std::string& { return v.job().provider; });
}
const char* br_job_parent(const br_job* job) {
  return lend(job, true, [](const br::JobView& v) -> const std::string& { return v.job().parent; });
}
const char* br_job_name(const br_job* job) {
  return lend(job, true, [](const br::JobView& v) -> const std::string& { return v.job().name; });
}
const char* br_job_output(const br_job* job) {
  return lend(job, true, [](const br::JobView& v) -> const std::string& { return v.job().output; });
}
const char* br_job_base_url(const br_job* job) {
  return lend(job, false, [](const br::JobView& v) -> const std::string& { return v.job().base_url; });
}
int32_t br_job_attempt(const br_job* job) {
  return read<int32_t>(job, 0, [](const br::JobView& v) { return v.job().attempt; });
}
int32_t br_job_state(const br_job* job) {
  return read<int32_t>(job, 0, [](const br::JobView& v) { return static_cast<int32_t>(br::state_of(v.job())); });
}
int32_t br_job_submission(const br_job* job) {
  return read<int32_t>(job, 0, [](const br::JobView& v) { return br::submission_of(v.job()); });
}
int32_t br_job_is_done(const br_job* job) {
  return read<int32_t>(job, 0, [](const br::JobView& v) { return v.job().done ? 1 : 0; });
}
int32_t br_job_is_blocked(const br_job* job) {
  return read<int32_t>(job, 0, [](const br::JobView& v) { return br::is_blocked(v.job()) ? 1 : 0; });
}
int64_t br_job_count(const br_job* job, int32_t counter) {
  return read<int64_t>(job, -1, [&](const br::JobView& v) { return count_of(v, counter); });
}
int64_t br_job_time(const br_job* job, int32_t which) {
  return read<int64_t>(job, -1, [&](const br::JobView& v) { return time_of(v.job(), which); });
}

size_t br_job_batch_count(const br_job* job) {
  return read<size_t>(job, 0, [](const br::JobView& v) { return v.job().batches.size(); });
}
const char* br_job_batch_id(const br_job* job, size_t index) {
  static const auto* none = new std::string();
  return lend(job, true, [&](const br::JobView& v) -> const std::string& {
    return index >= v.job().batches.size() ? *none : v.job().batches[index].status.id;
  });
}

const char* br_job_raw(const br_job* job, size_t index, size_t* length) {
  if (length != nullptr) *length = 0;
  return read<const char*>(job, nullptr, [&](const br::JobView& v) -> const char* {
    const auto& batches = v.job().batches;
    if (index >= batches.size() || batches[index].status.raw.empty()) return nullptr;
    const std::string& raw = job->lend(batches[index].status.raw);
    if (length != nullptr) *length = raw.size();
    return raw.c_str();
  });
}

br_status br_job_error_code(const br_job* job) {
  return read<br_status>(job, BR_OK, [](const br::JobView& v) {
    const br::Error* error = br::error_of(v.job());
    return error == nullptr ? BR_OK : static_cast<br_status>(error->code);
  });
}
const char* br_job_error_message(const br_job* job) {
  return read<const char*>(job, nullptr, [&](const br::JobView& v) -> const char* {
    const br::Error* error = br::error_of(v.job());
    if (error == nullptr) return nullptr;
    return job->lend(error->message + (error->hint.empty() ? "" : "; " + error->hint)).c_str();
  });
}

const char* br_job_json(const br_job* job, size_t* length) {
  if (length != nullptr) *length = 0;
  if (job == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&] {
    const std::string& json = job->json();
    if (length != nullptr) *length = json.size();
    return json.c_str();
  });
}

}  // extern "C"
