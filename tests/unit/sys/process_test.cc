#include "sys/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include "support/cmocka.h"
#include "support/scratch.h"

namespace {

using br::Code;
using br::ProcessFiles;
using br::ProcessState;

ProcessFiles files_in(const Scratch& scratch) {
  return {scratch.file("run.lock"), scratch.file("run.log"), scratch.file("run.exit")};
}

br::Result<void> start_shell(const Scratch& scratch, const std::string& script) {
  return br::start_process({"/bin/sh", "-c", script}, br::environment_without({}), files_in(scratch));
}

// Returns when the supervisor has given its lock back.
ProcessState wait_for_end(const ProcessFiles& files) {
  const int fd = open(files.lock.c_str(), O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  while (flock(fd, LOCK_SH) != 0) assert_int_equal(errno, EINTR);
  close(fd);
  return br::look_at_process(files);
}

// A program that runs until it is let go: `read` waits for a writer of the pipe.
class Gate {
 public:
  explicit Gate(const Scratch& scratch) : path_(scratch.file("gate")) {
    assert_int_equal(mkfifo(path_.c_str(), 0600), 0);
  }
  std::string script(const std::string& then) const { return "read line < '" + path_ + "'; " + then; }
  void open_it() const {
    std::ofstream out(path_);
    out << "go\n";
  }

 private:
  std::string path_;
};

int open_descriptors() {
  int count = 0;
  DIR* directory = opendir("/proc/self/fd");
  assert_non_null(directory);
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

void find_program_in_path_gives_its_absolute_path(void**) {
  const auto found = br::find_program("sh");
  assert_true(found.ok());
  assert_true(found->front() == '/' && found->ends_with("/sh"));
}

void find_program_missing_says_where_it_looked(void**) {
  const auto found = br::find_program("no-such-program-here");
  assert_false(found.ok());
  assert_true(found.error().code == Code::not_found);
  assert_non_null(strstr(found.error().message.c_str(), "no-such-program-here is not in PATH (/"));
  const auto empty = br::find_program("");
  assert_false(empty.ok());
}

void find_program_with_a_slash_takes_only_what_can_be_executed(void**) {
  const Scratch scratch;
  const std::string plain = scratch.write("plain", "text");
  assert_true(br::find_program("/bin/sh").ok());
  assert_false(br::find_program(plain).ok());
  assert_false(br::find_program(scratch.path()).ok());
}

void environment_without_a_name_keeps_the_others(void**) {
  setenv("PROCESS_TEST_SECRET", "hush", 1);
  setenv("PROCESS_TEST_SECRET_NOT", "kept", 1);
  bool secret = false, kept = false;
  for (const std::string& entry : br::environment_without({"PROCESS_TEST_SECRET"})) {
    secret = secret || entry == "PROCESS_TEST_SECRET=hush";
    kept = kept || entry == "PROCESS_TEST_SECRET_NOT=kept";
  }
  assert_false(secret);
  assert_true(kept);
}

void look_before_a_start_sees_nothing(void**) {
  const Scratch scratch;
  const ProcessState state = br::look_at_process(files_in(scratch));
  assert_false(state.started);
  assert_false(state.running);
  assert_int_equal(state.exit_code, -1);
}

void look_at_a_lock_file_without_a_program_sees_nothing(void**) {
  // A process that died between making the file and starting the program leaves this behind.
  const Scratch scratch;
  scratch.write("run.lock", "");
  scratch.write("run.log", "");
  assert_false(br::look_at_process(files_in(scratch)).started);
}

void start_of_a_program_that_ends_keeps_its_exit_code(void**) {
  const Scratch scratch;
  assert_true(start_shell(scratch, "exit 7").ok());
  const ProcessState state = wait_for_end(files_in(scratch));
  assert_true(state.started);
  assert_false(state.running);
  assert_int_equal(state.exit_code, 7);
}

void start_gives_stdout_and_stderr_to_the_log_and_no_input(void**) {
  const Scratch scratch;
  assert_true(start_shell(scratch, "cat; echo out; echo err >&2").ok());
  wait_for_end(files_in(scratch));
  assert_string_equal(read_text(scratch.file("run.log")).c_str(), "out\nerr\n");
}

void start_makes_private_files_whatever_the_umask(void**) {
  const Scratch scratch;
  const mode_t before = umask(0);
  assert_true(start_shell(scratch, "exit 0").ok());
  umask(before);
  wait_for_end(files_in(scratch));
  for (const char* name : {"run.lock", "run.log", "run.exit"}) {
    struct stat info {};
    assert_int_equal(stat(scratch.file(name).c_str(), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
  }
}

void look_at_a_running_program_sees_it_until_it_ends(void**) {
  const Scratch scratch;
  const Gate gate(scratch);
  assert_true(start_shell(scratch, gate.script("exit 3")).ok());
  const ProcessState state = br::look_at_process(files_in(scratch));
  assert_true(state.started);
  assert_true(state.running);
  assert_int_equal(state.exit_code, -1);
  gate.open_it();
  assert_int_equal(wait_for_end(files_in(scratch)).exit_code, 3);
}

void signal_reaches_the_program_and_what_it_started(void**) {
  const Scratch scratch;
  const Gate gate(scratch);
  // The exit of the inner program opens the other end of the second pipe for reading at its end.
  const std::string alive = scratch.file("alive");
  assert_int_equal(mkfifo(alive.c_str(), 0600), 0);
  assert_true(start_shell(scratch, "(exec 3>'" + alive + "'; " + gate.script(":") + ") & wait").ok());
  const int fd = open(alive.c_str(), O_RDONLY);
  br::signal_process(files_in(scratch), SIGTERM);
  char byte = 0;
  assert_int_equal(read(fd, &byte, 1), 0);  // its writer is gone
  close(fd);
  assert_int_equal(wait_for_end(files_in(scratch)).exit_code, 128 + SIGTERM);
  br::signal_process(files_in(scratch), SIGTERM);  // nobody is left: nothing happens
}

void start_under_ignored_signals_gives_the_program_the_usual_ones(void**) {
  const Scratch scratch;
  const Gate gate(scratch);
  const auto before_int = signal(SIGINT, SIG_IGN), before_child = signal(SIGCHLD, SIG_IGN);
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  const bool started = start_shell(scratch, gate.script("exit 0")).ok();
  sigprocmask(SIG_SETMASK, &before, nullptr);
  assert_true(started);
  br::signal_process(files_in(scratch), SIGINT);
  assert_int_equal(wait_for_end(files_in(scratch)).exit_code, 128 + SIGINT);
  signal(SIGINT, before_int);
  signal(SIGCHLD, before_child);
}

void start_of_what_is_no_program_says_so_and_leaves_no_trace(void**) {
  const Scratch scratch;
  const std::string path = scratch.write("broken", "\x01 not a program");
  assert_int_equal(chmod(path.c_str(), 0700), 0);
  const auto started = br::start_process({path}, {}, files_in(scratch));
  assert_false(started.ok());
  assert_non_null(strstr(started.error().message.c_str(), "broken: cannot be started: Exec format error"));
  const ProcessState state = wait_for_end(files_in(scratch));
  assert_false(state.started);
}

void start_beside_a_running_one_is_refused(void**) {
  const Scratch scratch;
  const Gate gate(scratch);
  assert_true(start_shell(scratch, gate.script("exit 5")).ok());
  const auto second = start_shell(scratch, "exit 6");
  assert_false(second.ok());
  assert_true(second.error().code == Code::locked);
  gate.open_it();
  assert_int_equal(wait_for_end(files_in(scratch)).exit_code, 5);
}

void start_leaks_no_descriptor_and_leaves_no_zombie(void**) {
  const Scratch scratch;
  const int before = open_descriptors();
  assert_true(start_shell(scratch, "exit 0").ok());
  wait_for_end(files_in(scratch));
  assert_int_equal(open_descriptors(), before);
  assert_int_equal(waitpid(-1, nullptr, WNOHANG), -1);
  assert_int_equal(errno, ECHILD);
}

void start_hands_no_descriptor_to_the_program(void**) {
  const Scratch scratch;
  const int kept = fcntl(open("/dev/null", O_RDONLY), F_DUPFD, 50);  // without close-on-exec, as a host may have it
  assert_true(start_shell(scratch, "for fd in /proc/self/fd/*; do echo ${fd##*/}; done").ok());
  wait_for_end(files_in(scratch));
  close(kept);
  const std::string log = read_text(scratch.file("run.log"));
  assert_null(strstr(log.c_str(), "50"));
  // 3 is the directory that the shell itself reads.
  assert_true(log == "0\n1\n2\n" || log == "0\n1\n2\n3\n");
}

void start_with_closed_standard_streams_still_logs(void**) {
  const Scratch scratch;
  const pid_t host = fork();
  if (host == 0) {
    close(0), close(1), close(2);
    _exit(start_shell(scratch, "echo out; echo err >&2").ok() ? 0 : 1);
  }
  int status = 0;
  assert_int_equal(waitpid(host, &status, 0), host);
  assert_int_equal(status, 0);
  wait_for_end(files_in(scratch));
  assert_string_equal(read_text(scratch.file("run.log")).c_str(), "out\nerr\n");
}

void program_outlives_a_host_that_is_killed(void**) {
  const Scratch scratch;
  const Gate gate(scratch);
  const pid_t host = fork();
  if (host == 0) {
    if (!start_shell(scratch, gate.script("exit 9")).ok()) _exit(1);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  assert_int_equal(waitpid(host, &status, 0), host);
  assert_true(WIFSIGNALED(status));
  assert_true(br::look_at_process(files_in(scratch)).running);
  gate.open_it();
  assert_int_equal(wait_for_end(files_in(scratch)).exit_code, 9);
}

void program_dies_with_its_supervisor(void**) {
  const Scratch scratch;
  const Gate gate(scratch);
  const std::string alive = scratch.file("alive");
  assert_int_equal(mkfifo(alive.c_str(), 0600), 0);
  assert_true(start_shell(scratch, "exec 3>'" + alive + "'; echo $PPID >&3; " + gate.script("exit 0")).ok());
  std::ifstream in(alive);
  pid_t supervisor = 0;
  in >> supervisor;
  assert_true(supervisor > 1);
  assert_int_equal(kill(supervisor, SIGKILL), 0);
  std::string rest;
  while (in >> rest) {  // ends when the program, the only writer, is gone
  }
  const ProcessState state = wait_for_end(files_in(scratch));
  assert_true(state.started);
  assert_false(state.running);
  assert_int_equal(state.exit_code, -1);
}

void start_while_other_threads_allocate_never_hangs(void**) {
  std::atomic<bool> stop = false;
  std::thread busy[2];
  for (std::thread& thread : busy) {
    thread = std::thread([&stop] {
      while (!stop) {
        const std::string text(4096, 'x');
        if (text.size() == 1) return;
      }
    });
  }
  for (int i = 0; i < 30; ++i) {
    const Scratch scratch;
    assert_true(start_shell(scratch, "exit 4").ok());
    assert_int_equal(wait_for_end(files_in(scratch)).exit_code, 4);
  }
  stop = true;
  for (std::thread& thread : busy) thread.join();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(find_program_in_path_gives_its_absolute_path),
      cmocka_unit_test(find_program_missing_says_where_it_looked),
      cmocka_unit_test(find_program_with_a_slash_takes_only_what_can_be_executed),
      cmocka_unit_test(environment_without_a_name_keeps_the_others),
      cmocka_unit_test(look_before_a_start_sees_nothing),
      cmocka_unit_test(look_at_a_lock_file_without_a_program_sees_nothing),
      cmocka_unit_test(start_of_a_program_that_ends_keeps_its_exit_code),
      cmocka_unit_test(start_gives_stdout_and_stderr_to_the_log_and_no_input),
      cmocka_unit_test(start_makes_private_files_whatever_the_umask),
      cmocka_unit_test(look_at_a_running_program_sees_it_until_it_ends),
      cmocka_unit_test(signal_reaches_the_program_and_what_it_started),
      cmocka_unit_test(start_under_ignored_signals_gives_the_program_the_usual_ones),
      cmocka_unit_test(start_of_what_is_no_program_says_so_and_leaves_no_trace),
      cmocka_unit_test(start_beside_a_running_one_is_refused),
      cmocka_unit_test(start_leaks_no_descriptor_and_leaves_no_zombie),
      cmocka_unit_test(start_hands_no_descriptor_to_the_program),
      cmocka_unit_test(start_with_closed_standard_streams_still_logs),
      cmocka_unit_test(program_outlives_a_host_that_is_killed),
      cmocka_unit_test(program_dies_with_its_supervisor),
      cmocka_unit_test(start_while_other_threads_allocate_never_hangs),
  };
  return cmocka_run_group_tests_name("process", tests, nullptr, nullptr);
}
