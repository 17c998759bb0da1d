#include <algorithm>
#include <array>
#include <charconv>

#include "providers/anthropic/encoder.h"

namespace br {
namespace {

constexpr std::int64_t kLeastBudget = 1024;
constexpr std::int64_t kMostBudget = 1'000'000'000;  // what makes the default greater

std::int64_t read_integer(std::string_view token) {
  std::int64_t value = 0;
  std::from_chars(token.data(), token.data() + token.size(), value);
  return value;
}

// "budget_tokens" of thinking in provider_kwargs, which is not judged but counted; 0 where there is none.
std::int64_t budget_in(std::string_view thinking) {
  return thinking.starts_with('{') ? read_integer(read_reasoning(thinking).budget_tokens) : 0;
}

}  // namespace

bool AnthropicEncoder::line() {
  if (r_.endpoint != Endpoint::chat)
    return refuse(r_.endpoint_column, "endpoint",
                  "this endpoint is not one of Anthropic's batch API; use chat, or another provider");
  out_->append("{\"custom_id\":").append(r_.custom_id_json).append(",\"params\":");
  if (!(r_.body_json.empty() ? body({}) : raw_body(BodyModel::in_body))) return false;
  out_->append("}\n");
  return true;
}

bool AnthropicEncoder::body(const AnthropicBody& form) {
  BodyWriter w(r_.provider_kwargs_json, out_);
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  if (w.replacement("anthropic_version").empty()) w.field("anthropic_version", form.version_json);
  if (form.model) w.field("model", r_.model_json);
  if (!check_budget(w)) return false;
  if (!r_.generation.max_tokens.empty()) w.field("max_tokens", r_.generation.max_tokens);
  else if (w.begin("max_tokens"))
    out_->append(std::to_string(options_.default_max_tokens + std::clamp<std::int64_t>(budget_, 0, kMostBudget)));
  system_prompt(&w);
  if (w.begin("messages") && !messages()) return false;
  if (!generation(&w) || !tools(&w) || !tool_choice(&w) || !output_config(&w)) return false;
  thinking(&w);
  if (!r_.seed_json.empty() && !unsupported(r_.seed_column, "seed", "has no seed", "remove it")) return false;
  w.end();
  return true;
}

bool AnthropicEncoder::generation(BodyWriter* w) {
  const Generation& g = r_.generation;
  double temperature = 0;
  std::from_chars(g.temperature.data(), g.temperature.data() + g.temperature.size(), temperature);
  if (temperature <= 1) w->field("temperature", g.temperature);
  else if (!unsupported(r_.generation_column, "generation_config.temperature",
                        "takes temperatures from 0 to 1, not " + std::string(g.temperature), "lower it"))
    return false;
  w->field("top_p", g.top_p);
  w->field("top_k", g.top_k);
  w->field("stop_sequences", g.stop_sequences_json);
  for (const auto& [name, token] :
       {std::pair<std::string_view, std::string_view>{"presence_penalty", g.presence_penalty},
        {"frequency_penalty", g.frequency_penalty}}) {
    if (!token.empty() &&
        !unsupported(r_.generation_column, "generation_config." + std::string(name), "has no penalties", "remove it"))
      return false;
  }
  return true;
}

// What of the effort goes into output_config; "none" is said by thinking.
bool AnthropicEncoder::effort(const Reasoning& reasoning, std::string_view* effort) {
  if (!reasoning.other.empty() &&
      !unsupported(r_.reasoning_column, "reasoning." + std::string(reasoning.other), "takes effort and budget_tokens",
                   "remove it"))
    return false;
  static constexpr std::array<std::string_view, 5> kEfforts = {"low", "medium", "high", "xhigh", "max"};
  if (reasoning.effort.empty() || reasoning.effort == "none") return true;
  for (const std::string_view known : kEfforts) {
    if (reasoning.effort == known) *effort = known;
  }
  if (!effort->empty()) return true;
  return unsupported(r_.reasoning_column, "reasoning",
                     "takes the efforts none, low, medium, high, xhigh and max, not " + std::string(reasoning.effort),
                     "use one of them");
}

bool AnthropicEncoder::output_config(BodyWriter* w) {
  std::string_view effort_word;
  if (!r_.reasoning_json.empty() && !effort(read_reasoning(r_.reasoning_json), &effort_word)) return false;
  ResponseFormat format{ResponseFormat::Kind::text, {}, {}};
  if (!r_.response_format_json.empty()) format = read_response_format(r_.response_format_json);
  if (format.kind == ResponseFormat::Kind::json_object || format.kind == ResponseFormat::Kind::other) {
    if (!unsupported(r_.response_format_column, "response_format", "takes a json_schema with a schema, and text",
                     "give a schema"))
      return false;
  }
  std::string schema;
  if (format.kind == ResponseFormat::Kind::json_schema &&
      !rewritten_schema(kAnthropicSchema, format.schema_json, std::string(format.schema_at), true, &schema))
    return false;
  if ((effort_word.empty() && schema.empty()) || !w->begin("output_config")) return true;
  out_->push_back('{');
  if (!effort_word.empty()) out_->append("\"effort\":\"").append(effort_word).append(schema.empty() ? "\"" : "\",");
  if (!schema.empty()) out_->append("\"format\":{\"type\":\"json_schema\",\"schema\":").append(schema).push_back('}');
  out_->push_back('}');
  return true;
}

// Before max_tokens is written: a budget has to be below it, and makes the default greater.
bool AnthropicEncoder::check_budget(const BodyWriter& w) {
  if (!w.replacement("thinking").empty()) {
    budget_ = budget_in(w.replacement("thinking"));
    return true;
  }
  if (r_.reasoning_json.empty()) return true;
  const Reasoning reasoning = read_reasoning(r_.reasoning_json);
  if (reasoning.effort == "none" || reasoning.budget_tokens.empty()) return true;
  const std::int64_t budget = read_integer(reasoning.budget_tokens);
  const std::string given(reasoning.budget_tokens), most(r_.generation.max_tokens);
  if (budget < kLeastBudget)
    return unsupported(r_.reasoning_column, "reasoning.budget_tokens",
                       "takes at least " + std::to_string(kLeastBudget) + ", not " + given, "raise or remove it");
  if (!most.empty() && w.replacement("max_tokens").empty() && budget >= read_integer(most))
    return unsupported(r_.reasoning_column, "reasoning.budget_tokens",
                       "takes a budget below max_tokens, which is " + most + ", not " + given,
                       "lower it or raise generation_config.max_tokens");
  budget_ = budget;
  has_budget_ = true;
  return true;
}

void AnthropicEncoder::thinking(BodyWriter* w) {
  if (r_.reasoning_json.empty()) return;
  const Reasoning reasoning = read_reasoning(r_.reasoning_json);
  if (reasoning.effort == "none")
    w->field("thinking", "{\"type\":\"disabled\"}");
  else if (has_budget_ && w->begin("thinking"))
    out_->append("{\"type\":\"enabled\",\"budget_tokens\":").append(reasoning.budget_tokens).push_back('}');
}

bool encode_anthropic_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                           std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  AnthropicEncoder encoder(request, options, out, issue, warnings);
  if (encoder.line()) return true;
  out->resize(before);
  return false;
}

bool encode_anthropic_body(const AnthropicBody& form, const Request& request, const EncodeOptions& options,
                           std::string* out, Issue* issue, std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  AnthropicEncoder encoder(request, options, out, issue, warnings);
  if (encoder.body(form)) return true;
  out->resize(before);
  return false;
}

}  // namespace br
