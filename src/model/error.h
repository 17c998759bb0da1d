// Error and Result<T>: how every room says that something did not work. Values only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace br {

// The negative br_status values of batchrouter.h, in the same numbers (abi/error.cc asserts that).
enum class Code : std::int32_t {
  ok = 0,
  invalid_argument = -1,
  config = -2,
  input = -3,
  auth = -4,
  network = -5,
  provider = -6,
  not_found = -7,
  no_provider = -8,
  not_complete = -9,
  timeout = -10,
  quota = -11,
  limit = -12,
  unknown_outcome = -13,
  store = -14,
  locked = -15,
  io = -16,
  no_memory = -17,
  closed = -18,
  forked = -19,
  unsupported = -20,
  protocol = -21,
  internal = -22,
  partial = -23,
  cancelled = -24,
  already = -25,
  budget = -26,
};

// One failure. `message` is one line: what, where, why; `hint` says what to do. Neither ever holds a key.
struct Error {
  Code code = Code::internal;
  std::string message;
  std::string hint;
  std::string provider;
  std::string vendor_code;
  std::string request_id;
  int http_status = 0;
  bool transient = false;
  bool not_executed = false;  // of a paid call: it certainly did nothing at the vendor
  bool blocking = false;      // a person has to mend something first: the job waits for that and is not ended
  std::int64_t retry_after_ms = -1;
  std::vector<std::string> issues;  // lines of wrong input, the first hundred
  std::size_t issue_total = 0;

  Error() = default;
  Error(Code c, std::string m, std::string h = {}) : code(c), message(std::move(m)), hint(std::move(h)) {}
};

// A value or an Error. The error sits behind a pointer, so that a Result is not larger than its value.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)                                                    // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::make_unique<Error>(std::move(error))) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() { return *std::get<1>(state_); }
  const Error& error() const { return *std::get<1>(state_); }

 private:
  std::variant<T, std::unique_ptr<Error>> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return error_ == nullptr; }
  explicit operator bool() const { return ok(); }
  Error& error() { return *error_; }
  const Error& error() const { return *error_; }

 private:
  std::unique_ptr<Error> error_;
};

}  // namespace br

// Ends the calling function with the error of a Result, a variable or a call, that holds one. Goes on where it holds
// none.
#define BR_RETURN_IF_ERROR(...)                                            \
  do {                                                                     \
    if (auto&& br_outcome = (__VA_ARGS__); !br_outcome)                    \
      return std::move(br_outcome.error()); /* copied where it is const */ \
  } while (false)
