// watch: waits for a job and shows its progress; also beside the process that works on it.
#include <csignal>
#include <thread>

#include "cli/clock.h"
#include "cli/commands/commands.h"
#include "cli/follow.h"

namespace cli {
namespace {

constexpr auto kLookAgain = std::chrono::seconds(1);

// Another process owns the state, so all there is to do is to read it again and again. Nothing: it owns it no more.
std::optional<Exit> watch_other(const Options& options, Progress* progress, std::int64_t deadline) {
  for (;;) {
    const auto session = look_session(options);
    if (!session->is_observer()) return std::nullopt;
    const Job job = session->open_job(options.job);
    progress->show(job.get());
    const bool over = br_job_is_done(job.get()) != 0 || br_job_is_blocked(job.get()) != 0;
    if (over) return settle(session.get(), job.get(), br_job_is_done(job.get()) != 0 ? End::done : End::blocked, "");
    if (steady_ms() >= deadline) return settle(session.get(), job.get(), End::timed_out, "");
    std::this_thread::sleep_for(kLookAgain);
    if (session->signal() != 0) return settle(session.get(), job.get(), End::interrupted, "");
  }
}

}  // namespace

Exit run_watch(const Options& options) {
  need_state(options);
  const std::int64_t deadline = steady_ms() + timeout_ms(options);
  {
    Progress progress(options);
    if (const auto ended = watch_other(options, &progress, deadline)) return *ended;
  }
  Session session(options, Session::Mode::owner);
  const Job job = session.open_job(options.job);
  if (br_job_is_done(job.get()) == 0) call(br_resume, session.router(), job.get());
  Exit code = Exit::ok;
  follow(&session, {job.get()}, deadline - steady_ms(),
         [&](br_job* ended, End end) { code = settle(&session, ended, end, ""); });
  return code;
}

}  // namespace cli
