// The program batchrouter: one command line, one command, one exit code.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "cli/app.h"
#include "cli/commands/commands.h"
#include "cli/idle_options.h"
#include "cli/terminal.h"

namespace {

// Of us: behind "--" there are the words of a program.
bool asked_for_json(int argc, char** argv) {
  for (int i = 1; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

// Who starts a program with a closed stream gives its number to the next file that is opened, and what is printed would be
// written into that. In its place stands what can be neither read nor written, and is closed for programs that we start.
void keep_numbers_of_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF)
      open("/dev/null", (stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
  }
}

int lost_output(int why, bool json) {
  // Nobody reads any more, and that is nothing to complain of.
  if (why == EPIPE) return static_cast<int>(cli::Exit::reader_gone);
  const bool closed = why == EBADF;
  cli::print_failure(cli::Failure(cli::Exit::failed,
                                  std::string("standard output: ") + (closed ? "is closed" : std::string("cannot write: ") + std::strerror(why)),
                                  closed ? "open it, or give it a file" : "check the space on the disk"),
                     json);
  return static_cast<int>(cli::Exit::failed);
}

int main_checked(int argc, char** argv) {
  cli::Options options;
  if (const auto ended = cli::parse_arguments(argc, argv, &options)) return static_cast<int>(*ended);
  cli::refuse_idle_options(options);
  return static_cast<int>(cli::find_command(options.command)->run(options));
}

}  // namespace

int main(int argc, char** argv) {
  keep_numbers_of_streams();
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
    const bool is_output = std::ferror(stdout) != 0;  // fmt throws what it cannot print
    const bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
    const std::string what = no_thread ? "no thread can be started: out of memory, or too many threads" : error.what();
    code = static_cast<int>(cli::Exit::failed);
    if (is_output) code = lost_output(error.code().value(), json);
    else cli::print_failure(cli::Failure(cli::Exit::failed, what), json);
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
  if (const int why = cli::flush_output(); why != 0 && code == 0) code = lost_output(why, json);
  return code;
}
