// watch: waits for a job and shows its progress; also beside the process that works on it.
#include <csignal>
#include <thread>

#include "cli/clock.h"
#include "cli/commands/commands.h"
#include "cli/follow.h"

namespace cli {
namespace {

constexpr auto kLookAgain = std::chrono::seconds(1);

// What stands with the job while its owner is in trouble: told when it begins, when it changes, and when it is over.
class Reasons {
 public:
  void tell(const br_job* job, Progress* progress) {
    const char* said = br_job_error_message(job);
    const std::string now = said == nullptr || br_job_is_blocked(job) != 0 || br_job_is_done(job) != 0 ? "" : said;
    if (now == told_ || progress->is_silent()) return;
    if (!now.empty()) progress->note(std::string("warning: ") + br_job_id(job) + ": " + now);
    else if (br_job_is_blocked(job) == 0) progress->note(std::string("warning: ") + br_job_id(job) + ": that is over");
    told_ = now;
  }

 private:
  std::string told_;
};

// Another process owns the state, so all there is to do is to read it again and again. Nothing: it owns it no more.
std::optional<Exit> watch_other(const Options& options, Progress* progress, std::int64_t deadline) {
  Reasons reasons;
  for (;;) {
    const auto session = look_session(options);
    if (!session->is_observer()) return std::nullopt;
    const Job job = session->open_job(options.job);
    progress->show(job.get());
    reasons.tell(job.get(), progress);
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
