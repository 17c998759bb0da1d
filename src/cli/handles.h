// The handles of batchrouter.h with owners, and its errors as exceptions; what every command builds on.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "batchrouter.h"

namespace cli {

template <auto Free>
struct Freer {
  template <class Handle>
  void operator()(Handle* handle) const {
    Free(handle);
  }
};

using Config = std::unique_ptr<br_config, Freer<br_config_free>>;
using Batch = std::unique_ptr<br_batch, Freer<br_batch_free>>;
using Router = std::unique_ptr<br_router, Freer<br_router_free>>;
using Job = std::unique_ptr<br_job, Freer<br_job_free>>;
using JobList = std::unique_ptr<br_job_list, Freer<br_job_list_free>>;
using Results = std::unique_ptr<br_results, Freer<br_results_free>>;

// The program's exit codes; docs/command-line.md lists them for users.
enum class Exit {
  ok = 0,
  failed = 1,
  usage = 2,
  some_failed = 3,
  auth = 4,
  temporary = 5,
  not_found = 6,
  quota = 7,
  timeout = 8,
  store = 10,
  not_started = 125,  // exec: CMD was not started
  interrupted = 130,
  reader_gone = 141,  // as a program ends that writes into a pipe which nobody reads
  terminated = 143,
};

Exit exit_of(br_status status);
// Of a job that waits for somebody: it is not done, and its requests were no wrong input.
Exit exit_of_blocked(br_status status);

// A command that cannot go on: what to print, and the exit code.
struct Failure : std::runtime_error {
  Failure(Exit exit_code, const std::string& message, std::string advice = {})
      : std::runtime_error(message), exit(exit_code), hint(std::move(advice)) {}
  Exit exit;
  std::string hint;
  std::vector<std::string> issues;  // "file:line:column: what, why, fix"
  std::size_t issue_total = 0;
  std::string code;                 // name of the status, such as BR_EAUTH
  int http_status = 0;
  std::string vendor_code, request_id;
};

// The library's error as a Failure; frees it.
Failure failure_of(br_status status, br_error* error);

// Calls a library function that takes br_error** last; throws Failure on an error, else returns its status.
template <class Fn, class... Args>
br_status call(Fn fn, Args... args) {
  br_error* error = nullptr;
  const br_status status = fn(args..., &error);
  if (status < 0) throw failure_of(status, error);
  return status;
}

// Prints it to standard error; as a JSON object if `json`.
void print_failure(const Failure& failure, bool json);

}  // namespace cli
