// What a job handle does: asks, waits, cancels.
#include <algorithm>
#include <optional>
#include <vector>

#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/job_handle.h"
#include "abi/text.h"
#include "abi/usable.h"
#include "core/router/job_waits.h"

using br::Error;
using br::guard;
using br::Phase;
using br::Result;
using br::usable;

namespace {

Result<br_status> update(br_job* job) {
  auto view = job->router->views().view(job->id);
  BR_RETURN_IF_ERROR(view);
  job->replace(std::move(*view));
  return BR_OK;
}

br_status again_if_woken(br::Wait wait) { return wait == br::Wait::woken ? BR_AGAIN : BR_OK; }

}  // namespace

extern "C" {

br_status br_job_update(br_job* job, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    return update(job);
  });
}

br_status br_job_refresh(br_job* job, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    std::vector<std::optional<Error>> errors;
    auto refreshed = (*use)->control().refresh({job->id}, br::bounded_timeout(timeout_ms), &errors);
    if (auto updated = update(job); !updated) return updated;
    BR_RETURN_IF_ERROR(refreshed);
    if (errors.front()) return std::move(*errors.front());
    return again_if_woken(*refreshed);
  });
}

br_status br_job_result_raw(br_job* job, const char* custom_id, size_t custom_id_length, const char** row,
                            size_t* length, br_error** err) {
  if (row != nullptr) *row = nullptr;
  if (length != nullptr) *length = 0;
  return guard(err, [&]() -> Result<br_status> {
    if (custom_id == nullptr || row == nullptr) return br::null_argument("custom_id or row");
    BR_RETURN_IF_ERROR(br::check_size(custom_id_length, "custom_id_length", 1));
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    auto found = (*use)->files().raw_row(job->id, {}, {custom_id, custom_id_length});
    BR_RETURN_IF_ERROR(found);
    if (!*found) return BR_OK;
    const std::string& lent = job->lend(**found);
    *row = lent.c_str();
    if (length != nullptr) *length = lent.size();
    return BR_OK;
  });
}

br_status br_job_wait(br_job* job, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    auto waited = (*use)->control().wait({job->id}, br::bounded_timeout(timeout_ms), br::is_done_or_blocked);
    BR_RETURN_IF_ERROR(waited);
    if (auto updated = update(job); !updated) return updated;
    if (*waited == br::Wait::timed_out)
      return br::still_running_error({job->id}, 1);
    return *waited == br::Wait::woken ? BR_AGAIN : BR_OK;
  });
}

br_status br_job_wait_submitted(br_job* job, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    auto waited = (*use)->control().wait({job->id}, br::bounded_timeout(timeout_ms), br::is_submitted_or_refused);
    BR_RETURN_IF_ERROR(waited);
    if (auto updated = update(job); !updated) return updated;
    if (*waited == br::Wait::woken) return BR_AGAIN;
    if (*waited == br::Wait::timed_out)
      return Error(br::Code::timeout, "the job " + job->id + " is not submitted yet", "wait longer or resume later");
    BR_RETURN_IF_ERROR(br::check_submitted(job->seen()->job()));
    return BR_OK;
  });
}

br_status br_cancel(br_job* job, int64_t timeout_ms, int32_t* cancelled, br_error** err) {
  if (cancelled != nullptr) *cancelled = 0;
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    std::vector<bool> taken;
    std::vector<std::optional<Error>> errors;
    auto waited = (*use)->control().cancel({job->id}, br::bounded_timeout(timeout_ms), &taken, &errors);
    if (auto updated = update(job); !updated) return updated;
    BR_RETURN_IF_ERROR(waited);
    if (errors.front()) return std::move(*errors.front());
    if (cancelled != nullptr) *cancelled = taken.front() ? 1 : 0;
    return again_if_woken(*waited);
  });
}

br_status br_job_adopt(br_job* job, int32_t part, const char* batch_id, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    if (batch_id == nullptr) return br::null_argument("batch_id");
    BR_RETURN_IF_ERROR(br::check_utf8("batch_id", batch_id));
    auto adopted = (*use)->control().adopt(job->id, part, batch_id);
    BR_RETURN_IF_ERROR(adopted);
    if (auto updated = update(job); !updated) return updated;
    return *adopted ? BR_OK : BR_EXISTS;
  });
}

br_status br_job_abandon(br_job* job, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    BR_RETURN_IF_ERROR((*use)->control().abandon(job->id));
    return update(job);
  });
}

br_status br_job_refetch(br_job* job, int64_t timeout_ms, int64_t* changed, br_error** err) {
  if (changed != nullptr) *changed = 0;
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    std::int64_t rows = 0;
    auto fetched = (*use)->refetcher().refetch(job->id, br::bounded_timeout(timeout_ms), &rows);
    if (auto updated = update(job); !updated) return updated;
    BR_RETURN_IF_ERROR(fetched);
    if (changed != nullptr) *changed = rows;
    return again_if_woken(*fetched);
  });
}

br_status br_job_remove(br_job* job, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    BR_RETURN_IF_ERROR((*use)->control().remove(job->id));
    return BR_OK;
  });
}

br_status br_job_write_failed(br_job* job, br_write_fn write, void* user_data, int64_t* rows, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    if (write == nullptr) return br::null_argument("write");
    std::int64_t count = 0;
    std::string text;
    auto walked = (*use)->files().for_each_failed_request(job->id, [&](std::string_view line) -> Result<void> {
      text.assign(line).push_back('\n');
      ++count;
      if (write(user_data, text.data(), text.size()) != 0)
        return Error(br::Code::cancelled, "the write function stopped the work");
      return {};
    });
    BR_RETURN_IF_ERROR(walked);
    if (rows != nullptr) *rows = count;
    return BR_OK;
  });
}

br_status br_job_ack_all(br_job* job, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    BR_RETURN_IF_ERROR(use);
    BR_RETURN_IF_ERROR((*use)->outbox().acknowledge_all(job->id));
    return update(job);
  });
}

}  // extern "C"
