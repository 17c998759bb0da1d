// list: the jobs of the state directory, offline and beside whoever works on them; or a vendor's own list of batches.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace cli {
namespace {

constexpr std::int64_t kRemoteLimit = 100;

void print_table(const br_job_list* list, bool is_remote) {
  const std::size_t count = br_job_list_count(list);
  if (count != 0) put("{:<25} {:<12} {:<12} {:>19}  {}\n", is_remote ? "BATCH" : "JOB", "STATUS", "PROVIDER", "FINISHED", "OUTPUT");
  for (std::size_t i = 0; i < count; ++i) {
    const br_job* job = br_job_list_get(list, i);
    const char* output = br_job_output(job);
    const char* batch = br_job_batch_id(job, 0);
    put("{:<25} {:<12} {:<12} {:>19}  {}\n", is_remote ? (batch == nullptr ? "" : batch) : br_job_id(job),
               br_job_is_blocked(job) != 0 ? "blocked" : br_state_name(br_job_state(job)), br_job_provider(job),
               grouped(finished_requests(job)) + "/" + grouped(br_job_count(job, BR_COUNT_TOTAL)),
               output == nullptr ? "" : output);
    // Why a job does not go on stands below it.
    const char* reason = br_job_error_message(job);
    if (br_job_is_done(job) == 0 && reason != nullptr) put("    {}\n", reason);
  }
}

void print_json(const br_job_list* list) {
  fmt::print("{{\"jobs\":[");
  for (std::size_t i = 0; i < br_job_list_count(list); ++i)
    fmt::print("{}{}", i == 0 ? "" : ",", printable_json(br_job_json(br_job_list_get(list, i), nullptr)));
  fmt::print("]}}\n");
}

}  // namespace

Exit run_list(const Options& options) {
  if (options.remote && options.provider.empty())
    throw Failure(Exit::usage, "list --remote: it is not said whose batches", "add --provider");
  br_job_list* found = nullptr;
  std::unique_ptr<Session> session;
  if (options.remote) {
    session = look_session(options);
    const std::int64_t limit = options.limit == 0 ? kRemoteLimit : options.limit;
    call(br_list_remote, session->router(), options.provider.c_str(), limit, kAskTimeoutMs, &found);
  } else if (find_state(options)) {
    session = std::make_unique<Session>(options, Session::Mode::observer);
    const char* provider = options.provider.empty() ? nullptr : options.provider.c_str();
    call(br_list, session->router(), provider, options.limit, &found);
  }
  const JobList list(found);
  if (options.json) print_json(list.get());
  else print_table(list.get(), options.remote);
  return Exit::ok;
}

}  // namespace cli
