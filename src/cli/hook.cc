#include "cli/hook.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "cli/job_notes.h"

extern char** environ;

namespace cli {
namespace {

// The program blocks the signals that end it; the hook is a program as any other.
class HookAttributes {
 public:
  HookAttributes() {
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~HookAttributes() { posix_spawnattr_destroy(&attributes_); }
  HookAttributes(const HookAttributes&) = delete;
  HookAttributes& operator=(const HookAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<std::string> environment_with(std::vector<std::string> more) {
  for (char** each = environ; *each != nullptr; ++each) more.emplace_back(*each);
  return more;
}

// The wait status of the command; nothing: it could not be started, and errno says why.
std::optional<int> run_command(const std::string& command, std::vector<std::string> environment) {
  std::vector<char*> variables;
  for (std::string& each : environment) variables.push_back(each.data());
  variables.push_back(nullptr);
  std::string shell = "sh", flag = "-c", text = command;
  char* const words[] = {shell.data(), flag.data(), text.data(), nullptr};
  pid_t child = 0;
  const HookAttributes attributes;
  errno = ::posix_spawn(&child, "/bin/sh", nullptr, attributes.get(), words, variables.data());
  if (errno != 0) return std::nullopt;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

void run_hook(Session* session, const br_job* job, const std::string& output, Exit code) {
  const std::string command = take_hook(br_job_id(job));
  if (command.empty()) return;
  const auto status = run_command(
      command, environment_with({std::string("BATCHROUTER_JOB=") + br_job_id(job),
                                 std::string("BATCHROUTER_STATUS=") + br_state_name(br_job_state(job)),
                                 "BATCHROUTER_OUTPUT=" + output, fmt::format("BATCHROUTER_EXIT={}", static_cast<int>(code))}));
  if (status && *status == 0) return;
  const std::string why = !status               ? std::string("cannot be started: ") + std::strerror(errno)
                          : WIFSIGNALED(*status) ? fmt::format("was ended by signal {}", WTERMSIG(*status))
                                                 : fmt::format("ended with exit code {}", WEXITSTATUS(*status));
  session->progress().note("warning: the command of --on-done " + why);
}

}  // namespace cli
