// What models take: how each is told to reason, and what it refuses. One dated table for all vendors, which a file can
// replace (models.file, docs/models.md). A model that is not in it is refused nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace br {

// The words of `reasoning`, from the least; standard is "default", for models that reason or don't, in one way.
enum class Effort : std::uint8_t { none, minimal, low, medium, high, xhigh, max, standard };

std::string_view word_of(Effort effort);
// Nothing: it is none of those words.
std::optional<Effort> read_effort(std::string_view word);

// The values of Anthropic's thinking.type.
enum class Thinking : std::uint8_t { adaptive, enabled, disabled, between_tools };

std::string_view word_of(Thinking type);

// How the vendor wants the word of `reasoning` said.
enum class ReasoningForm : std::uint8_t {
  word,         // the vendor's own field for an effort
  budget,       // Gemini 2.5: a number of tokens
  on_off,       // Together: {"reasoning":{"enabled":…}}
  prompt_mode,  // Mistral: {"prompt_mode":"reasoning"}
};

// What a model refuses; values that change nothing, such as temperature 1, are taken all the same.
enum class Refusal : std::uint8_t {
  temperature,
  top_p,
  top_k,
  penalties,
  stop,
  prefill,              // a last message of the assistant's
  forced_tools,         // a tool_choice that makes the model call a tool
  chat_tools,           // functions on chat completions
  temperature_with_top_p,
  disabled_above_high,  // thinking turned off at an effort above high
};

// Some values of an enum.
template <class E>
class Few {
 public:
  void add(E value) { bits_ |= 1U << static_cast<unsigned>(value); }
  bool has(E value) const { return (bits_ >> static_cast<unsigned>(value) & 1U) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  std::uint32_t bits_ = 0;
};

struct ModelFacts {
  std::optional<Few<Effort>> efforts;  // nothing: not known, so that any word goes through
  std::optional<Few<Thinking>> thinking;
  ReasoningForm form = ReasoningForm::word;
  std::optional<Effort> default_effort;  // what it reasons with where nothing is said
  std::int64_t least_budget = 0, most_budget = 0;  // 0: not known
  Few<Refusal> refuses, refuses_reasoning;         // always; while it reasons

  bool may_think(Thinking type) const { return !thinking || thinking->has(type); }
  // The model is known, and nothing makes it reason.
  bool never_reasons() const {
    return efforts && efforts->empty() && !default_effort && (!thinking || thinking->empty());
  }
};

// The effort to send for a word: itself, else the next below it that is not none, else the next above. Nothing: none of
// them stands for it, as none does for a model that always reasons.
std::optional<Effort> fit_effort(Effort word, const Few<Effort>& efforts);
// "none, low and high"
std::string list_efforts(const Few<Effort>& efforts);

class ModelTable {
 public:
  // The table of this release.
  static const ModelTable& built_in();
  // Code::config where the text is no table; name: of the file, for messages.
  static Result<ModelTable> parse(std::string_view text, const std::string& name);

  const std::string& date() const { return date_; }
  // What is known of the model where requests are written in the words of `provider`: "anthropic" for Claude and "google"
  // for Gemini whoever serves them. The longest name counts that the model's id holds, as fits_name() says. Unknown
  // models have ModelFacts{}.
  const ModelFacts& find(std::string_view provider, std::string_view model) const;

 private:
  struct Row {
    std::string provider, name;
    ModelFacts facts;
  };
  std::string date_;
  std::vector<Row> rows_;
};

// Whether the id is of the model of that name: it begins with it, or has it behind '.', '/' or ':', and it ends there or
// goes on with what is no other version: a date, a platform's suffix, a variant, but no number of one or two digits.
bool fits_name(std::string_view id, std::string_view name);

// Finds models in a table and remembers the last one, for files whose lines are for one model. One per thread.
class ModelLookup {
 public:
  explicit ModelLookup(const ModelTable& table) : table_(&table) {}
  const ModelFacts& find(std::string_view provider, std::string_view model);

 private:
  const ModelTable* table_;
  std::string provider_, model_;
  const ModelFacts* facts_ = nullptr;
};

}  // namespace br
