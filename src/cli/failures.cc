#include "cli/failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include "cli/json_text.h"
#include "cli/progress.h"
#include "cli/terminal.h"

namespace cli {
namespace {

constexpr std::size_t kAtOnce = 256, kMostKinds = 1'000, kShown = 5;

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

// The message with "#" for each word that has a digit.
std::string kind_of(const std::string& message) {
  std::istringstream words(message);
  std::string kind;
  for (std::string word; words >> word;) {
    const bool varies = std::any_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    kind += (varies ? std::string("#") : word) + " ";
  }
  return kind;
}

// What did not succeed for a reason outside of the request may work the next time.
bool may_work_again(const br_result* result) {
  const std::int32_t status = br_result_status(result);
  return status == BR_RESULT_CANCELLED || status == BR_RESULT_EXPIRED || br_result_is_transient(result) != 0;
}

}  // namespace

Failures Failures::of(br_job* job) {
  Failures failures;
  br_results* opened = nullptr;
  call(br_results_open, job, &opened);
  const Results results(opened);
  std::array<br_result*, kAtOnce> some{};
  for (std::size_t count = 0; call(br_results_next, opened, some.data(), some.size(), &count) == BR_OK;) {
    for (std::size_t i = 0; i < count; ++i) {
      failures.add(some[i]);
      br_result_free(some[i]);
    }
  }
  return failures;
}

void Failures::add(const br_result* result) {
  if (br_result_status(result) == BR_RESULT_SUCCEEDED) return;
  Reason reason = {1, text_or_empty(br_result_error_type(result)), text_or_empty(br_result_error_code(result)),
                   text_or_empty(br_result_error_message(result)), may_work_again(result)};
  ++count_;
  may_help_ = may_help_ || reason.may_help_to_retry;
  if (reason.message.empty()) reason.message = br_result_status_name(br_result_status(result));
  const std::string kind = reason.type + "\n" + reason.code + "\n" + kind_of(reason.message);
  if (const auto known = by_kind_.find(kind); known != by_kind_.end())
    ++known->second.count;
  else if (by_kind_.size() < kMostKinds)
    by_kind_.emplace(kind, std::move(reason));
  else
    ++others_;
}

std::vector<Failures::Reason> Failures::reasons() const {
  std::vector<Reason> all;
  for (const auto& [kind, reason] : by_kind_) all.push_back(reason);
  std::stable_sort(all.begin(), all.end(), [](const Reason& a, const Reason& b) { return a.count > b.count; });
  return all;
}

std::string Failures::text() const {
  std::string out;
  std::int64_t told = 0;
  const std::vector<Reason> all = reasons();
  for (std::size_t i = 0; i < std::min(all.size(), kShown); ++i) {
    const std::string& name = all[i].type.empty() ? all[i].code : all[i].type;
    out += fmt::format("  {} times {}{}{}\n", grouped(all[i].count), name, name.empty() ? "" : ": ", all[i].message);
    told += all[i].count;
  }
  if (told < count_) out += fmt::format("  {} times something else\n", grouped(count_ - told));
  return out;
}

std::string Failures::json() const {
  std::string out;
  for (const Reason& reason : reasons())
    out += fmt::format(R"({}{{"count":{},"type":{},"code":{},"message":{},"transient":{}}})", out.empty() ? "" : ",",
                       reason.count, json_text(reason.type), json_text(reason.code), json_text(reason.message),
                       reason.may_help_to_retry);
  return "[" + out + "]";
}

}  // namespace cli
