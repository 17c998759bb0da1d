// generationConfig: the numbers, the form of the answer, and how much the model thinks.
#include <array>
#include <charconv>

#include "providers/google/encoder.h"

namespace br {
namespace {

constexpr int kMaxStops = 5;

// The words in upper case are the levels of Gemini 3; in tokens, from minimal, what Google's own OpenAI surface takes them
// for on 2.5.
constexpr std::array<std::string_view, 6> kLevels = {"MINIMAL", "LOW", "MEDIUM", "HIGH", "HIGH", "HIGH"};
constexpr std::array<std::int64_t, 6> kBudgets = {1024, 1024, 8192, 24576, 24576, 24576};

}  // namespace

void GoogleEncoder::config_field(std::string_view name, std::string_view json) {
  if (json.empty()) return;
  if (!first_config_) out_->push_back(',');
  first_config_ = false;
  out_->append("\"").append(name).append("\":").append(json);
}

// Text is what the vendor answers anyway.
bool GoogleEncoder::is_plain_text() const {
  return r_.response_format_json.empty() ||
         read_response_format(r_.response_format_json).kind == ResponseFormat::Kind::text;
}

bool GoogleEncoder::generation_config(BodyWriter* w) {
  const Generation& g = r_.generation;
  const bool any = !g.max_tokens.empty() || !g.temperature.empty() || !g.top_p.empty() || !g.top_k.empty() ||
                   !g.stop_sequences_json.empty() || !g.presence_penalty.empty() || !g.frequency_penalty.empty() ||
                   !r_.seed_json.empty() || !is_plain_text() || !r_.reasoning_json.empty();
  if (!any) return true;
  const std::size_t begun = out_->size();
  if (!numbers() || !seed() || !response_format() || !thinking()) return false;
  w->object_since("generationConfig", begun);
  return true;
}

bool GoogleEncoder::numbers() {
  const Generation& g = r_.generation;
  config_field("maxOutputTokens", g.max_tokens);
  config_field("temperature", g.temperature);
  config_field("topP", g.top_p);
  config_field("topK", g.top_k);
  config_field("presencePenalty", g.presence_penalty);
  config_field("frequencyPenalty", g.frequency_penalty);
  const int stops = count_strings(g.stop_sequences_json);
  if (stops > kMaxStops)
    return unsupported(r_.generation_column, "generation_config.stop_sequences",
                       "takes at most " + std::to_string(kMaxStops) + " stop sequences, not " + std::to_string(stops),
                       "remove some");
  config_field("stopSequences", g.stop_sequences_json);
  return true;
}

bool GoogleEncoder::seed() {
  if (r_.seed_json.empty()) return true;
  std::int32_t value = 0;
  const auto read = std::from_chars(r_.seed_json.data(), r_.seed_json.data() + r_.seed_json.size(), value);
  if (read.ec != std::errc())
    return unsupported(r_.seed_column, "seed", "takes seeds of 32 bits, not " + std::string(r_.seed_json),
                       "use a smaller one");
  config_field("seed", r_.seed_json);
  return true;
}

bool GoogleEncoder::response_format() {
  if (r_.response_format_json.empty()) return true;
  const ResponseFormat format = read_response_format(r_.response_format_json);
  switch (format.kind) {
    case ResponseFormat::Kind::text:
      return true;
    case ResponseFormat::Kind::json_object:
      config_field("responseMimeType", "\"application/json\"");
      return true;
    case ResponseFormat::Kind::json_schema: {
      std::string schema;
      if (!rewritten_schema(kGeminiSchema, format.schema_json, std::string(format.schema_at), true, &schema)) return false;
      config_field("responseMimeType", "\"application/json\"");
      // responseJsonSchema is known to give broken answers in batches.
      config_field("responseSchema", schema);
      return true;
    }
    case ResponseFormat::Kind::other:
      break;
  }
  return unsupported(r_.response_format_column, "response_format", "takes text, json_object and json_schema",
                     "use one of them");
}

bool GoogleEncoder::thinking() {
  if (r_.reasoning_json.empty()) return true;
  const Reasoning reasoning = read_reasoning(r_.reasoning_json);
  if (!reasoning.other.empty() &&
      !unsupported(r_.reasoning_column, "reasoning." + std::string(reasoning.other), "takes effort and budget_tokens",
                   "remove it, or give generationConfig in provider_kwargs"))
    return false;
  if (reasoning.budget_tokens.empty()) return reasoning.effort.empty() || effort(reasoning.effort);
  if (!reasoning.effort.empty() &&
      !unsupported(r_.reasoning_column, "reasoning.effort", "takes an effort or budget_tokens, not both", "remove one"))
    return false;
  return budget(reasoning.budget_tokens);
}

bool GoogleEncoder::budget(std::string_view token) {
  const ModelFacts& model = facts_of_model("google");
  std::int64_t tokens = 0;
  std::from_chars(token.data(), token.data() + token.size(), tokens);
  const bool off = tokens == 0 && (!model.efforts || model.efforts->has(Effort::none));
  const bool within = off || tokens == -1 || (tokens >= model.least_budget && tokens <= model.most_budget);
  if (model.never_reasons())
    return unsupported(r_.reasoning_column, "reasoning.budget_tokens", "has no thinking with this model", "remove it");
  if (model.most_budget > 0 && !within)
    return unsupported(r_.reasoning_column, "reasoning.budget_tokens",
                       "takes " + std::to_string(model.least_budget) + " to " + std::to_string(model.most_budget) +
                           " tokens with this model, or -1, not " + std::string(token),
                       "change it");
  config_field("thinkingConfig", "{\"thinkingBudget\":" + std::string(token) + "}");
  return true;
}

bool GoogleEncoder::effort(std::string_view text) {
  const ModelFacts& model = facts_of_model("google");
  const auto word = read_effort(text);
  if (word == Effort::none && model.never_reasons()) return true;
  if (model.never_reasons())
    return unsupported(r_.reasoning_column, "reasoning", "has no thinking with this model", "remove it");
  Few<Effort> usual;
  for (const Effort each : {Effort::minimal, Effort::low, Effort::medium, Effort::high}) usual.add(each);
  const Few<Effort>& efforts = model.efforts ? *model.efforts : usual;
  const auto fit = word && word != Effort::standard ? fit_effort(*word, efforts) : std::nullopt;
  if (!fit)
    return unsupported(r_.reasoning_column, "reasoning",
                       "takes the efforts " + list_efforts(efforts) + " with this model, not " + std::string(text),
                       "use one of them");
  if (*fit != *word)
    note("reasoning: the model takes the efforts " + list_efforts(efforts) + ", not " + std::string(text) + "; " +
         std::string(word_of(*fit)) + " is sent");
  const auto step = static_cast<std::size_t>(*fit);
  if (model.form != ReasoningForm::budget)
    config_field("thinkingConfig", "{\"thinkingLevel\":\"" + std::string(kLevels[step - 1]) + "\"}");
  else
    config_field("thinkingConfig",
                 "{\"thinkingBudget\":" + std::to_string(*fit == Effort::none ? 0 : kBudgets[step - 1]) + "}");
  return true;
}

}  // namespace br
