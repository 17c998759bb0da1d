#include <algorithm>
#include <charconv>

#include "providers/anthropic/encoder.h"

namespace br {
namespace {

constexpr std::int64_t kMostBudget = 1'000'000'000;  // what makes the default greater

std::int64_t read_integer(std::string_view token) {
  std::int64_t value = 0;
  std::from_chars(token.data(), token.data() + token.size(), value);
  return value;
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
  // OpenAI's names, which the vendor refuses.
  static constexpr MovedField kOpenAiNames[] = {{"max_completion_tokens", "max_tokens"}, {"stop", "stop_sequences"}};
  BodyWriter w(r_.provider_kwargs_json, out_);
  if (!check_places(w, kOpenAiNames)) return false;
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  if (w.replacement("anthropic_version").empty()) w.field("anthropic_version", form.version_json);
  if (form.model) w.field("model", r_.model_json);
  if (!plan(w)) return false;
  if (!generation_->max_tokens.empty()) w.field("max_tokens", generation_->max_tokens);
  else if (w.begin("max_tokens"))
    out_->append(std::to_string(options_.default_max_tokens + std::clamp<std::int64_t>(plan_.budget, 0, kMostBudget)));
  system_prompt(&w);
  if (w.begin("messages") && !messages()) return false;
  if (!generation(&w) || !tools(&w) || !tool_choice(&w) || !output_config(&w)) return false;
  write_thinking(&w);
  if (!r_.seed_json.empty() && !unsupported(r_.seed_column, "seed", "has no seed", "remove it")) return false;
  w.end();
  return true;
}

bool AnthropicEncoder::generation(BodyWriter* w) {
  const Generation& g = *generation_;
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

bool AnthropicEncoder::output_config(BodyWriter* w) {
  const std::string_view effort_word = plan_.effort ? word_of(*plan_.effort) : std::string_view();
  ResponseFormat format{ResponseFormat::Kind::text, {}, {}};
  if (!r_.response_format_json.empty()) format = read_response_format(r_.response_format_json);
  if (format.kind == ResponseFormat::Kind::json_object || format.kind == ResponseFormat::Kind::other) {
    if (!unsupported(r_.response_format_column, "response_format", "takes a json_schema with a schema, and text",
                     "give a schema"))
      return false;
  }
  std::string schema;
  // output_format is what the vendor called it before; it takes one of them.
  if (format.kind == ResponseFormat::Kind::json_schema && w->under_name("output_format").empty() &&
      !rewritten_schema(kAnthropicSchema, format.schema_json, std::string(format.schema_at), true, &schema))
    return false;
  if (effort_word.empty() && schema.empty()) return true;
  std::string fields;
  if (!effort_word.empty()) fields.append("\"effort\":\"").append(effort_word).append(schema.empty() ? "\"" : "\",");
  if (!schema.empty()) fields.append("\"format\":{\"type\":\"json_schema\",\"schema\":").append(schema).push_back('}');
  w->object("output_config", fields);
  return true;
}

// Before anything is written: how the model is told to think, and whether the rest goes with it.
bool AnthropicEncoder::plan(const BodyWriter& w) {
  const ModelFacts& model = facts_of_model("anthropic");
  generation_ = &r_.generation;
  const Given thinking = given(w, "thinking", {}, "reasoning");
  const Given max_tokens = given(w, "max_tokens", r_.generation.max_tokens, "generation_config.max_tokens");
  if (!r_.reasoning_json.empty() && !thinking.is_there()) {
    auto broken = plan_thinking(read_reasoning(r_.reasoning_json), model, read_integer(max_tokens.json), &plan_);
    if (broken) broken->column = r_.reasoning_column;
    if (!obey(broken, [this] { plan_ = {}; })) return false;
    if (!plan_.note.empty()) note(plan_.note);
  } else if (thinking.is_there()) {
    plan_.budget = read_integer(member_of(thinking.json, "budget_tokens"));
  }
  return check_conflicts(w, model) && obey(find_blank_text(r_), [] {});
}

bool AnthropicEncoder::check_conflicts(const BodyWriter& w, const ModelFacts& model) {
  const Generation& g = r_.generation;
  // The ordinary line: every rule needs thinking, a refusal of the model's, stop sequences, or a field of provider_kwargs.
  const bool thinks = plan_.type.has_value() || plan_.effort.has_value();
  if (!thinks && model.refuses.empty() && g.stop_sequences_json.empty() && r_.provider_kwargs_json.empty()) return true;
  ClaudeFields fields;
  fields.temperature = given(w, "temperature", g.temperature, "generation_config.temperature");
  fields.top_p = given(w, "top_p", g.top_p, "generation_config.top_p");
  fields.top_k = given(w, "top_k", g.top_k, "generation_config.top_k");
  fields.max_tokens = given(w, "max_tokens", g.max_tokens, "generation_config.max_tokens");
  fields.stop_sequences = given(w, "stop_sequences", g.stop_sequences_json, "generation_config.stop_sequences");
  fields.tool_choice = given(w, "tool_choice", r_.tool_choice_json, "tool_choice");
  fields.thinking = given(w, "thinking", {}, "reasoning");
  fields.effort = {member_of(w.replacement("output_config"), "effort"), "reasoning", "output_config.effort"};
  fields.has_tools = !r_.tools_json.empty() || !w.replacement("tools").empty();
  fields.ends_with_assistant = !r_.messages.empty() && r_.messages.back().role == Role::assistant;
  while (auto found = find_conflict(fields, plan_, model)) {
    found->rule.column = found->field == ClaudeField::tool_choice ? r_.tool_choice_column
                         : found->field == ClaudeField::other     ? r_.messages_column
                                                                  : r_.generation_column;
    if (!obey(found->rule, [&] { leave_out(found->field, &fields); })) return false;
  }
  return true;
}

// Only where the caller wants it so; the caller's request stays as it is.
void AnthropicEncoder::leave_out(ClaudeField field, ClaudeFields* fields) {
  if (generation_ != &own_generation_) own_generation_ = *generation_;
  generation_ = &own_generation_;
  switch (field) {
    case ClaudeField::temperature:
      fields->temperature = {}, own_generation_.temperature = {};
      break;
    case ClaudeField::top_p:
      fields->top_p = {}, own_generation_.top_p = {};
      break;
    case ClaudeField::top_k:
      fields->top_k = {}, own_generation_.top_k = {};
      break;
    case ClaudeField::stop_sequences:
      fields->stop_sequences = {}, own_generation_.stop_sequences_json = {};
      break;
    case ClaudeField::tool_choice:
      fields->tool_choice = {}, no_tool_choice_ = true;
      break;
    case ClaudeField::other:
      break;
  }
}

void AnthropicEncoder::write_thinking(BodyWriter* w) {
  if (!plan_.type || !w->begin("thinking")) return;
  if (*plan_.type == Thinking::enabled)
    out_->append("{\"type\":\"enabled\",\"budget_tokens\":").append(std::to_string(plan_.budget)).push_back('}');
  else
    out_->append("{\"type\":\"").append(word_of(*plan_.type)).append("\"}");
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
