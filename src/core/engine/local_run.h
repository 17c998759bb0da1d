// A batch that a program on this machine works on: the operations of a vendor's API, done with a process and files.
// What runs here is found again after a crash, so that every operation has a certain answer.
#pragma once

#include <string>
#include <vector>

#include "core/protocol/outcome.h"
#include "providers/local_program.h"
#include "store/spool.h"

namespace br {

struct LocalJob {
  const LocalProgram& program;
  const Account& account;
  const RemoteBatch& batch;
  const Spool& spool;
  std::int64_t now_ms = 0;
  std::vector<std::string> secret_variables;  // that the program does not get to see
};

// Whether the program could be started, before anything is done. Code::not_found, or the provider's own error.
Result<void> check_local_program(const LocalProgram& program, const Account& account, const RemoteBatch& batch);

// Code::not_found when the program is missing; every error is certain (Error::not_executed).
Result<Outcome> operate_local_run(const LocalJob& job, Op op);

}  // namespace br
