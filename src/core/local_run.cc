#include "core/local_run.h"

#include <algorithm>
#include <csignal>

#include "codec/utf8.h"
#include "sys/file.h"
#include "sys/process.h"

namespace br {
namespace {

constexpr std::size_t kTailBytes = 8192;
constexpr std::size_t kTailLines = 20;

ProcessFiles files_of(const LocalJob& job) {
  const auto path = [&](const char* kind) { return job.spool.local(job.batch.job_id, job.batch.part, kind); };
  return {path("lock"), path("log"), path("exit")};
}

std::string output_of(const LocalJob& job) { return job.spool.local(job.batch.job_id, job.batch.part, "out.jsonl"); }

// The last lines of the log; progress bars overwrite theirs with a carriage return.
std::string log_tail(const std::string& path) {
  auto file = File::open_read(path);
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
  run.has_output = path_exists(output_of(job));
  run.cancelled = job.batch.cancel_wanted;
  run.log_tail = log_tail(files.log);
  return run;
}

RemoteStatus status_of(const LocalJob& job, const LocalRun& run) {
  RemoteStatus status = job.provider.read_local_run(job.batch, run);
  status.id = job.batch.marker;
  status.marker = job.batch.marker;
  status.output.url = run.has_output ? output_of(job) : "";
  if (status.created_ms < 0) status.created_ms = job.batch.create_sent_ms;
  return status;
}

Result<Outcome> start(const LocalJob& job) {
  auto argv = job.provider.local_command(job.account, job.batch, job.batch.request_path, output_of(job));
  if (!argv) return std::move(argv.error());
  auto program = find_program(argv->front());
  if (!program) return std::move(program.error());
  argv->front() = std::move(*program);
  const ProcessFiles files = files_of(job);
  for (const std::string& old : {files.lock, files.log, files.exit, output_of(job)}) remove_file(old);
  // Made here, so that the log is there, and private, from the first moment on.
  for (const std::string& fresh : {files.log, files.lock}) {
    if (auto made = File::create(fresh); !made) return std::move(made.error());
  }
  if (auto started = start_process(*argv, environment_without(job.secret_variables), files); !started)
    return std::move(started.error());
  LocalRun run;
  run.started = run.running = true;
  Outcome outcome;
  outcome.status = status_of(job, run);
  return outcome;
}

Outcome cancel(const LocalJob& job, LocalRun run) {
  Outcome outcome;
  outcome.already_ended = !run.running;
  if (run.running) signal_process(files_of(job), SIGINT);
  run.cancelled = true;
  outcome.status = status_of(job, run);
  return outcome;
}

}  // namespace

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
      // Asked to stop before, and still there: less politely now.
      if (run.running && job.batch.cancel_wanted) signal_process(files_of(job), SIGTERM);
      outcome.status = status_of(job, run);
      break;
    case Op::cancel:
      return cancel(job, run);
    default:
      break;
  }
  return outcome;
}

}  // namespace br
