#include "core/results/canary_rows.h"

#include <algorithm>
#include <array>

#include "codec/json_read.h"
#include "codec/jsonl.h"

namespace br {
namespace {

// Types of results that no row of the vendor stands behind.
constexpr std::array<std::string_view, 6> kWithoutRow = {"missing",      "malformed",    "not_submitted",
                                                         "batch_failed", "results_gone", "abandoned"};
// What vendors call a refusal of the content: it says nothing about the form.
constexpr std::array<std::string_view, 6> kContentWords = {"content_filter", "content_policy", "safety",
                                                           "moderation",     "blocked_prompt", "policy_violation"};

bool is_about_content(const std::string& text) {
  return std::any_of(kContentWords.begin(), kContentWords.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

}  // namespace

CanaryRow judge_canary_row(std::string_view line, std::string* why) {
  const auto json = Json::parse(line);
  if (json == nullptr) return CanaryRow::unanswered;
  const std::string status = (*json)["status"].string_or("");
  if (status == "succeeded") return CanaryRow::answered;
  if (status != "errored") return CanaryRow::unanswered;
  const Json& error = (*json)["error"];
  const std::string type = error["type"].string_or(""), code = error["code"].string_or("");
  const bool is_own = std::count(kWithoutRow.begin(), kWithoutRow.end(), type) > 0;
  *why = error["message"].string_or(type);
  if (error["transient"].boolean()) return is_own ? CanaryRow::unanswered : CanaryRow::answered;
  if (is_about_content(type) || is_about_content(code)) return CanaryRow::answered;
  return CanaryRow::refused;
}

Result<std::string> canary_refusal(const ResultFile& results) {
  std::int64_t answered = 0;
  std::string refusal, last;
  auto read = for_each_result(results, [&](const Line& line, std::string_view id) -> Result<void> {
    std::string why;
    const CanaryRow row = judge_canary_row({line.data, line.size}, &why);
    if (row == CanaryRow::answered) ++answered;
    if (row == CanaryRow::refused && refusal.empty()) refusal = "the request \"" + std::string(id) + "\" was refused: " + why;
    if (row == CanaryRow::unanswered && !why.empty()) last = why;
    return {};
  });
  BR_RETURN_IF_ERROR(read);
  if (!refusal.empty() || answered > 0) return refusal;
  return last.empty() ? std::string("none of its requests was answered") : "none of its requests was answered: " + last;
}

}  // namespace br
