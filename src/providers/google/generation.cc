// generationConfig: the numbers, the form of the answer, and how much the model thinks.
#include <array>
#include <charconv>

#include "providers/google/encoder.h"

namespace br {
namespace {

constexpr int kMaxStops = 5;

struct Effort {
  std::string_view word, level;
  int budget;
};
// The levels of Gemini 3, and what Google's own OpenAI surface takes them for on 2.5.
constexpr std::array<Effort, 4> kEfforts = {
    {{"minimal", "MINIMAL", 1024}, {"low", "LOW", 1024}, {"medium", "MEDIUM", 8192}, {"high", "HIGH", 24576}}};

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
  if (!any || !w->begin("generationConfig")) return true;
  out_->push_back('{');
  if (!numbers() || !seed() || !response_format() || !thinking()) return false;
  out_->push_back('}');
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
  config_field("thinkingConfig", "{\"thinkingBudget\":" + std::string(reasoning.budget_tokens) + "}");
  return true;
}

bool GoogleEncoder::effort(std::string_view word) {
  const bool budgets = r_.model.find("gemini-2.5") != std::string_view::npos;
  if (word == "none" && budgets) {
    config_field("thinkingConfig", "{\"thinkingBudget\":0}");
    return true;
  }
  for (const Effort& known : kEfforts) {
    if (word != known.word) continue;
    config_field("thinkingConfig", budgets ? "{\"thinkingBudget\":" + std::to_string(known.budget) + "}"
                                           : "{\"thinkingLevel\":\"" + std::string(known.level) + "\"}");
    return true;
  }
  return unsupported(r_.reasoning_column, "reasoning",
                     "takes the efforts minimal, low, medium and high (none with gemini-2.5), not " + std::string(word),
                     "use one of them");
}

}  // namespace br
