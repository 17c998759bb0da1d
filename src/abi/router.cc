#include <algorithm>

#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/job_handle.h"
#include "abi/result_handle.h"
#include "abi/system_world.h"
#include "abi/text.h"
#include "abi/usable.h"
#include "codec/json_write.h"
#include "providers/registry.h"

using br::Error;
using br::forked;
using br::guard;
using br::Result;
using br::usable;

namespace {

br::RouterCallbacks callbacks_of(const br_config* config) {
  br::RouterCallbacks callbacks;
  if (config == nullptr) return callbacks;
  callbacks.log_level = config->log_level;
  if (config->log) {
    callbacks.log = [log = config->log](std::int32_t level, const std::string& message) { log(level, message.c_str()); };
  }
  if (config->event) {
    callbacks.event = [event = config->event](std::int32_t kind, const std::string& job_id, const std::string& json) {
      event(kind, job_id.c_str(), json.c_str());
    };
  }
  return callbacks;
}

br::DoneFn done_function(const std::shared_ptr<br::Router>& router, const br::Callback<br_done_fn>& callback) {
  if (!callback) return {};
  return [callback, weak = std::weak_ptr<br::Router>(router)](const std::string& id) {
    const auto owner = weak.lock();
    if (!owner) return;
    if (auto handle = br::make_job_handle(owner, id)) callback(handle->get());
  };
}

br_status status_of(br::Wait wait) {
  switch (wait) {
    case br::Wait::ready:
      return BR_OK;
    case br::Wait::ended:
      return BR_END;
    default:
      return BR_AGAIN;
  }
}

}  // namespace

extern "C" {

br_status br_router_new(const br_config* config, br_router** router, br_error** err) {
  if (router != nullptr) *router = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    if (router == nullptr) return br::null_argument("router");
    auto opened = br::Router::open(config == nullptr ? br::Config() : config->config, callbacks_of(config),
                                   br::system_world());
    BR_RETURN_IF_ERROR(opened);
    auto handle = std::make_unique<br_router>();
    handle->router = std::move(*opened);
    *router = handle.release();
    return BR_OK;
  });
}

br_status br_router_close(br_router* router, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (router == nullptr) return br::null_argument("router");
    if (router->router->is_forked()) return forked();
    BR_RETURN_IF_ERROR(router->router->close(timeout_ms));
    return BR_OK;
  });
}

void br_router_free(br_router* router) {
  if (router == nullptr) return;
  br::shield<int>(0, [&] {
    if (!router->router->is_forked()) [[maybe_unused]]
      const auto closed = router->router->close(0);
    delete router;
    return 0;
  });
}

int32_t br_router_fd(const br_router* router) {
  return router == nullptr || router->router->is_forked() ? -1 : router->router->fd();
}

void br_router_wakeup(br_router* router) {
  if (router != nullptr && !router->router->is_forked()) router->router->monitor().wakeup();
}

void br_router_interrupt(br_router* router) {
  if (router != nullptr && !router->router->is_forked()) router->router->monitor().interrupt();
}

int64_t br_router_interrupt_count(br_router* router) {
  if (router == nullptr || router->router->is_forked()) return 0;
  return static_cast<int64_t>(router->router->monitor().interrupts());
}

void br_router_interrupt_since(br_router* router, int64_t count) {
  if (router == nullptr || router->router->is_forked() || count < 0) return;
  router->router->monitor().count_interrupts_since(static_cast<std::uint64_t>(count));
}

br_status br_poll(br_router* router, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    const br::Wait polled = (*use)->events().poll(br::bounded_timeout(timeout_ms));
    if (polled == br::Wait::ended) return br::closed_error();
    return status_of(polled);
  });
}

const char* br_stats_json(br_router* router, size_t* length) {
  if (length != nullptr) *length = 0;
  return br::shield<const char*>(nullptr, [&]() -> const char* {
    const auto use = usable(router);
    if (!use) return nullptr;
    auto json = (*use)->stats_json();
    if (!json) return nullptr;
    const std::lock_guard lock(router->stats_mutex);
    std::string& mine = router->stats[std::this_thread::get_id()];
    mine = std::move(*json);
    if (length != nullptr) *length = mine.size();
    return mine.c_str();
  });
}

