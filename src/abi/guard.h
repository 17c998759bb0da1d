// The exception wall: every fallible entry point of the C interface runs inside guard().
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <string>
#include <system_error>
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

// What was thrown, as an error: a thread that could not be started is no bug.
inline Error error_of(const std::exception& failure) {
  const auto* of_system = dynamic_cast<const std::system_error*>(&failure);
  if (of_system != nullptr && of_system->code() == std::errc::resource_unavailable_try_again)
    return Error(Code::no_memory, "no thread can be started: out of memory, or too many threads",
                 "raise the limits of memory or of processes (ulimit)");
  return Error(Code::internal, failure.what(), "please report this");
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
      return give_error(error_of(failure), err);
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

// What a caller gives by address and size. Nothing is longer than PTRDIFF_MAX: a size above it is a -1, which other
// libraries take for "ends with NUL".
inline bool is_size(std::size_t count, std::size_t of_each = 1) {
  return count <= static_cast<std::size_t>(PTRDIFF_MAX) / of_each;
}

inline Result<void> check_size(std::size_t count, const char* what, std::size_t of_each = 1) {
  if (is_size(count, of_each)) return {};
  return Error(Code::invalid_argument, std::string("the argument ") + what + " is larger than any object can be",
               "give the exact size: -1 does not mean that the text ends with NUL");
}

// A job may be NULL where any job will do.
inline Result<void> same_router(const br_router* router, const br_job* job) {
  if (job == nullptr || job->router == router->router) return {};
  return Error(Code::invalid_argument, "the job " + job->id + " is of another router", "open it with br_job_open");
}

}  // namespace br
