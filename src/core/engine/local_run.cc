#include "core/engine/local_run.h"

#include <algorithm>
#include <csignal>
#include <iterator>

#include "codec/utf8.h"
#include "sys/process.h"

namespace br {
namespace {

constexpr std::size_t kTailBytes = 8192;
constexpr std::size_t kTailLines = 20;

// How a run is stopped: each poll that still finds it running is one step less polite.
struct Stop {
  const char* word;
  int signal;
};
constexpr Stop kStops[] = {{"interrupted", SIGINT}, {"terminated", SIGTERM}, {"killed", SIGKILL}};

ProcessFiles files_of(const LocalJob& job) {
  const auto path = [&](const char* kind) { return job.spool.local(job.batch.job_id, job.batch.part, kind); };
  return {path("lock"), path("log"), path("exit")};
}

std::string output_of(const LocalJob& job) { return job.spool.local(job.batch.job_id, job.batch.part, "out.jsonl"); }

// The last lines of the log; progress bars overwrite theirs with a carriage return.
std::string log_tail(FileSystem* files, const std::string& path) {
  auto file = files->open_read(path);
  if (!file) return {};
  const auto size = file->size();
  if (!size) return {};
  std::string text(std::min<std::uint64_t>(*size, kTailBytes), '\0');
  const auto n = file->read_at(text.data(), text.size(), *size - text.size());
  if (!n) return {};
  text.resize(*n);
  std::replace(text.begin(), text.end(), '\r', '\n');
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t at = text.size();
  for (std::size_t lines = 0; lines < kTailLines && at != std::string::npos && at > 0; ++lines)
    at = text.rfind('\n', at - 1);
  if (at != std::string::npos && at > 0) text.erase(0, at + 1);
  return repair_utf8(text);
}

LocalRun look(const LocalJob& job) {
  const ProcessFiles files = files_of(job);
  const ProcessState state = look_at_process(files);
  LocalRun run;
  run.started = state.started;
  run.running = state.running;
  run.exit_code = state.exit_code;
  run.has_output = job.spool.files()->file_size(output_of(job)) > 0;
  run.cancelled = job.batch.cancel_wanted;
  run.log_tail = log_tail(job.spool.files(), files.log);
  return run;
}

RemoteStatus status_of(const LocalJob& job, const LocalRun& run) {
  RemoteStatus status = job.program.read_run(job.batch, run);
  status.id = job.batch.marker;
  status.marker = job.batch.marker;
  status.output.url = run.has_output ? output_of(job) : "";
  if (status.created_ms < 0) status.created_ms = job.batch.create_sent_ms;
  if (is_terminal(status.state))
    status.completed_ms = job.batch.status.completed_ms < 0 ? job.now_ms : job.batch.status.completed_ms;
  return status;
}

Result<std::vector<std::string>> command_of(const LocalProgram& local, const Account& account, const RemoteBatch& batch,
                                            const std::string& output) {
  auto argv = local.command(account, batch, batch.request_path, output);
  if (!argv) return argv;
  auto program = find_program(argv->front());
  if (!program) {
    program.error().message = "[" + account.provider + "] " + program.error().message;
    return std::move(program.error());
  }
  argv->front() = std::move(*program);
  return argv;
}

Result<Outcome> start(const LocalJob& job) {
  Outcome outcome;
  if (const LocalRun before = look(job); before.started) {
    // The answer to an earlier call was lost: it is given again, and nothing runs twice.
    outcome.status = status_of(job, before);
    return outcome;
  }
  const std::string output = output_of(job);
  auto argv = command_of(job.program, job.account, job.batch, output);
  BR_RETURN_IF_ERROR(argv);
  // Made here, so that it is private; the program only writes into it.
  BR_RETURN_IF_ERROR(job.spool.files()->create(output));
  BR_RETURN_IF_ERROR(start_process(*argv, environment_without(job.secret_variables), files_of(job)));
  LocalRun run;
  run.started = run.running = true;
  outcome.status = status_of(job, run);
  return outcome;
}

// Sends the signal that is next, and says so in the status.
void stop(const LocalJob& job, RemoteStatus* status) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < std::size(kStops); ++i) {
    if (job.batch.status.vendor_state == kStops[i].word) next = std::min(i + 1, std::size(kStops) - 1);
  }
  signal_process(files_of(job), kStops[next].signal);
  status->vendor_state = kStops[next].word;
}

Outcome cancel(const LocalJob& job, LocalRun run) {
  run.cancelled = run.running;
  Outcome outcome;
  outcome.already_ended = !run.running;
  outcome.status = status_of(job, run);
  if (run.running) stop(job, &*outcome.status);
  return outcome;
}

}  // namespace

Result<void> check_local_program(const LocalProgram& local, const Account& account, const RemoteBatch& batch) {
  auto argv = command_of(local, account, batch, "");
  BR_RETURN_IF_ERROR(argv);
  return {};
}

Result<Outcome> operate_local_run(const LocalJob& job, Op op) {
  if (op == Op::create) {
    auto started = start(job);
    if (!started) started.error().not_executed = true;
    return started;
  }
  Outcome outcome;
  const LocalRun run = look(job);
  switch (op) {
    case Op::list:
      if (run.started) outcome.listed.push_back(status_of(job, run));
      break;
    case Op::poll:
      outcome.status = status_of(job, run);
      if (run.running && job.batch.cancel_wanted) stop(job, &*outcome.status);
      break;
    case Op::cancel:
      return cancel(job, run);
    default:
      break;
  }
  return outcome;
}

}  // namespace br