br_status br_submit(br_router* router, br_batch* batch, br_done_fn done, void* user_data, br_destroy_fn destroy,
                    br_job** job, br_error** err) {
  if (job != nullptr) *job = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    br::Callback<br_done_fn> callback(done, user_data, destroy);
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    if (batch == nullptr) return br::null_argument("batch");
    auto submitted = (*use)->submission().submit(batch->spec, done_function(*use, callback));
    BR_RETURN_IF_ERROR(submitted);
    if (job != nullptr) {
      auto handle = br::make_job_handle(*use, submitted->job_id);
      BR_RETURN_IF_ERROR(handle);
      *job = handle->release();
    }
    return submitted->existed ? BR_EXISTS : BR_OK;
  });
}

br_status br_retry(br_router* router, br_job* job, br_done_fn done, void* user_data, br_destroy_fn destroy,
                   br_job** new_job, br_error** err) {
  return br_retry_with(router, job, nullptr, done, user_data, destroy, new_job, err);
}

br_status br_retry_with(br_router* router, br_job* job, const br_batch* options, br_done_fn done, void* user_data,
                        br_destroy_fn destroy, br_job** new_job, br_error** err) {
  if (new_job != nullptr) *new_job = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    br::Callback<br_done_fn> callback(done, user_data, destroy);
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    if (job == nullptr) return br::null_argument("job");
    BR_RETURN_IF_ERROR(br::same_router(router, job));
    auto submitted = (*use)->submission().retry(job->id, options == nullptr ? br::BatchSpec() : options->spec,
                                                done_function(*use, callback));
    BR_RETURN_IF_ERROR(submitted);
    if (new_job != nullptr) {
      auto handle = br::make_job_handle(*use, submitted->job_id);
      BR_RETURN_IF_ERROR(handle);
      *new_job = handle->release();
    }
    return submitted->existed ? BR_EXISTS : BR_OK;
  });
}

br_status br_router_add_provider(br_router* router, const char* name, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    if (name == nullptr) return br::null_argument("name");
    BR_RETURN_IF_ERROR(br::check_utf8("name", name));
    BR_RETURN_IF_ERROR((*use)->accounts().add_provider(name));
    return BR_OK;
  });
}

br_status br_router_remove_provider(br_router* router, const char* name, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    if (name == nullptr) return br::null_argument("name");
    BR_RETURN_IF_ERROR(br::check_utf8("name", name));
    BR_RETURN_IF_ERROR((*use)->accounts().remove_provider(name));
    return BR_OK;
  });
}

int32_t br_router_has_provider(br_router* router, const char* name) {
  if (router == nullptr || name == nullptr) return 0;
  return br::shield<int32_t>(0, [&] {
    const auto names = router->router->accounts().providers();
    return std::find(names.begin(), names.end(), name) == names.end() ? 0 : 1;
  });
}

const char* br_router_provider(br_router* router, size_t index) {
  if (router == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&]() -> const char* {
    const auto names = router->router->accounts().providers();
    return index < names.size() ? br::find_provider(names[index])->name().data() : nullptr;
  });
}

br_status br_next_result(br_router* router, br_job* job, int64_t timeout_ms, br_result** result, br_error** err) {
  size_t count = 0;
  if (result != nullptr) *result = nullptr;
  return br_next_results(router, job, timeout_ms, result, 1, &count, err);
}

br_status br_next_results(br_router* router, br_job* job, int64_t timeout_ms, br_result** results, size_t capacity,
                          size_t* count, br_error** err) {
  if (count != nullptr) *count = 0;
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(router);
    BR_RETURN_IF_ERROR(use);
    if (results == nullptr || count == nullptr || capacity == 0) return br::null_argument("results, capacity or count");
    BR_RETURN_IF_ERROR(br::check_size(capacity, "capacity", sizeof *results));
    BR_RETURN_IF_ERROR(br::same_router(router, job));
    std::vector<br::Delivered> taken;
    const std::string id = job == nullptr ? "" : job->id;
    auto waited = (*use)->outbox().next(id, br::bounded_timeout(timeout_ms), capacity, &taken);
    BR_RETURN_IF_ERROR(waited);
    std::vector<std::unique_ptr<br_result>> handles;
    for (br::Delivered& item : taken) {
      const std::string line = std::move(item.line);
      handles.push_back(br_result::make(line, *use, std::move(item)));
    }
    for (size_t i = 0; i < handles.size(); ++i) results[i] = handles[i].release();
    *count = handles.size();
    return status_of(*waited);
  });
}

}  // extern "C"
