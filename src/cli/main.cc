// The program batchrouter: one command line, one command, one exit code.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "cli/app.h"
#include "cli/commands/commands.h"

namespace {

// Of us: behind "--" there are the words of a program.
bool asked_for_json(int argc, char** argv) {
  for (int i = 1; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
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
  std::signal(SIGPIPE, SIG_IGN);  // writing fails instead
  // A write over the limit of file sizes fails with a reason, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  const bool json = asked_for_json(argc, argv);
  int code = 0;
  try {
    code = main_checked(argc, argv);
  } catch (const cli::Failure& failure) {
    // Nobody reads any more, and that is nothing to complain of.
    if (failure.exit != cli::Exit::reader_gone) cli::print_failure(failure, json);
    code = static_cast<int>(failure.exit);
  } catch (const std::system_error& error) {
    const bool reader_gone = error.code().value() == EPIPE;
    code = static_cast<int>(reader_gone ? cli::Exit::reader_gone : cli::Exit::failed);
    const bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
    const std::string what = no_thread ? "no thread can be started: out of memory, or too many threads" : error.what();
    if (!reader_gone) cli::print_failure(cli::Failure(cli::Exit::failed, what), json);
  } catch (const std::bad_alloc&) {
    cli::print_failure(cli::Failure(cli::Exit::failed, "out of memory"), json);
    code = static_cast<int>(cli::Exit::failed);
  } catch (const std::exception& error) {
    cli::print_failure(cli::Failure(cli::Exit::failed, error.what()), json);
    code = static_cast<int>(cli::Exit::failed);
  } catch (...) {
    cli::print_failure(cli::Failure(cli::Exit::failed, "an exception of an unknown type"), json);
    code = static_cast<int>(cli::Exit::failed);
  }
  errno = 0;
  const bool lost = std::ferror(stdout) != 0;  // what an earlier flush could not write
  if ((std::fflush(stdout) != 0 || lost) && code == 0) {
    const int why = errno == 0 ? ENOSPC : errno;
    code = static_cast<int>(why == EPIPE ? cli::Exit::reader_gone : cli::Exit::failed);
    if (why != EPIPE)
      cli::print_failure(cli::Failure(cli::Exit::failed, std::string("standard output: cannot write: ") + std::strerror(why),
                                      "check the space on the disk"),
                         json);
  }
  return code;
}
