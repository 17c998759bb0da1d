#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "sys/file_system.h"
#include "sys/process.h"

extern char** environ;

namespace br {
namespace {

constexpr int kCannotExecute = 127;
constexpr int kSignals = 65;

// Everything from here to pointers() runs in a child of fork(), where other threads may have held any lock:
// async-signal-safe calls only, nothing that allocates.
struct Plan {
  char* const* argv;
  char* const* environment;
  const char* exit;
  const char* exit_new;
  int lock, log, report;  // descriptors, all above stderr
};

std::size_t write_number(long number, char* text) {
  char digits[24];
  std::size_t n = 0;
  do digits[n++] = static_cast<char>('0' + number % 10);
  while ((number /= 10) > 0);
  for (std::size_t i = 0; i < n; ++i) text[i] = digits[n - 1 - i];
  return n;
}

void close_between(int first, int last) {
  if (first > last) return;
#ifdef SYS_close_range
  if (syscall(SYS_close_range, static_cast<unsigned>(first), static_cast<unsigned>(last), 0U) == 0) return;
#endif
  for (int fd = first; fd <= std::min(last, 65'536); ++fd) ::close(fd);
}

// Everything but stdin, stdout, stderr and those two.
void close_others(int a, int b) {
  close_between(3, std::min(a, b) - 1);
  close_between(std::min(a, b) + 1, std::max(a, b) - 1);
  close_between(std::max(a, b) + 1, 0x7fffffff);
}

void tell(int fd, int number) {
  while (::write(fd, &number, sizeof number) < 0 && errno == EINTR) {
  }
}

// What tell() said, or -1 when the other end was closed without a word.
int hear(int fd) {
  int number = -1;
  ssize_t n = 0;
  while ((n = ::read(fd, &number, sizeof number)) < 0 && errno == EINTR) {
  }
  return n == static_cast<ssize_t>(sizeof number) ? number : -1;
}

void wait_for(pid_t child, int* status) {
  while (waitpid(child, status, 0) < 0 && errno == EINTR) {
  }
}

[[noreturn]] void run_program(const Plan& plan, pid_t supervisor, int failed) {
  setpgid(0, 0);
#ifdef __linux__
  // Without its supervisor nobody could tell that it still runs.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != supervisor) _exit(kCannotExecute);
#else
  (void)supervisor;
#endif
  for (int signal = 1; signal < kSignals; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(plan.argv[0], plan.argv, plan.environment);
  tell(failed, errno);
  _exit(kCannotExecute);
}

void prepare_supervisor(const Plan& plan) {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE}) std::signal(signal, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // an ignored one would lose the exit code
  const int null = ::open("/dev/null", O_RDONLY);
  if (null < 0) tell(plan.report, errno), _exit(1);
  dup2(null, 0), dup2(plan.log, 1), dup2(plan.log, 2);
  close_others(plan.lock, plan.report);
}

// 0, or the errno that says why the program could not be executed.
int execute(const Plan& plan, pid_t* child) {
  int failed[2];
  if (pipe2(failed, O_CLOEXEC) != 0) return errno;
  const pid_t self = getpid();
  *child = fork();
  if (*child == 0) run_program(plan, self, failed[1]);
  if (*child < 0) return errno;
  ::close(failed[1]);
  const int why = hear(failed[0]);
  ::close(failed[0]);
  if (why > 0) {
    int status = 0;
    wait_for(*child, &status);
  }
  return std::max(why, 0);
}

// Waits for the program and writes down how it ended. It holds the lock; the program does not.
[[noreturn]] void supervise(const Plan& plan) {
  prepare_supervisor(plan);
  pid_t child = -1;
  int why = execute(plan, &child);
  char text[32];
  if (why == 0) {
    const std::size_t n = write_number(child, text);
    if (pwrite(plan.lock, text, n, 0) != static_cast<ssize_t>(n)) why = EIO, kill(-child, SIGKILL);
  }
  tell(plan.report, why);
  ::close(plan.report);
  if (why != 0) _exit(1);
  int status = 0;
  wait_for(child, &status);
  const std::size_t n = write_number(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text);
  const int out = ::open(plan.exit_new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (out >= 0 && ::write(out, text, n) == static_cast<ssize_t>(n) && fsync(out) == 0) rename(plan.exit_new, plan.exit);
  _exit(0);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

struct Descriptor {
  int fd = -1;
  explicit Descriptor(int opened) : fd(opened) {
    if (fd < 0 || fd > 2) return;  // a host may have closed its stdin; the numbers below 3 have a meaning
    fd = fcntl(opened, F_DUPFD_CLOEXEC, 3);
    ::close(opened);
  }
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void close() {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
};

int open_private(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0) fchmod(fd, 0600);
  return fd;
}

Error cannot_start(const std::string& program, int why, const char* hint) {
  return Error(Code::io, program + ": cannot be started: " + std::strerror(why), hint);
}

bool is_program(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

long read_number(const std::string& path) {
  const auto text = posix_files()->read_whole_file(path, 64);
  long value = -1;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    auto path = posix_files()->absolute_path(name);
    if (path && is_program(*path)) return path;
    return Error(Code::not_found, name + ": is no program that can be run", "check the path");
  }
  const char* variable = std::getenv("PATH");
  const std::string path = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  for (std::size_t at = 0; at <= path.size() && !name.empty();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    const std::string candidate = (end == at ? "." : path.substr(at, end - at)) + "/" + name;
    if (is_program(candidate)) return posix_files()->absolute_path(candidate);
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
  const std::string exit_new = files.exit + ".new";
  // Locked here and inherited by the supervisor: there is no moment in which it runs and is not seen to.
  Descriptor lock(open_private(files.lock, O_RDWR));
  if (lock.fd < 0) return cannot_start(files.lock, errno, "check the disk and the permissions");
  if (flock(lock.fd, LOCK_EX | LOCK_NB) != 0)
    return Error(Code::locked, files.lock + ": the program that was started before still runs", "wait until it ends");
  posix_files()->remove_file(files.exit);
  Descriptor log(open_private(files.log, O_WRONLY | O_APPEND | O_TRUNC));
  int ends[2] = {-1, -1};
  if (log.fd < 0 || ftruncate(lock.fd, 0) != 0 || pipe2(ends, O_CLOEXEC) != 0)
    return cannot_start(files.log, errno, "check the disk and the permissions");
  Descriptor heard(ends[0]), report(ends[1]);
  const std::vector<char*> arguments = pointers(argv), variables = pointers(environment);
  const Plan plan{arguments.data(), variables.data(), files.exit.c_str(), exit_new.c_str(), lock.fd, log.fd, report.fd};
  // Twice, so that the supervisor belongs to nobody here and leaves no zombie.
  const pid_t first = fork();
  if (first < 0) return cannot_start(argv[0], errno, "try again");
  if (first == 0) {
    setsid();
    const pid_t second = fork();
    if (second == 0) supervise(plan);
    if (second < 0) tell(plan.report, errno);
    _exit(0);
  }
  report.close();
  int status = 0;
  wait_for(first, &status);
  const int why = hear(heard.fd);
  if (why < 0) return Error(Code::io, argv[0] + ": was killed while it was started", "try again");
  if (why > 0) return cannot_start(argv[0], why, "check that it is a program for this machine");
  return {};
}

ProcessState look_at_process(const ProcessFiles& files) {
  ProcessState state;
  bool locked = false;
  if (const int fd = ::open(files.lock.c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) {
    locked = flock(fd, LOCK_SH | LOCK_NB) != 0;
    ::close(fd);
  }
  // In this order: the code is written before the lock is given back.
  state.exit_code = static_cast<int>(read_number(files.exit));
  state.running = locked && state.exit_code < 0;
  state.started = locked || state.exit_code >= 0 || read_number(files.lock) > 0;
  return state;
}

void signal_process(const ProcessFiles& files, int signal) {
  if (!look_at_process(files).running) return;
  const long pid = read_number(files.lock);
  if (pid > 1) ::kill(static_cast<pid_t>(-pid), signal);
}

}  // namespace br
