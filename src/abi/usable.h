// Whether calls may be made on a handle: not on one that fork() copied, and not on one whose router is closed.
#pragma once

#include "abi/guard.h"
#include "abi/handles.h"

namespace br {

inline Error forked() {
  return Error(Code::forked, "the router was opened before fork(); the child cannot use it", "open one after fork()");
}

// The router stays open while the result lives.
inline Result<Router::Use> usable(const br_router* router) {
  if (router == nullptr) return null_argument("router");
  if (router->router->is_forked()) return forked();
  return router->router->use();
}

inline Result<Router::Use> usable(const br_job* job) {
  if (job == nullptr) return null_argument("job");
  if (job->router->is_forked()) return forked();
  return job->router->use();
}

}  // namespace br
