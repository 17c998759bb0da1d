#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/json.h"
#include "emulator/base/options.h"
#include "emulator/batches/batch.h"
#include "emulator/batches/rows.h"
#include "emulator/openai/body.h"
#include "emulator/openai/prefix_cache.h"

namespace br::emulator {

// How a vendor writes the rows of its result files.
enum class RowShape { kOpenAi, kAzure, kTogether, kMistral, kXai, kDoubleword, kFireworks };

// Where the lines that a vendor takes, and the rows that it gives, differ from OpenAI's.
struct RowRules {
  RowShape shape = RowShape::kOpenAi;
  AnswerShape answers = AnswerShape::kOpenAi;
  bool body_only = false;     // lines of `custom_id` and `body`
  bool mixed_models = false;  // and an unknown model is the row's trouble, not the batch's
  bool mixed_urls = false;
  bool caches = false;            // prompts, unasked
  bool repeated_ids = false;      // nobody there looks
  bool model_in_body = true;      // or the job names it
  std::vector<std::string> urls;  // of the lines, where the batch has no endpoint
  BodyRules body;
};

// Lines of OpenAI's batch files and of those who took them over: `{custom_id, method, url, body}` in,
// `{id, custom_id, response, error}` out.
class OpenAiRows {
 public:
  explicit OpenAiRows(const EmulatorOptions& options, RowRules rules = {})
      : options_(options), rules_(std::move(rules)) {}

  std::unique_ptr<LineCheck> check(const Batch& batch) const;
  RowAnswer answer(const Batch& batch, const Row& row);
  // Empty where the vendor says nothing about rows that it never came to.
  std::string unanswered(const Row& row, Unanswered why);
  const RowRules& rules() const { return rules_; }

 private:
  BodyProblem problem_of(const Batch& batch, const Row& row, std::string_view endpoint, const json::Value& body) const;
  int64_t cached_tokens(const Batch& batch, const Row& row, const json::Value& body);
  void write_failure(const Row& row, int status, const BodyProblem& problem);
  void write_head(std::string_view custom_id, uint64_t digits);

  const EmulatorOptions& options_;
  RowRules rules_;
  PrefixCache cache_;
  json::Arena arena_;
  json::Writer out_;
};

}  // namespace br::emulator
