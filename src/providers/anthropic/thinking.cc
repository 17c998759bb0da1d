#include "providers/anthropic/thinking.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/json_cursor.h"
#include "providers/shared/text_rules.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::int64_t kLeastBudget = 1024;
// Tokens for the words, from minimal, where the model takes a budget; what Google's own surface takes the words for.
constexpr std::array<std::int64_t, 6> kBudgets = {1024, 1024, 8192, 24576, 28672, 28672};

std::int64_t integer_of(std::string_view token) {
  std::int64_t value = 0;
  std::from_chars(token.data(), token.data() + token.size(), value);
  return value;
}

BrokenRule broken(std::string field, std::string why, std::string fix) {
  return {0, std::move(field), std::move(why), std::move(fix), true};
}

std::string efforts_of(const ModelFacts& model) {
  return model.efforts ? list_efforts(*model.efforts) : "low, medium, high, xhigh and max";
}

// "none": thinking off, in the model's own way.
std::optional<BrokenRule> plan_off(const ModelFacts& model, ThinkingPlan* plan) {
  if (model.never_reasons()) return std::nullopt;
  if (model.may_think(Thinking::disabled)) plan->type = Thinking::disabled;
  else if (model.may_think(Thinking::between_tools)) plan->type = Thinking::between_tools;
  else
    return broken("reasoning", "cannot turn thinking off for this model, which always thinks",
                  "remove it, or use an effort such as low");
  return std::nullopt;
}

// The budget that stands for a word, with room for the answer.
std::optional<BrokenRule> plan_budget_of_word(Effort word, std::int64_t max_tokens, ThinkingPlan* plan) {
  const auto at = std::clamp<std::size_t>(static_cast<std::size_t>(word), 1, kBudgets.size()) - 1;
  std::int64_t budget = kBudgets[at];
  if (max_tokens > 0) budget = std::max(kLeastBudget, std::min(budget, max_tokens / 2));
  if (max_tokens > 0 && budget >= max_tokens)
    return broken("reasoning",
                  "thinks with this model on a budget of 1024 tokens or more, which has to be below max_tokens, and that is " +
                      std::to_string(max_tokens),
                  "raise generation_config.max_tokens or remove reasoning");
  plan->type = Thinking::enabled;
  plan->budget = budget;
  return std::nullopt;
}

std::optional<BrokenRule> plan_word(std::string_view text, const ModelFacts& model, std::int64_t max_tokens,
                                    ThinkingPlan* plan) {
  const auto word = read_effort(text);
  if (!word || *word == Effort::standard)
    return broken("reasoning", "takes the efforts none, minimal, low, medium, high, xhigh and max, not " + std::string(text),
                  "use one of them");
  if (*word == Effort::none) return plan_off(model, plan);
  if (model.never_reasons())
    return broken("reasoning", "has no thinking with this model", "remove it, or use a model that thinks");
  if (!model.may_think(Thinking::adaptive)) return plan_budget_of_word(*word, max_tokens, plan);
  plan->type = Thinking::adaptive;
  Few<Effort> usual;
  for (const Effort each : {Effort::low, Effort::medium, Effort::high, Effort::xhigh, Effort::max}) usual.add(each);
  plan->effort = fit_effort(*word, model.efforts ? *model.efforts : usual);
  if (plan->effort && *plan->effort != *word)
    plan->note = "reasoning: the model takes the efforts " + efforts_of(model) + ", not " + std::string(text) + "; " +
                 std::string(word_of(*plan->effort)) + " is sent";
  return std::nullopt;
}

std::optional<BrokenRule> plan_budget(std::string_view token, const ModelFacts& model, std::int64_t max_tokens,
                                      ThinkingPlan* plan) {
  const std::string given(token), path = "reasoning.budget_tokens";
  const std::int64_t budget = integer_of(token);
  if (model.never_reasons())
    return broken(path, "has no thinking with this model", "remove it, or use a model that thinks");
  if (!model.may_think(Thinking::enabled))
    return broken(path, "takes no budget with this model, whose thinking is adaptive",
                  "give reasoning as an effort: " + efforts_of(model));
  if (budget < kLeastBudget)
    return broken(path, "takes at least " + std::to_string(kLeastBudget) + ", not " + given, "raise or remove it");
  if (max_tokens > 0 && budget >= max_tokens)
    return broken(path, "takes a budget below max_tokens, which is " + std::to_string(max_tokens) + ", not " + given,
                  "lower it or raise generation_config.max_tokens");
  plan->type = Thinking::enabled;
  plan->budget = budget;
  return std::nullopt;
}

std::optional<Thinking> read_type(std::string_view token) {
  for (const Thinking type : {Thinking::adaptive, Thinking::enabled, Thinking::disabled, Thinking::between_tools})
    if (inside(token) == word_of(type)) return type;
  return std::nullopt;
}

