#include "cli/retry_rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "cli/clock.h"
#include "cli/job_notes.h"
#include "cli/out_file.h"

namespace cli {
namespace {

constexpr std::size_t kResultsAtOnce = 256;

using OwnedResult = std::unique_ptr<br_result, Freer<br_result_free>>;

// visit may keep what it is given.
void for_each_result(br_job* job, std::int32_t order, const std::function<void(OwnedResult&)>& visit) {
  br_results* opened = nullptr;
  call(br_results_open, job, &opened);
  const Results results(opened);
  if (order != BR_ORDER_ARRIVAL) call(br_results_set_order, opened, order);
  std::array<br_result*, kResultsAtOnce> some{};
  for (std::size_t count = 0; call(br_results_next, opened, some.data(), some.size(), &count) == BR_OK;) {
    for (std::size_t i = 0; i < count; ++i) {
      OwnedResult owned(some[i]);
      visit(owned);
    }
  }
}

std::string id_of(const br_result* result) {
  std::size_t size = 0;
  const char* id = br_result_custom_id(result, &size);
  return id == nullptr ? std::string() : std::string(id, size);
}

}  // namespace

RetryRounds::RetryRounds(Session* session, br_job* first, std::int64_t rounds)
    : session_(session), first_(first), left_(rounds), deadline_ms_(steady_ms() + timeout_ms(session->options())) {}

// false: there is nothing to ask again.
bool RetryRounds::begin_next() {
  if (left_ == 0 || !Failures::of(last()).may_help_to_retry()) return false;
  --left_;
  const Batch options(br_batch_new(nullptr));
  if (!options) throw std::bad_alloc();
  call(br_batch_set, options.get(), "continue", "1");
  call(br_batch_set, options.get(), "finished", "take");
  br_job* made = nullptr;
  br_error* error = nullptr;
  const br_status status =
      br_retry_with(session_->router(), last(), options.get(), nullptr, nullptr, nullptr, &made, &error);
  if (status == BR_ENOTFOUND) {  // the job did not keep its requests, or nothing of them is left to be sent
    br_error_free(error);
    return false;
  }
  if (status < 0) throw failure_of(status, error);
  jobs_.emplace_back(made);
  JobNotes notes;
  notes.is_round = true;
  keep_notes(br_job_id(made), notes);
  if (br_job_is_done(made) == 0) {
    call(br_resume, session_->router(), made);
    session_->progress().note(fmt::format("{}: asks {} requests again", br_job_id(made),
                                          grouped(br_job_count(made, BR_COUNT_TOTAL))));
  }
  return true;
}

End RetryRounds::run() {
  while (begin_next()) {
    End end = End::done;
    const std::int64_t left_ms = std::max<std::int64_t>(0, deadline_ms_ - steady_ms());
    follow(session_, {last()}, left_ms, [&](br_job*, End how) { end = how; });
    if (end != End::done) return end;
  }
  return End::done;
}

void RetryRounds::write_as_they_came(const Visit& put) {
  std::vector<std::unordered_set<std::string>> ids(jobs_.size() + 1);  // of each round
  for (std::size_t i = 1; i < ids.size(); ++i)
    for_each_result(job_at(i), BR_ORDER_ARRIVAL, [&](OwnedResult& result) { ids[i].insert(id_of(result.get())); });
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for_each_result(job_at(i), BR_ORDER_ARRIVAL, [&](OwnedResult& result) {
      const std::string id = id_of(result.get());
      const bool newer = std::any_of(ids.begin() + static_cast<std::ptrdiff_t>(i) + 1, ids.end(),
                                     [&](const auto& round) { return round.contains(id); });
      if (!newer) put(result.get());
    });
  }
}

// Holds the answers of the rounds in memory, which are those of the requests that failed the first time.
void RetryRounds::write_in_order(const Visit& put) {
  std::unordered_map<std::string, OwnedResult> newest;
  for (std::size_t i = 1; i <= jobs_.size(); ++i) {
    for_each_result(job_at(i), BR_ORDER_ARRIVAL, [&](OwnedResult& result) {
      newest[id_of(result.get())] = std::move(result);
    });
  }
  for_each_result(first_, BR_ORDER_INPUT, [&](OwnedResult& result) {
    const auto found = newest.find(id_of(result.get()));
    put(found == newest.end() ? result.get() : found->second.get());
  });
}

void RetryRounds::write(const std::string& path, std::int64_t* rows) {
  OutFile file(path);
  failures_ = {};
  *rows = 0;
  const auto put = [&](const br_result* result) {
    std::size_t size = 0;
    const char* line = br_result_json(result, &size);
    file.write(line, size);
    file.write("\n", 1);
    failures_.add(result);
    ++*rows;
  };
  if (session_->options().order == "input")
    write_in_order(put);
  else
    write_as_they_came(put);
  file.commit();
}

void RetryRounds::acknowledge() {
  for (std::size_t i = jobs_.size() + 1; i > 0; --i) call(br_job_ack_all, job_at(i - 1));
  for (const Job& job : jobs_) forget_notes(br_job_id(job.get()));
}

}  // namespace cli
