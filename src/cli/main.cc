// The program batchrouter: one command line, one command, one exit code.
#include <csignal>
#include <cstdio>
#include <cstring>

#include "cli/app.h"
#include "cli/commands.h"

namespace {

bool asked_for_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

int main_checked(int argc, char** argv) {
  cli::Options options;
  if (const auto ended = cli::parse_arguments(argc, argv, &options)) return static_cast<int>(*ended);
  return static_cast<int>(cli::find_command(options.command)->run(options));
}

}  // namespace

int main(int argc, char** argv) {
  // A write over the limit of file sizes fails with a reason, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  const bool json = asked_for_json(argc, argv);
  int code = 0;
  try {
    code = main_checked(argc, argv);
  } catch (const cli::Failure& failure) {
    cli::print_failure(failure, json);
    code = static_cast<int>(failure.exit);
  } catch (const std::exception& error) {
    cli::print_failure(cli::Failure(cli::Exit::failed, error.what()), json);
    code = static_cast<int>(cli::Exit::failed);
  } catch (...) {
    cli::print_failure(cli::Failure(cli::Exit::failed, "an exception of an unknown type"), json);
    code = static_cast<int>(cli::Exit::failed);
  }
  if (std::fflush(stdout) != 0 && code == 0) {
    cli::print_failure(cli::Failure(cli::Exit::failed, "standard output: cannot write", "check the space on the disk"),
                       json);
    code = static_cast<int>(cli::Exit::failed);
  }
  return code;
}
