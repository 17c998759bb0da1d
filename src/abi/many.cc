// Several batches or jobs at once.
#include <algorithm>

#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/job_handle.h"
#include "abi/usable.h"
#include "core/router/job_waits.h"

using br::Error;
using br::guard;
using br::Result;
using br::usable;

namespace {

constexpr std::int64_t kTimeoutOfConfig = -2;

template <class Handle>
Result<void> all_given(Handle* const* handles, size_t count, const char* what) {
  if (handles == nullptr) return br::null_argument(what);
  if (auto fits = br::check_size(count, "count", sizeof *handles); !fits) return fits;
  for (size_t i = 0; i < count; ++i) {
    if (handles[i] == nullptr) return br::null_argument(what);
  }
  return {};
}

Result<void> all_of(const br_router* router, br_job* const* jobs, size_t count) {
  if (auto given = all_given(jobs, count, "jobs"); !given) return given;
  for (size_t i = 0; i < count; ++i) {
    if (auto same = br::same_router(router, jobs[i]); !same) return same;
  }
  return {};
}

std::vector<std::string> ids_of(br_job* const* jobs, size_t count) {
  std::vector<std::string> ids;
  for (size_t i = 0; i < count; ++i) ids.push_back(jobs[i]->id);
  return ids;
}

void update_all(br_job* const* jobs, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (auto view = jobs[i]->router->views().view(jobs[i]->id)) jobs[i]->replace(std::move(*view));
  }
}

// Hands out what went wrong with each. BR_EPARTIAL when some did.
Result<br_status> give_each(std::vector<std::optional<Error>> failed, br_error** errors, const char* what) {
  std::size_t wrong = 0;
  std::string first;
  for (std::size_t i = 0; i < failed.size(); ++i) {
    if (!failed[i]) continue;
    if (wrong++ == 0) first = failed[i]->message;
    if (errors != nullptr) errors[i] = new br_error{std::move(*failed[i])};
  }
  if (wrong == 0) return BR_OK;
  return Error(br::Code::partial,
               std::to_string(wrong) + " of " + std::to_string(failed.size()) + " " + what + ": " + first,
               "look at each error; the others went through");
}

// Of an array that cannot be there nothing is touched.
template <class T>
void clear(T* values, size_t count) {
  if (values != nullptr && br::is_size(count, sizeof *values)) std::fill(values, values + count, T{});
}

Result<br_status> submit_all(br_router* router, br_batch* const* batches, size_t count, br_job** jobs,
                             br_error** errors) {
  auto use = usable(router);
  BR_RETURN_IF_ERROR(use);
  BR_RETURN_IF_ERROR(all_given(batches, count, "batches"));
  if (jobs == nullptr) return br::null_argument("jobs");
  std::vector<const br::BatchSpec*> specs;
  for (size_t i = 0; i < count; ++i) specs.push_back(&batches[i]->spec);
  std::vector<std::optional<Error>> failed;
  auto submitted = (*use)->submission().submit_many(specs, &failed);
  if (!submitted) {
    if (errors != nullptr) (void)give_each(std::move(failed), errors, "");
    return std::move(submitted.error());
  }
  for (size_t i = 0; i < count; ++i) {
    if (failed[i]) continue;
    auto handle = br::make_job_handle(*use, (*submitted)[i].job_id);
    if (handle) jobs[i] = handle->release();
    else failed[i] = std::move(handle.error());
  }
  return give_each(std::move(failed), errors, "batches could not be submitted");
}

Result<br_status> wait_all(br::Router& router, br_job* const* jobs, size_t count, int64_t timeout_ms) {
  if (timeout_ms == kTimeoutOfConfig) timeout_ms = router.config().integer("timeout_ms");
  auto waited = router.control().wait(ids_of(jobs, count), br::bounded_timeout(timeout_ms), br::is_done_or_blocked);
  BR_RETURN_IF_ERROR(waited);
  update_all(jobs, count);
  if (*waited == br::Wait::woken) return BR_AGAIN;
  if (*waited != br::Wait::timed_out) return BR_OK;
  std::vector<std::string> running;
  for (size_t i = 0; i < count; ++i) {
    if (!br::is_done_or_blocked(*jobs[i]->seen()->snapshot)) running.push_back(jobs[i]->id);
  }
  if (running.empty()) return BR_OK;  // the last one ended right behind the wait
  return br::still_running_error(std::move(running), count);
}

}  // namespace

extern "C" {

br_status br_submit_many(br_router* router, br_batch* const* batches, size_t count, br_job** jobs, br_error** errors,
                         br_error** err) {
  clear(jobs, count);
  clear(errors, count);
  return guard(err, [&] { return submit_all(router, batches, count, jobs, errors); });
}

br_status br_run(br_router* router, br_batch* const* batches, size_t count, int64_t timeout_ms, br_job** jobs,
                 br_error** errors, br_error** err) {
  const br_status submitted = br_submit_many(router, batches, count, jobs, errors, err);
  if (submitted != BR_OK && submitted != BR_EPARTIAL) return submitted;
  br_error* wait_error = nullptr;
  const br_status waited = guard(&wait_error, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    std::vector<br_job*> made(jobs, jobs + count);
    made.erase(std::remove(made.begin(), made.end(), nullptr), made.end());
    return wait_all(**use, made.data(), made.size(), timeout_ms);
  });
  if (submitted == BR_EPARTIAL || waited == BR_OK || err == nullptr) {
    br_error_free(wait_error);
    return submitted == BR_EPARTIAL ? submitted : waited;
  }
  *err = wait_error;
  return waited;
}

br_status br_wait_many(br_router* router, br_job* const* jobs, size_t count, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    BR_RETURN_IF_ERROR(all_of(router, jobs, count));
    return wait_all(**use, jobs, count, timeout_ms);
  });
}

br_status br_refresh_many(br_router* router, br_job* const* jobs, size_t count, int64_t timeout_ms, br_error** errors,
                          br_error** err) {
  clear(errors, count);
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    BR_RETURN_IF_ERROR(all_of(router, jobs, count));
    std::vector<std::optional<Error>> failed;
    auto done = (*use)->control().refresh(ids_of(jobs, count), br::bounded_timeout(timeout_ms), &failed);
    update_all(jobs, count);
    BR_RETURN_IF_ERROR(done);
    if (*done == br::Wait::woken) return BR_AGAIN;
    return give_each(std::move(failed), errors, "jobs could not be asked about");
  });
}

br_status br_cancel_many(br_router* router, br_job* const* jobs, size_t count, int64_t timeout_ms, int32_t* cancelled,
                         br_error** errors, br_error** err) {
  clear(errors, count);
  clear(cancelled, count);
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    BR_RETURN_IF_ERROR(all_of(router, jobs, count));
    std::vector<bool> taken;
    std::vector<std::optional<Error>> failed;
    auto done = (*use)->control().cancel(ids_of(jobs, count), br::bounded_timeout(timeout_ms), &taken, &failed);
    update_all(jobs, count);
    BR_RETURN_IF_ERROR(done);
    if (*done == br::Wait::woken) return BR_AGAIN;
    for (size_t i = 0; cancelled != nullptr && i < count; ++i) cancelled[i] = taken[i] ? 1 : 0;
    return give_each(std::move(failed), errors, "jobs could not be cancelled");
  });
}

}  // extern "C"
