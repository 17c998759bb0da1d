// Programs that run on their own, longer than this process if need be.
#pragma once

#include <string>
#include <vector>

#include "model/error.h"

namespace br {

// The files by which a program that was started is known again, by any later process.
struct ProcessFiles {
  std::string lock;  // locked while it runs; holds its process id once it was executed
  std::string log;   // what it writes to stdout and stderr
  std::string exit;  // its exit code as text, written when it ended
};

// The absolute path of a program as the shell would find it. Code::not_found, with the directories that were searched.
Result<std::string> find_program(const std::string& name);

// This process's environment without the variables named.
std::vector<std::string> environment_without(const std::vector<std::string>& names);

// Starts argv[0], an absolute path, without a shell, in a session of its own and with the working directory of this
// process. It outlives this process, and its exit code is kept for whoever asks. Returns once the program was executed;
// an Error means that nothing runs and nothing did. Code::locked: what was started with these files before still runs.
Result<void> start_process(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
                           const ProcessFiles& files);

struct ProcessState {
  bool started = false, running = false;
  int exit_code = -1;  // -1: not known; 128 + signal when a signal ended it
};
ProcessState look_at_process(const ProcessFiles& files);

// Sends the signal to the program and all it started; nothing happens when it has ended.
void signal_process(const ProcessFiles& files, int signal);

}  // namespace br
