#pragma once

#include <memory>
#include <string>

#include "emulator/anthropic/prompt_cache.h"
#include "emulator/base/json.h"
#include "emulator/base/options.h"
#include "emulator/batches/batch.h"
#include "emulator/batches/rows.h"
#include "emulator/openai/body.h"

namespace br::emulator {

// Why the Messages API does not take the params of a request; an empty message if it takes them.
struct ParamsProblem {
  std::string type = "invalid_request_error";
  std::string message;
};
ParamsProblem anthropic_params_problem(const EmulatorOptions& options, const json::Value& params,
                                       std::string_view api_version);

// Writes the message that answers the params. prompt: what went in, and which cache it came from or went to.
Tokens write_anthropic_message(json::Writer& out, const Question& question, const json::Value& params,
                               const Tokens& prompt);
// The tokens of the prompt, where nothing is cached.
Tokens anthropic_prompt_tokens(const json::Value& params);

// The requests of a message batch: `{custom_id, params}` in, `{custom_id, result}` out.
class AnthropicRows {
 public:
  explicit AnthropicRows(const EmulatorOptions& options) : options_(options) {}

  // The check that the create call makes; the params are judged when their row runs.
  static std::unique_ptr<LineCheck> check();
  RowAnswer answer(const Batch& batch, const Row& row);
  std::string unanswered(const Row& row, Unanswered why);

 private:
  const EmulatorOptions& options_;
  PromptCache cache_;
  json::Arena arena_;
  json::Writer out_;
};

}  // namespace br::emulator