// Checks the rules of one request, one after the other.
class Rules {
 public:
  Rules(const ClaudeFields& fields, const ThinkingPlan& plan, const ModelFacts& model)
      : f_(fields), plan_(plan), model_(model) {
    if (!f_.thinking.is_there()) {
      type_ = plan.type;
      thinking_path_ = "reasoning";
    } else {
      type_ = read_type(member_of(f_.thinking.json, "type"));
      thinking_path_ = f_.thinking.path();
    }
    thinks_ = type_ == Thinking::adaptive || type_ == Thinking::enabled;
  }

  std::optional<ClaudeConflict> first() const {
    using Check = std::optional<ClaudeConflict> (Rules::*)() const;
    for (const Check check : {&Rules::own_thinking, &Rules::own_budget, &Rules::efforts, &Rules::sampling,
                              &Rules::forced_tools, &Rules::prefill, &Rules::stops}) {
      if (auto found = (this->*check)()) return found;
    }
    return std::nullopt;
  }

 private:
  static ClaudeConflict conflict(ClaudeField field, const Given& given, std::string why, std::string fix) {
    const bool left_out = field != ClaudeField::other && !given.in_kwargs();
    return {{0, given.path(), std::move(why), std::move(fix), left_out}, field};
  }
  std::string beside() const { return " beside thinking (" + thinking_path_ + ")"; }

  // thinking in provider_kwargs: a type the model has.
  std::optional<ClaudeConflict> own_thinking() const {
    if (!f_.thinking.is_there() || !type_ || model_.may_think(*type_)) return std::nullopt;
    const std::string type(word_of(*type_));
    if (model_.never_reasons() && *type_ == Thinking::disabled) return std::nullopt;
    return conflict(ClaudeField::other, f_.thinking, "takes no thinking of type " + type + " with this model",
                    *type_ == Thinking::enabled ? "give {\"type\":\"adaptive\"} and output_config.effort, or reasoning as a word"
                                                : "give reasoning as a word, which is said as the model takes it");
  }

  // A budget in provider_kwargs. Between tool calls thinking may take more than max_tokens.
  std::optional<ClaudeConflict> own_budget() const {
    if (!f_.thinking.is_there() || type_ != Thinking::enabled || !model_.thinking) return std::nullopt;
    const std::int64_t budget = integer_of(member_of(f_.thinking.json, "budget_tokens"));
    const std::int64_t most = integer_of(f_.max_tokens.json);
    if (budget < kLeastBudget)
      return conflict(ClaudeField::other, f_.thinking, "takes budget_tokens of at least 1024", "raise it");
    if (!f_.max_tokens.is_there() || budget < most || f_.has_tools) return std::nullopt;
    return conflict(ClaudeField::other, f_.thinking,
                    "takes budget_tokens below max_tokens (" + f_.max_tokens.path() + "), which is " + std::to_string(most),
                    "lower the one or raise the other");
  }

  // output_config.effort of provider_kwargs, and what goes with thinking turned off.
  std::optional<ClaudeConflict> efforts() const {
    const auto effort = f_.effort.is_there() ? read_effort(inside(f_.effort.json)) : plan_.effort;
    if (f_.effort.is_there() && model_.efforts && (!effort || !model_.efforts->has(*effort))) {
      if (model_.efforts->empty())
        return conflict(ClaudeField::other, f_.effort, "has no effort with this model",
                        "remove it, and give reasoning as a word");
      return conflict(ClaudeField::other, f_.effort, "takes the efforts " + list_efforts(*model_.efforts) + " with this model",
                      "use one of them");
    }
    const bool off = type_ == Thinking::disabled || type_ == Thinking::between_tools;
    const bool above = effort == Effort::xhigh || effort == Effort::max;
    if (!off || !above || !model_.refuses.has(Refusal::disabled_above_high)) return std::nullopt;
    return conflict(ClaudeField::other, f_.effort.is_there() ? f_.effort : f_.thinking,
                    "turns thinking off (" + thinking_path_ + ") at efforts up to high only", "use high, or let it think");
  }

  std::optional<ClaudeConflict> sampling() const {
    const double heat = number_of(f_.temperature.json), top_p = number_of(f_.top_p.json);
    constexpr double kDefaultTopP = 0.99, kLeastTopP = 0.95;
    const bool cold = f_.temperature.is_there() && heat != 1;
    if (cold && model_.refuses.has(Refusal::temperature))
      return conflict(ClaudeField::temperature, f_.temperature, with_model("temperature but 1"), "remove it");
    if (cold && thinks_)
      return conflict(ClaudeField::temperature, f_.temperature, "takes no temperature but 1" + beside(), "remove one of them");
    if (f_.top_k.is_there() && model_.refuses.has(Refusal::top_k))
      return conflict(ClaudeField::top_k, f_.top_k, with_model("top_k"), "remove it");
    if (f_.top_k.is_there() && thinks_)
      return conflict(ClaudeField::top_k, f_.top_k, "takes no top_k" + beside(), "remove one of them");
    if (!f_.top_p.is_there()) return std::nullopt;
    if (top_p != kDefaultTopP && model_.refuses.has(Refusal::top_p))
      return conflict(ClaudeField::top_p, f_.top_p, with_model("top_p"), "remove it");
    if (top_p < kLeastTopP && thinks_)
      return conflict(ClaudeField::top_p, f_.top_p, "takes top_p from 0.95 to 1" + beside(), "raise or remove it");
    if (f_.temperature.is_there() && model_.refuses.has(Refusal::temperature_with_top_p))
      return conflict(ClaudeField::top_p, f_.top_p,
                      "takes temperature or top_p with this model, not both (" + f_.temperature.path() + ")",
                      "remove one of them");
    return std::nullopt;
  }

