// The table of commands: app.cc builds the command line from it, main.cc runs one of them.
#pragma once

#include <span>
#include <string>

#include "cli/handles.h"
#include "cli/options.h"

namespace cli {

Exit run_abandon(const Options& options);
Exit run_adopt(const Options& options);
Exit run_remove(const Options& options);
Exit run_attach(const Options& options);
Exit run_cancel(const Options& options);
Exit run_completions(const Options& options);
Exit run_convert(const Options& options);
Exit run_decode(const Options& options);
Exit run_demo(const Options& options);
Exit run_doctor(const Options& options);
Exit run_emulate(const Options& options);
Exit run_estimate(const Options& options);
Exit run_exec(const Options& options);
Exit run_gateway(const Options& options);
Exit run_list(const Options& options);
Exit run_prune(const Options& options);
Exit run_providers(const Options& options);
Exit run_results(const Options& options);
Exit run_resume(const Options& options);
Exit run_retry(const Options& options);
Exit run_run(const Options& options);
Exit run_settings(const Options& options);
Exit run_status(const Options& options);
Exit run_submit(const Options& options);
Exit run_validate(const Options& options);
Exit run_version(const Options& options);
Exit run_watch(const Options& options);

// Which arguments a command takes, beside --json, -q and -v.
enum Takes : unsigned {
  kInput = 1,
  kJob = 2,
  kAnyJob = 4,  // JOB may be left out
  kOutput = 8,
  kSettings = 16,  // --provider, --state-dir and the rest of what configures the library
  kLimit = 32,
  kMarkdown = 64,
  kShell = 128,
  kEmulator = 256,
  kCount = 512,
  kFailed = 1024,     // --failed
  kRemote = 2048,     // --remote
  kRepeat = 4096,     // --again, --reuse
  kBatch = 8192,      // BATCH_ID, behind JOB
  kPart = 16384,      // --part
  kRefetch = 32768,   // --refetch
  kGateway = 65536,   // --listen and the rest of what configures the gateway
  kProgram = 131072,  // CMD and its arguments, behind --
  kHook = 262144,     // --on-done
  kConnect = 524288,  // --connect
  kPrune = 1048576,   // --older-than, --state, --dry-run
};

struct Command {
  const char* name;
  const char* summary;
  const char* examples;  // one a line
  unsigned takes;
  Exit (*run)(const Options&);
};

std::span<const Command> commands();
const Command* find_command(const std::string& name);

}  // namespace cli
