// list: the jobs of the state directory, offline and beside whoever works on them; or a vendor's own list of batches.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "cli/commands/commands.h"
#include "cli/json_view.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace cli {
namespace {

constexpr std::int64_t kRemoteLimit = 100;

// What jobs cost, summed in billionths of a dollar.
class CostSum {
 public:
  // The job's own at the batch price, as a cell: "-" where the table knows no price.
  std::string add(const br_job* job) {
    const JsonView view(br_job_json(job, nullptr));
    const std::string batch = view.text("/cost/batch_usd"), sync = view.text("/cost/sync_usd");
    if (batch.empty()) {
      ++unknown_;
      return "-";
    }
    batch_ += nano(batch);
    sync_ += nano(sync);
    return dollars(nano(batch));
  }
  void print() const {
    put("cost: {}", dollars(batch_));
    if (unknown_ != 0) put(", without {} of unknown price", unknown_);
    put("\n");
  }
  std::string json() const {
    return fmt::format(R"({{"sync_usd":{},"batch_usd":{},"saved_usd":{},"jobs_of_unknown_price":{}}})", usd(sync_),
                       usd(batch_), usd(sync_ - batch_), unknown_);
  }

 private:
  static constexpr std::int64_t kNano = 1'000'000'000;
  static std::int64_t nano(const std::string& usd) { return std::llround(std::strtod(usd.c_str(), nullptr) * kNano); }
  static double usd(std::int64_t nano) { return static_cast<double>(nano) / kNano; }
  static std::string dollars(std::int64_t nano) { return fmt::format("${:.4f}", usd(nano)); }

  std::int64_t batch_ = 0, sync_ = 0, unknown_ = 0;
};

void print_table(const br_job_list* list, bool is_remote) {
  const std::size_t count = br_job_list_count(list);
  if (count != 0) put("{:<25} {:<12} {:<12} {:>19} {:>11}  {}\n", is_remote ? "BATCH" : "JOB", "STATUS", "PROVIDER", "FINISHED",
                      is_remote ? "" : "COST", "OUTPUT");
  CostSum costs;
  for (std::size_t i = 0; i < count; ++i) {
    const br_job* job = br_job_list_get(list, i);
    const char* output = br_job_output(job);
    const char* batch = br_job_batch_id(job, 0);
    put("{:<25} {:<12} {:<12} {:>19} {:>11}  {}\n", is_remote ? (batch == nullptr ? "" : batch) : br_job_id(job),
               br_job_is_blocked(job) != 0 ? "blocked" : br_state_name(br_job_state(job)), br_job_provider(job),
               grouped(finished_requests(job)) + "/" + grouped(br_job_count(job, BR_COUNT_TOTAL)),
               is_remote ? "" : costs.add(job),
               output == nullptr ? "" : output);
    // Why a job does not go on stands below it.
    const char* reason = br_job_error_message(job);
    if (br_job_is_done(job) == 0 && reason != nullptr) put("    {}\n", reason);
  }
  if (count != 0 && !is_remote) costs.print();
}

void print_json(const br_job_list* list) {
  CostSum costs;
  fmt::print("{{\"jobs\":[");
  for (std::size_t i = 0; i < br_job_list_count(list); ++i) {
    const br_job* job = br_job_list_get(list, i);
    costs.add(job);
    fmt::print("{}{}", i == 0 ? "" : ",", printable_json(br_job_json(job, nullptr)));
  }
  fmt::print("],\"cost\":{}}}\n", costs.json());
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
