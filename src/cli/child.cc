#include "cli/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace cli {
namespace {

constexpr int kHearMs = 50;  // the kernel tells all of a group at once; what is waited for is their turn to run
constexpr int kCannotExecute = 126;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    read = ends[0];
    write = ends[1];
  }
  int read = -1, write = -1;
};

pid_t fork_now() {
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  return pid;
}

[[noreturn]] void listen_for_signals(int to) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int fd = 0; fd < 3; ++fd) ::close(fd);
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  for (;;) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&all, &info);
    if (signal <= 0 || signal == SIGCONT || signal == SIGTSTP) continue;
    const auto byte = static_cast<unsigned char>(signal);
    if (::write(to, &byte, 1) < 0) ::_exit(0);
  }
}

// Reads "NAME=VALUE", each with a zero behind it, up to an empty one. false: whoever forked this process is gone.
bool read_variables(int from) {
  std::string text;
  while (text != std::string(1, '\0') && !text.ends_with(std::string(2, '\0'))) {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::read(from, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    text.append(bytes.data(), static_cast<std::size_t>(got));
  }
  for (std::size_t at = 0; text[at] != '\0'; at = text.find('\0', at) + 1) {
    const std::string pair(text.c_str() + at);
    const std::size_t equals = pair.find('=');
    ::setenv(pair.substr(0, equals).c_str(), pair.c_str() + equals + 1, 1);
  }
  return true;
}

[[noreturn]] void become(const std::vector<std::string>& argv, const sigset_t& mask, int go, int failed) {
  if (!read_variables(go)) ::_exit(kCannotExecute);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::execvp(words.front(), words.data());
  const int why = errno;
  [[maybe_unused]] const auto written = ::write(failed, &why, sizeof why);
  ::_exit(kCannotExecute);
}

}  // namespace

GroupListener::GroupListener() {
  const Pipe pipe;
  pid_ = fork_now();
  if (pid_ == 0) listen_for_signals(pipe.write);
  ::close(pipe.write);
  pipe_ = pipe.read;
}

GroupListener::~GroupListener() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(pipe_);
}

bool GroupListener::heard(int signal) {
  pollfd ready{pipe_, POLLIN, 0};
  while (::poll(&ready, 1, kHearMs) > 0) {
    unsigned char byte = 0;
    if (::read(pipe_, &byte, 1) != 1) return false;
    if (byte == signal) return true;
  }
  return false;
}

Child::Child(const std::vector<std::string>& argv, const sigset_t& mask) {
  const Pipe go, failed;
  pid_ = fork_now();
  if (pid_ == 0) {
    ::close(go.write);
    ::close(failed.read);
    become(argv, mask, go.read, failed.write);
  }
  ::close(go.read);
  ::close(failed.write);
  go_ = go.write;
  failed_ = failed.read;
}

// One that waits still is told by the pipe's end that it need not.
Child::~Child() {
  if (go_ < 0) return;
  ::close(go_);
  ::close(failed_);
  ::waitpid(pid_, nullptr, 0);
}

int Child::start(const std::vector<std::pair<std::string, std::string>>& variables) {
  std::string text;
  for (const auto& [name, value] : variables) text += name + "=" + value + '\0';
  text += '\0';
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t n = ::write(go_, text.data() + sent, text.size() - sent);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  ::close(go_);
  go_ = -1;
  int why = 0;
  ssize_t got = 0;
  do got = ::read(failed_, &why, sizeof why);
  while (got < 0 && errno == EINTR);
  ::close(failed_);
  if (got != static_cast<ssize_t>(sizeof why)) return 0;
  ::waitpid(pid_, nullptr, 0);
  return why;
}

bool Child::ended(int* status) { return ::waitpid(pid_, status, WNOHANG) == pid_; }

bool Child::is_in_group() const { return ::getpgid(pid_) == ::getpgrp(); }

}  // namespace cli
