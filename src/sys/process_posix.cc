#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "sys/file.h"
#include "sys/process.h"

extern char** environ;

namespace br {
namespace {

constexpr int kCannotExecute = 127;

// Everything below runs in a child of fork(): async-signal-safe calls only, nothing that allocates.
struct Plan {
  char* const* argv;
  char* const* environment;
  const char* lock;
  const char* log;
  const char* exit;
  const char* exit_new;
};

int open_at(const char* path, int flags) { return ::open(path, flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }

std::size_t write_number(long number, char* text) {
  char digits[24];
  std::size_t n = 0;
  do digits[n++] = static_cast<char>('0' + number % 10); while ((number /= 10) > 0);
  for (std::size_t i = 0; i < n; ++i) text[i] = digits[n - 1 - i];
  return n;
}

void close_above_stderr() {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0) return;
#endif
  for (int fd = 3; fd < 65'536; ++fd) ::close(fd);
}

[[noreturn]] void run_program(const Plan& plan) {
  setpgid(0, 0);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(plan.argv[0], plan.argv, plan.environment);
  _exit(kCannotExecute);
}

// Waits for the program and writes down how it ended. It holds the lock; the program does not.
[[noreturn]] void supervise(const Plan& plan) {
  close_above_stderr();
  const int null = ::open("/dev/null", O_RDONLY);
  const int log = open_at(plan.log, O_WRONLY | O_APPEND);
  const int lock = open_at(plan.lock, O_RDWR);
  if (null < 0 || log < 0 || lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) _exit(1);
  dup2(null, 0), dup2(log, 1), dup2(log, 2);
  const pid_t child = fork();
  if (child == 0) run_program(plan);
  if (child < 0) _exit(1);
  setpgid(child, child);
  char text[32];
  std::size_t n = write_number(child, text);
  if (ftruncate(lock, 0) != 0 || pwrite(lock, text, n, 0) < 0) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  n = write_number(code, text);
  const int out = open_at(plan.exit_new, O_WRONLY | O_TRUNC);
  if (out >= 0 && ::write(out, text, n) == static_cast<ssize_t>(n) && fsync(out) == 0) rename(plan.exit_new, plan.exit);
  _exit(0);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

bool is_program(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

long read_number(const std::string& path) {
  const auto text = read_whole_file(path, 64);
  long value = -1;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    auto path = absolute_path(name);
    if (path && is_program(*path)) return path;
    return Error(Code::not_found, name + ": is no program that can be run", "check the path");
  }
  const char* variable = std::getenv("PATH");
  const std::string path = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    const std::string candidate = (end == at ? "." : path.substr(at, end - at)) + "/" + name;
    if (is_program(candidate)) return absolute_path(candidate);
    at = end + 1;
  }
  return Error(Code::not_found, "the program " + name + " is not in PATH (" + path + ")",
               "install it, or give its path in the configuration");
}

std::vector<std::string> environment_without(const std::vector<std::string>& names) {
  std::vector<std::string> kept;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    if (std::find(names.begin(), names.end(), name) == names.end()) kept.emplace_back(text);
  }
  return kept;
}

Result<void> start_process(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
                           const ProcessFiles& files) {
  remove_file(files.exit);
  const std::string exit_new = files.exit + ".new";
  const std::vector<char*> arguments = pointers(argv), variables = pointers(environment);
  const Plan plan{arguments.data(), variables.data(), files.lock.c_str(), files.log.c_str(), files.exit.c_str(),
                  exit_new.c_str()};
  // Twice, so that the supervisor belongs to nobody here and leaves no zombie.
  const pid_t first = fork();
  if (first < 0) return Error(Code::io, std::string("cannot start a process: ") + std::strerror(errno), "try again");
  if (first == 0) {
    setsid();
    const pid_t second = fork();
    if (second == 0) supervise(plan);
    _exit(second < 0 ? 1 : 0);
  }
  int status = 0;
  while (waitpid(first, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return Error(Code::io, "cannot start a process: no more processes are allowed", "try again");
  return {};
}

ProcessState look_at_process(const ProcessFiles& files) {
  ProcessState state;
  const bool ended = path_exists(files.exit);
  state.started = ended || path_exists(files.lock) || path_exists(files.log);
  if (!state.started) return state;
  if (const int fd = ::open(files.lock.c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) {
    state.running = flock(fd, LOCK_SH | LOCK_NB) != 0;
    ::close(fd);
  }
  if (path_exists(files.exit)) state.exit_code = static_cast<int>(read_number(files.exit));
  return state;
}

void signal_process(const ProcessFiles& files, int signal) {
  if (!look_at_process(files).running) return;
  const long pid = read_number(files.lock);
  if (pid > 1) ::kill(static_cast<pid_t>(-pid), signal);
}

}  // namespace br
