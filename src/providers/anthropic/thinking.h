// How a Claude model is told to think: the word or the budget of `reasoning` in the words that the model takes, whoever
// serves it; and what Anthropic refuses beside thinking, or for a model in any case. Pure: decided before anything is
// written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/request.h"
#include "providers/shared/broken_rule.h"
#include "providers/shared/given.h"
#include "providers/shared/models.h"
#include "providers/shared/unified_fields.h"

namespace br {

struct ThinkingPlan {
  std::optional<Thinking> type;  // of "thinking"; nothing: it is not written
  std::int64_t budget = 0;       // beside enabled
  std::optional<Effort> effort;  // of "output_config"; nothing: none
  std::string note;              // for the caller: what stands for a word that the model lacks; empty: nothing
};

// max_tokens: as it will be sent, 0 where the default is raised by the budget. A broken rule leaves the plan empty.
std::optional<BrokenRule> plan_thinking(const Reasoning& reasoning, const ModelFacts& model, std::int64_t max_tokens,
                                        ThinkingPlan* plan);

// What of a request bears on thinking, as it will be sent.
struct ClaudeFields {
  Given temperature, top_p, top_k, tool_choice, max_tokens, stop_sequences;
  Given thinking, effort;     // with kwargs' values, or the json of nothing where the plan counts
  bool has_tools = false;
  bool ends_with_assistant = false;
};

enum class ClaudeField : std::uint8_t { temperature, top_p, top_k, tool_choice, stop_sequences, other };

struct ClaudeConflict {
  BrokenRule rule;
  ClaudeField field = ClaudeField::other;  // what may be left out
};

// The first rule that the fields break for the model, thinking as the plan or provider_kwargs say.
std::optional<ClaudeConflict> find_conflict(const ClaudeFields& fields, const ThinkingPlan& plan,
                                            const ModelFacts& model);

// Texts of nothing but blanks, and a last text of the assistant's that ends in one.
std::optional<BrokenRule> find_blank_text(const Request& request);

}  // namespace br
