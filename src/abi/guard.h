// The exception wall: every fallible entry point of the C interface runs inside guard().
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "abi/handles.h"
#include "batchrouter.h"
#include "model/error.h"

namespace br {

// Hands the error out; *err becomes NULL when even that fails for lack of memory.
inline br_status give_error(Error error, br_error** err) noexcept {
  const auto code = static_cast<br_status>(error.code);
  if (err != nullptr) *err = new (std::nothrow) br_error{std::move(error)};
  return code;
}

// fn returns Result<br_status>.
template <class Fn>
br_status guard(br_error** err, Fn&& fn) noexcept {
  if (err != nullptr) *err = nullptr;
  try {
    Result<br_status> result = fn();
    return result ? *result : give_error(std::move(result.error()), err);
  } catch (const std::bad_alloc&) {
    return BR_ENOMEM;
  } catch (const std::exception& failure) {
    try {
      return give_error(Error(Code::internal, failure.what(), "please report this"), err);
    } catch (...) {
      return BR_EINTERNAL;
    }
  } catch (...) {
    return BR_EINTERNAL;
  }
}

// For functions that return a value: the fallback when memory is out or an argument is wrong.
template <class T, class Fn>
T shield(T fallback, Fn&& fn) noexcept {
  try {
    return fn();
  } catch (...) {
    return fallback;
  }
}

// A timeout too long to be added to a clock is none.
inline std::int64_t bounded_timeout(std::int64_t timeout_ms) {
  constexpr std::int64_t kHundredYearsMs = std::int64_t{100} * 365 * 86'400'000;
  return timeout_ms > kHundredYearsMs ? -1 : timeout_ms;
}

inline Error null_argument(const char* what) {
  return Error(Code::invalid_argument, std::string("the argument ") + what + " is NULL", "pass a value");
}

// A job may be NULL where any job will do.
inline Result<void> same_router(const br_router* router, const br_job* job) {
  if (job == nullptr || job->router == router->router) return {};
  return Error(Code::invalid_argument, "the job " + job->id + " is of another router", "open it with br_job_open");
}

}  // namespace br