  std::optional<ClaudeConflict> forced_tools() const {
    if (!f_.tool_choice.is_there()) return std::nullopt;
    const auto kind = read_tool_choice(f_.tool_choice.json).kind;
    if (kind != ToolChoice::Kind::required && kind != ToolChoice::Kind::named) return std::nullopt;
    if (model_.refuses.has(Refusal::forced_tools))
      return conflict(ClaudeField::tool_choice, f_.tool_choice, with_model("tool_choice that forces a tool"),
                      "use auto, and make the tool strict");
    if (!thinks_) return std::nullopt;
    return conflict(ClaudeField::tool_choice, f_.tool_choice, "forces no tool" + beside(),
                    "use auto or none, or turn thinking off");
  }

  std::optional<ClaudeConflict> prefill() const {
    if (!f_.ends_with_assistant) return std::nullopt;
    const Given messages{"[]", "messages", {}};
    if (model_.refuses.has(Refusal::prefill))
      return conflict(ClaudeField::other, messages,
                      "takes no last message of the assistant's to go on from with this model", "end with a user message");
    if (!thinks_) return std::nullopt;
    return conflict(ClaudeField::other, messages, "takes no last message of the assistant's to go on from" + beside(),
                    "end with a user message, or turn thinking off");
  }

  std::optional<ClaudeConflict> stops() const {
    if (!f_.stop_sequences.json.starts_with('[')) return std::nullopt;
    JsonCursor cursor(f_.stop_sequences.json.data(), f_.stop_sequences.json.size());
    cursor.enter_array();
    std::string_view stop;
    while (cursor.next_element() && cursor.skip(&stop)) {
      if (stop.starts_with('"') && is_blank(stop))
        return conflict(ClaudeField::stop_sequences, f_.stop_sequences, "takes no stop sequence that is blank", "remove it");
    }
    return std::nullopt;
  }

  static std::string with_model(std::string_view what) { return "takes no " + std::string(what) + " with this model"; }

  const ClaudeFields& f_;
  const ThinkingPlan& plan_;
  const ModelFacts& model_;
  std::optional<Thinking> type_;
  std::string thinking_path_;
  bool thinks_ = false;
};

}  // namespace

std::optional<BrokenRule> plan_thinking(const Reasoning& reasoning, const ModelFacts& model, std::int64_t max_tokens,
                                        ThinkingPlan* plan) {
  if (!reasoning.other.empty())
    return broken("reasoning." + std::string(reasoning.other), "takes effort and budget_tokens", "remove it");
  if (reasoning.budget_tokens.empty())
    return reasoning.effort.empty() ? std::nullopt : plan_word(reasoning.effort, model, max_tokens, plan);
  if (reasoning.effort == "none") return plan_off(model, plan);
  if (auto wrong = plan_budget(reasoning.budget_tokens, model, max_tokens, plan)) return wrong;
  const auto word = read_effort(reasoning.effort);
  // A model without efforts has the budget, which says the same more exactly.
  if (word && (!model.efforts || model.efforts->has(*word))) plan->effort = word;
  return std::nullopt;
}

std::optional<ClaudeConflict> find_conflict(const ClaudeFields& fields, const ThinkingPlan& plan,
                                            const ModelFacts& model) {
  return Rules(fields, plan, model).first();
}

std::optional<BrokenRule> find_blank_text(const Request& r) {
  for (const SystemText& system : r.system) {
    if (is_blank(system.text_json))
      return BrokenRule{r.system_column, "system_prompt", "takes no text of nothing but blanks", "write something or remove it", false};
  }
  for (std::size_t m = 0; m < r.messages.size(); ++m) {
    const Message& message = r.messages[m];
    for (std::uint32_t p = 0; p < message.part_count; ++p) {
      const Part& part = r.parts[message.first_part + p];
      if (part.kind != PartKind::text) continue;
      const auto at = [m] { return "messages[" + std::to_string(m) + "].content"; };
      const bool last = m + 1 == r.messages.size() && p + 1 == message.part_count;
      if (is_blank(part.text_json))
        return BrokenRule{part.column, at(), "takes no text of nothing but blanks", "write something or remove it", false};
      if (last && message.role == Role::assistant && ends_in_blank(part.text_json))
        return BrokenRule{part.column, at(), "takes no last text of the assistant's that ends in a blank", "trim it", false};
    }
  }
  return std::nullopt;
}

}  // namespace br
