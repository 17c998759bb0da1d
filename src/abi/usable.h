// Whether calls may be made on a handle: not on one that fork() copied, and not on one whose router is closed.
#pragma once

#include <memory>

#include "abi/guard.h"
#include "abi/handles.h"

namespace br {

inline Error forked() {
  return Error(Code::forked, "the router was opened before fork(); the child cannot use it", "open one after fork()");
}

// Held for the whole call: code of the caller's that runs in it may free the handle.
inline Result<std::shared_ptr<Router>> usable(std::shared_ptr<Router> router) {
  if (router->is_forked()) return forked();
  if (router->is_closed()) return closed_error();
  return router;
}

inline Result<std::shared_ptr<Router>> usable(const br_router* router) {
  if (router == nullptr) return null_argument("router");
  return usable(router->router);
}

inline Result<std::shared_ptr<Router>> usable(const br_job* job) {
  if (job == nullptr) return null_argument("job");
  return usable(job->router);
}

}  // namespace br
