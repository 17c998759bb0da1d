// The program that `exec` runs: started late, with an environment that is known late, and with everything else as the
// caller of `exec` gave it. Nothing of this process comes to it: it is forked before anything is opened, blocked or
// raised, and waits.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

namespace cli {

// Hears which signals come to the whole process group. The program hears those by itself, so nobody passes them on.
class GroupListener {
 public:
  // Forks: no thread may run yet.
  GroupListener();
  ~GroupListener();
  GroupListener(const GroupListener&) = delete;
  GroupListener& operator=(const GroupListener&) = delete;

  // Whether that signal, which has just come to this process, came to its group as well.
  bool heard(int signal);

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
};

class Child {
 public:
  // Forks: no thread may run yet. `mask`: the signals that are blocked in the program.
  Child(const std::vector<std::string>& argv, const sigset_t& mask);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Executes the program, with these variables set beside those it has. 0, or the errno of why it cannot.
  int start(const std::vector<std::pair<std::string, std::string>>& variables);
  // Whether it ended, with the status of waitpid().
  bool ended(int* status);
  void send(int signal) const { ::kill(pid_, signal); }
  // Whether it hears what comes to this process's group.
  bool is_in_group() const;

 private:
  pid_t pid_ = -1;
  int go_ = -1, failed_ = -1;
};

}  // namespace cli
