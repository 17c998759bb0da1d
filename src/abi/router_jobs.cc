// The jobs that a router has, and the batches that its vendors have.
#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/job_handle.h"
#include "abi/text.h"
#include "abi/usable.h"

using br::guard;
using br::Result;
using br::usable;

namespace {

std::unique_ptr<br_job_list> make_list(const std::shared_ptr<br::Router>& router, std::vector<br::JobView> views) {
  auto list = std::make_unique<br_job_list>();
  for (br::JobView& view : views) {
    list->jobs.push_back(std::make_unique<br_job>(router, std::move(view)));
  }
  return list;
}

}  // namespace

extern "C" {

br_status br_job_open(br_router* router, const char* job_id, br_job** job, br_error** err) {
  if (job != nullptr) *job = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    if (job_id == nullptr || job == nullptr) return br::null_argument("job_id or job");
    BR_RETURN_IF_ERROR(br::check_utf8("job_id", job_id));
    auto handle = br::make_job_handle(*use, job_id);
    BR_RETURN_IF_ERROR(handle);
    *job = handle->release();
    return BR_OK;
  });
}

br_status br_attach(br_router* router, const char* provider, const char* batch_id, br_job** job, br_error** err) {
  return br_attach_with(router, provider, batch_id, nullptr, job, err);
}

br_status br_attach_with(br_router* router, const char* provider, const char* batch_id, const br_batch* options,
                         br_job** job, br_error** err) {
  if (job != nullptr) *job = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    if (provider == nullptr || batch_id == nullptr || job == nullptr)
      return br::null_argument("provider, batch_id or job");
    BR_RETURN_IF_ERROR(br::check_utf8("provider", provider));
    BR_RETURN_IF_ERROR(br::check_utf8("batch_id", batch_id));
    auto attached = (*use)->submission().attach(provider, batch_id, options == nullptr ? br::BatchSpec() : options->spec);
    BR_RETURN_IF_ERROR(attached);
    auto handle = br::make_job_handle(*use, attached->job_id);
    BR_RETURN_IF_ERROR(handle);
    *job = handle->release();
    return attached->existed ? BR_EXISTS : BR_OK;
  });
}

br_status br_resume(br_router* router, br_job* job, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    BR_RETURN_IF_ERROR(br::same_router(router, job));
    auto resumed = (*use)->control().resume(job == nullptr ? "" : job->id);
    BR_RETURN_IF_ERROR(resumed);
    return BR_OK;
  });
}

br_status br_list(br_router* router, const char* provider, int64_t limit, br_job_list** list, br_error** err) {
  if (list != nullptr) *list = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    if (list == nullptr) return br::null_argument("list");
    BR_RETURN_IF_ERROR(br::check_utf8("provider", provider == nullptr ? "" : provider));
    auto views = (*use)->views().list(provider == nullptr ? "" : provider, limit);
    BR_RETURN_IF_ERROR(views);
    *list = make_list(*use, std::move(*views)).release();
    return BR_OK;
  });
}

br_status br_list_remote(br_router* router, const char* provider, int64_t limit, int64_t timeout_ms,
                         br_job_list** list, br_error** err) {
  if (list != nullptr) *list = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    if (provider == nullptr || list == nullptr) return br::null_argument("provider or list");
    BR_RETURN_IF_ERROR(br::check_utf8("provider", provider));
    auto views = (*use)->views().list_remote(provider, limit, br::bounded_timeout(timeout_ms));
    BR_RETURN_IF_ERROR(views);
    *list = make_list(*use, std::move(*views)).release();
    return BR_OK;
  });
}

void br_job_list_free(br_job_list* list) { delete list; }
size_t br_job_list_count(const br_job_list* list) { return list == nullptr ? 0 : list->jobs.size(); }
br_job* br_job_list_get(const br_job_list* list, size_t index) {
  return list == nullptr || index >= list->jobs.size() ? nullptr : list->jobs[index].get();
}

}  // extern "C"
