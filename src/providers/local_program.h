// LocalProgram: a batch is worked on by a program on this machine, which reads the request file and writes the results.
// Pure, like Dialect: who starts it and looks after it is core/engine.
#pragma once

#include <string>
#include <vector>

#include "model/error.h"
#include "model/job.h"
#include "providers/dialect.h"

namespace br {

// What can be seen of a run.
struct LocalRun {
  bool started = false, running = false, has_output = false;
  bool cancelled = false;
  int exit_code = -1;      // -1: unknown
  std::string log_tail;    // the last lines it wrote to stderr
};

class LocalProgram {
 public:
  virtual ~LocalProgram() = default;
  // The program that works on request_path and writes output_path, found in PATH by its first word.
  virtual Result<std::vector<std::string>> command(const Account& account, const RemoteBatch& batch,
                                                   const std::string& request_path,
                                                   const std::string& output_path) const = 0;
  virtual RemoteStatus read_run(const RemoteBatch& batch, const LocalRun& run) const = 0;
};

}  // namespace br
