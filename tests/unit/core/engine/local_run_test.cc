#include "core/engine/local_run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/protocol/reconcile.h"
#include "providers/registry.h"
#include "support/cmocka.h"
#include "support/scratch.h"
#include "sys/process.h"

namespace {

using br::Code;
using br::Op;
using br::State;

constexpr const char* kLines[] = {
    R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"hi"}]}})",
    R"({"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"other","messages":[]}})",
};

std::string stand_in() {
  const char* path = getenv("BATCHROUTER_VLLM_STAND_IN");
  return path == nullptr ? "batchrouter-vllm-stand-in" : path;
}

// One remote batch of a job in a state directory of its own.
struct World {
  Scratch scratch;
  br::Spool spool{br::posix_files(), scratch.path()};
  const br::LocalProgram& program = *br::find_provider("vllm")->local_program();
  br::Account account;
  br::RemoteBatch batch;

  explicit World(const std::string& arguments = "", const std::string& command = stand_in()) {
    account.provider = "vllm";
    account.settings = {{"vllm_command", command}, {"additional_args", arguments}, {"model", ""}};
    batch.job_id = "job_1";
    batch.provider = "vllm";
    batch.model = "m";
    batch.rows = 2;
    batch.marker = "br-1-0";
    batch.create_sent_ms = 5000;
    assert_true(br::posix_files()->make_directories(spool.job_directory(batch.job_id)).ok());
    batch.request_path = spool.requests(batch.job_id, 0);
    std::ofstream out(batch.request_path);
    for (const char* line : kLines) out << line << "\n";
  }
  br::Result<br::Outcome> operate(Op op) {
    return br::operate_local_run({program, account, batch, spool, 9000, {"LOCAL_RUN_TEST_KEY"}}, op);
  }
  br::RemoteStatus must(Op op) {
    auto outcome = operate(op);
    if (!outcome) fail_msg("%s", outcome.error().message.c_str());
    assert_true(outcome->status.has_value());
    batch.status = *outcome->status;
    return batch.status;
  }
  std::string local(const char* kind) const { return spool.local(batch.job_id, 0, kind); }
  // Returns when nothing runs any more.
  void wait_for_end() const {
    const int fd = open(local("lock").c_str(), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    while (flock(fd, LOCK_SH) != 0) assert_int_equal(errno, EINTR);
    close(fd);
  }
};

bool has(const std::string& text, const char* fragment) { return text.find(fragment) != std::string::npos; }

int count_lines(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

void run_that_ends_well_gives_its_output(void**) {
  World world;
  const br::RemoteStatus created = world.must(Op::create);
  assert_string_equal(created.id.c_str(), "br-1-0");
  assert_int_equal(created.created_ms, 5000);
  assert_true(created.state == State::in_progress);
  world.wait_for_end();
  const br::RemoteStatus status = world.must(Op::poll);
  assert_true(status.state == State::completed);
  assert_int_equal(status.completed_ms, 9000);
  const std::string path = status.output.url;
  const std::string output = read_text(path);
  assert_true(has(output, "\"content\":\"echo: hi\""));
  assert_true(has(output, "The model `other` does not exist."));
  assert_int_equal(count_lines(output), 2);
  struct stat info {};
  assert_int_equal(stat(path.c_str(), &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
}

void run_under_way_tells_its_progress(void**) {
  World world;
  world.account.settings[1].second = "--stand-in-wait " + world.scratch.file("go");
  world.must(Op::create);
  assert_true(wait_until([&] { return world.must(Op::poll).counts_known; }));
  assert_true(world.batch.status.state == State::in_progress);
  assert_int_equal(world.batch.status.counts.total, 2);
  assert_int_equal(world.batch.status.counts.succeeded, 1);
  assert_int_equal(world.batch.status.counts.processing, 1);
  world.scratch.write("go", "");
  world.wait_for_end();
  assert_true(world.must(Op::poll).state == State::completed);
}

void run_that_crashes_fails_with_what_it_said(void**) {
  World world("--stand-in-crash 3");
  world.must(Op::create);
  world.wait_for_end();
  const br::RemoteStatus status = world.must(Op::poll);
  assert_true(status.state == State::failed);
  assert_true(status.failure.has_value());
  assert_true(has(status.failure->message, "exit code 3"));
  assert_true(has(status.failure->message, "RuntimeError: Engine core initialization failed"));
  assert_true(status.failure->message.find_first_of("\r\n") == std::string::npos);
  assert_true(status.output.url.empty());
}

void run_without_output_fails(void**) {
  World world("--stand-in-no-output");
  world.must(Op::create);
  world.wait_for_end();
  const br::RemoteStatus status = world.must(Op::poll);
  assert_true(status.state == State::failed);
  assert_true(has(status.failure->message, "wrote no output"));
}

void run_that_is_killed_fails_with_the_signal(void**) {
  World world;
  world.account.settings[1].second = "--stand-in-wait " + world.scratch.file("go");
  world.must(Op::create);
  br::signal_process({world.local("lock"), world.local("log"), world.local("exit")}, SIGKILL);
  world.wait_for_end();
  const br::RemoteStatus status = world.must(Op::poll);
  assert_true(status.state == State::failed);
  assert_true(has(status.failure->message, "signal 9"));
}

void files_that_are_gone_are_a_failure(void**) {
  World world;
  const br::RemoteStatus status = world.must(Op::poll);
  assert_true(status.state == State::failed);
  assert_true(has(status.failure->message, "no trace"));
}

void missing_program_is_said_before_anything_is_done(void**) {
  World world("", "no-such-program-here --flag");
  const auto checked = br::check_local_program(world.program, world.account, world.batch);
  assert_false(checked.ok());
  assert_true(checked.error().code == Code::not_found);
  assert_true(has(checked.error().message, "no-such-program-here is not in PATH"));
  const auto created = world.operate(Op::create);
  assert_false(created.ok());
  assert_true(created.error().not_executed);
  assert_true(world.operate(Op::list)->listed.empty());
}

void create_again_gives_the_same_run(void**) {
  World world;
  world.account.settings[1].second = "--stand-in-count " + world.scratch.file("runs");
  world.must(Op::create);
  world.must(Op::create);
  world.wait_for_end();
  assert_true(world.must(Op::create).state == State::completed);
  assert_int_equal(count_lines(read_text(world.scratch.file("runs"))), 1);
}

void list_finds_the_run_by_its_marker(void**) {
  World world;
  assert_true(world.operate(Op::list)->listed.empty());
  world.must(Op::create);
  const auto outcome = world.operate(Op::list);
  assert_int_equal(outcome->listed.size(), 1);
  assert_true(br::is_ours(world.batch, outcome->listed[0], {}));
  world.wait_for_end();
}

void host_killed_after_create_finds_the_run_again(void**) {
  World world;
  world.account.settings[1].second = "--stand-in-wait " + world.scratch.file("go");
  const pid_t host = fork();
  if (host == 0) {
    if (!world.operate(Op::create).ok()) _exit(1);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  assert_int_equal(waitpid(host, &status, 0), host);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(world.operate(Op::list)->listed.size(), 1);
  assert_true(world.must(Op::poll).state == State::in_progress);
  world.scratch.write("go", "");
  world.wait_for_end();
  assert_true(world.must(Op::poll).state == State::completed);
}

void cancel_stops_the_program(void**) {
  World world;
  world.account.settings[1].second = "--stand-in-wait " + world.scratch.file("go");
  world.must(Op::create);
  world.batch.cancel_wanted = true;
  const auto outcome = world.operate(Op::cancel);
  assert_false(outcome->already_ended);
  assert_true(outcome->status->state == State::cancelling);
  world.wait_for_end();
  assert_true(world.must(Op::poll).state == State::cancelled);
}

void cancel_of_a_stubborn_program_ends_with_a_kill(void**) {
  World world;
  world.account.settings[1].second = "--stand-in-stubborn --stand-in-wait " + world.scratch.file("go");
  world.must(Op::create);
  assert_true(wait_until([&] { return world.must(Op::poll).counts_known; }));  // its signals are ignored by now
  world.batch.cancel_wanted = true;
  assert_string_equal(world.must(Op::cancel).vendor_state.c_str(), "interrupted");
  assert_string_equal(world.must(Op::poll).vendor_state.c_str(), "terminated");
  assert_string_equal(world.must(Op::poll).vendor_state.c_str(), "killed");
  world.wait_for_end();
  assert_true(world.must(Op::poll).state == State::cancelled);
}

void cancel_after_the_end_says_so(void**) {
  World world;
  world.must(Op::create);
  world.wait_for_end();
  world.batch.cancel_wanted = true;
  const auto outcome = world.operate(Op::cancel);
  assert_true(outcome->already_ended);
  assert_true(outcome->status->state == State::completed);
}

void program_does_not_see_the_keys_of_vendors(void**) {
  World world("--stand-in-show LOCAL_RUN_TEST_KEY");
  setenv("LOCAL_RUN_TEST_KEY", "hush", 1);
  world.must(Op::create);
  world.wait_for_end();
  assert_true(has(read_text(world.local("log")), "LOCAL_RUN_TEST_KEY is not set"));
}

void command_is_built_of_words_or_of_json(void**) {
  World world(R"(["--max-model-len", 8192, "--chat-template", "a b.jinja"])", "python3 -m run_batch");
  world.account.settings[2].second = "/models/x";
  const auto argv = world.program.command(world.account, world.batch, "in", "out");
  assert_true(argv.ok());
  const std::vector<std::string> expected = {"python3",   "-m",
                                             "run_batch", "-i",
                                             "in",        "-o",
                                             "out",       "--model",
                                             "/models/x", "--served-model-name",
                                             "m",         "--max-model-len",
                                             "8192",      "--chat-template",
                                             "a b.jinja"};
  assert_true(*argv == expected);
  world.account.settings = {{"vllm_command", " vllm "}, {"additional_args", " --seed  1 "}, {"model", ""}};
  const std::vector<std::string> plain = {"vllm", "run-batch", "-i", "in", "-o", "out", "--model", "m", "--seed", "1"};
  assert_true(*world.program.command(world.account, world.batch, "in", "out") == plain);
  world.account.settings[1].second = "[1, {}]";
  assert_true(world.program.command(world.account, world.batch, "in", "out").error().code == Code::config);
  world.account.settings[0].second = " ";
  assert_true(world.program.command(world.account, world.batch, "in", "out").error().code == Code::config);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(run_that_ends_well_gives_its_output),
      cmocka_unit_test(run_under_way_tells_its_progress),
      cmocka_unit_test(run_that_crashes_fails_with_what_it_said),
      cmocka_unit_test(run_without_output_fails),
      cmocka_unit_test(run_that_is_killed_fails_with_the_signal),
      cmocka_unit_test(files_that_are_gone_are_a_failure),
      cmocka_unit_test(missing_program_is_said_before_anything_is_done),
      cmocka_unit_test(create_again_gives_the_same_run),
      cmocka_unit_test(list_finds_the_run_by_its_marker),
      cmocka_unit_test(host_killed_after_create_finds_the_run_again),
      cmocka_unit_test(cancel_stops_the_program),
      cmocka_unit_test(cancel_of_a_stubborn_program_ends_with_a_kill),
      cmocka_unit_test(cancel_after_the_end_says_so),
      cmocka_unit_test(program_does_not_see_the_keys_of_vendors),
      cmocka_unit_test(command_is_built_of_words_or_of_json),
  };
  return cmocka_run_group_tests_name("local_run", tests, nullptr, nullptr);
}
