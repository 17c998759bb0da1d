#include <algorithm>
#include <array>
#include <charconv>

#include "providers/anthropic_dialect.h"
#include "providers/request_encoder.h"
#include "providers/unified_fields.h"

namespace br {
namespace {

constexpr std::int64_t kLeastBudget = 1024;
constexpr std::int64_t kMostBudget = 1'000'000'000;  // what makes the default greater

std::int64_t read_integer(std::string_view token) {
  std::int64_t value = 0;
  std::from_chars(token.data(), token.data() + token.size(), value);
  return value;
}

class Encoder : public RequestEncoder {
 public:
  Encoder(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
          std::vector<std::string>* warnings)
      : RequestEncoder("Anthropic", request, options, out, issue, warnings) {}

  bool line();

 private:
  bool params();
  void system_prompt(BodyWriter* w);
  bool messages();
  bool content(const Message& message);
  bool part(const Part& part);
  bool file_part(const Part& part, std::string_view type);
  bool check_media_type(std::string_view media_type, const Part& part);
  bool generation(BodyWriter* w);
  bool tools(BodyWriter* w);
  bool tool(const Tool& tool, std::size_t index);
  bool tool_choice(BodyWriter* w);
  bool output_config(BodyWriter* w);
  bool effort(const Reasoning& reasoning, std::string_view* effort);
  bool check_budget(const BodyWriter& w);
  void thinking(BodyWriter* w);

  std::int64_t budget_ = 0;  // of thinking, which counts to max_tokens; 0: none
  bool has_budget_ = false;  // reasoning.budget_tokens is good
};

// "budget_tokens" of thinking in provider_kwargs, which is not judged but counted; 0 where there is none.
std::int64_t budget_in(std::string_view thinking) {
  return thinking.starts_with('{') ? read_integer(read_reasoning(thinking).budget_tokens) : 0;
}

bool Encoder::line() {
  if (r_.endpoint != Endpoint::chat)
    return refuse(r_.endpoint_column, "endpoint",
                  "this endpoint is not one of Anthropic's batch API; use chat, or another provider");
  out_->append("{\"custom_id\":").append(r_.custom_id_json).append(",\"params\":");
  if (!(r_.body_json.empty() ? params() : raw_body())) return false;
  out_->append("}\n");
  return true;
}

bool Encoder::params() {
  BodyWriter w(r_.provider_kwargs_json, out_);
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  w.field("model", r_.model_json);
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

void Encoder::system_prompt(BodyWriter* w) {
  if (r_.system_json.empty() || !w->begin("system")) return;
  if (!r_.system_is_list) {
    out_->append(r_.system_json.front());
    return;
  }
  out_->push_back('[');
  for (std::size_t i = 0; i < r_.system_json.size(); ++i)
    out_->append(i > 0 ? "," : "").append("{\"type\":\"text\",\"text\":").append(r_.system_json[i]).push_back('}');
  out_->push_back(']');
}

bool Encoder::messages() {
  out_->push_back('[');
  for (std::size_t i = 0; i < r_.messages.size(); ++i) {
    const Message& message = r_.messages[i];
    if (i > 0) out_->push_back(',');
    out_->append(message.role == Role::user ? "{\"role\":\"user\",\"content\":"
                                            : "{\"role\":\"assistant\",\"content\":");
    if (!content(message)) return false;
    out_->push_back('}');
  }
  out_->push_back(']');
  return true;
}

bool Encoder::content(const Message& message) {
  if (message.plain_string) {
    out_->append(r_.parts[message.first_part].text_json);
    return true;
  }
  out_->push_back('[');
  bool first = true;
  for (std::uint32_t k = 0; k < message.part_count; ++k) {
    const std::size_t before = out_->size();
    if (!first) out_->push_back(',');
    const std::size_t begun = out_->size();
    if (!part(r_.parts[message.first_part + k])) return false;
    if (out_->size() == begun) out_->resize(before);  // the part was dropped
    else first = false;
  }
  out_->push_back(']');
  return true;
}

bool Encoder::part(const Part& part) {
  switch (part.kind) {
    case PartKind::text:
      out_->append("{\"type\":\"text\",\"text\":").append(part.text_json).push_back('}');
      return true;
    case PartKind::image:
      return file_part(part, "image");
    case PartKind::document:
      return file_part(part, "document");
    case PartKind::audio:
      break;
  }
  return unsupported(part.column, "audio", "takes no audio", "send its transcript, or use another provider");
}

bool Encoder::check_media_type(std::string_view type, const Part& part) {
  if (part.kind == PartKind::document) return type == "application/pdf";
  static constexpr std::array<std::string_view, 4> kImages = {"image/jpeg", "image/png", "image/gif", "image/webp"};
  for (const std::string_view known : kImages) {
    if (type == known) return true;
  }
  return false;
}

bool Encoder::file_part(const Part& part, std::string_view type) {
  const bool image = part.kind == PartKind::image;
  std::string_view media = media_type(part, image ? "image/jpeg" : "application/pdf"), data = inside(part.data_json);
  const bool base64 = part.source == Source::base64 ||
                      (part.source == Source::url && split_data_uri(part.data_json, &media, &data));
  if (base64 && !check_media_type(media, part))
    return unsupported(part.column, type,
                       image ? "takes jpeg, png, gif and webp, not " + std::string(media)
                             : "takes application/pdf as base64, not " + std::string(media),
                       image ? "convert it" : "send its text");
  out_->append("{\"type\":\"").append(type).append("\",\"source\":{\"type\":");
  if (base64)
    out_->append("\"base64\",\"media_type\":\"").append(media).append("\",\"data\":\"").append(data).append("\"}}");
  else if (part.source == Source::url) out_->append("\"url\",\"url\":").append(part.data_json).append("}}");
  else out_->append("\"file\",\"file_id\":").append(part.data_json).append("}}");
  return true;
}

bool Encoder::generation(BodyWriter* w) {
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

bool Encoder::tools(BodyWriter* w) {
  if (r_.tools_json.empty() || !w->begin("tools")) return true;
  out_->push_back('[');
  const auto all = read_tools(r_.tools_json);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out_->push_back(',');
    if (!tool(all[i], i)) return false;
  }
  out_->push_back(']');
  return true;
}

bool Encoder::tool(const Tool& tool, std::size_t index) {
  const std::string at = "tools[" + std::to_string(index) + "]";
  if (tool.native) {
    out_->append(tool.raw);
    return true;
  }
  if (tool.name_json.empty()) return refuse(r_.tools_column, at, at + " is no function with a name; give it one");
  for (const auto& [key, value] : tool.other) {
    if (!unsupported(r_.tools_column, at + "." + std::string(inside(key)), "has no such field of a function",
                     "remove it"))
      return false;
  }
  out_->append("{\"name\":").append(tool.name_json);
  if (!tool.description_json.empty()) out_->append(",\"description\":").append(tool.description_json);
  out_->append(",\"input_schema\":")
      .append(tool.parameters_json.empty() ? "{\"type\":\"object\"}" : tool.parameters_json);
  if (!tool.strict_json.empty()) out_->append(",\"strict\":").append(tool.strict_json);
  for (const auto& [key, value] : tool.beside) out_->append(",").append(key).append(":").append(value);
  out_->push_back('}');
  return true;
}

bool Encoder::tool_choice(BodyWriter* w) {
  if (r_.tool_choice_json.empty()) return true;
  const ToolChoice choice = read_tool_choice(r_.tool_choice_json);
  if (choice.kind == ToolChoice::Kind::other)
    return unsupported(r_.tool_choice_column, "tool_choice", "takes auto, none, required or one function", "change it");
  if (!w->begin("tool_choice")) return true;
  // Anthropic's own form may say more: disable_parallel_tool_use.
  if (choice.type == "auto" || choice.type == "any" || choice.type == "tool" || choice.type == "none") {
    out_->append(r_.tool_choice_json);
    return true;
  }
  using Kind = ToolChoice::Kind;
  if (choice.kind == Kind::named) out_->append("{\"type\":\"tool\",\"name\":").append(choice.name_json).push_back('}');
  else if (choice.kind == Kind::automatic) out_->append("{\"type\":\"auto\"}");
  else out_->append(choice.kind == Kind::none ? "{\"type\":\"none\"}" : "{\"type\":\"any\"}");
  return true;
}

// What of the effort goes into output_config; "none" is said by thinking.
bool Encoder::effort(const Reasoning& reasoning, std::string_view* effort) {
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

bool Encoder::output_config(BodyWriter* w) {
  std::string_view effort_word;
  if (!r_.reasoning_json.empty() && !effort(read_reasoning(r_.reasoning_json), &effort_word)) return false;
  ResponseFormat format{ResponseFormat::Kind::text, {}};
  if (!r_.response_format_json.empty()) format = read_response_format(r_.response_format_json);
  if (format.kind == ResponseFormat::Kind::json_object || format.kind == ResponseFormat::Kind::other) {
    if (!unsupported(r_.response_format_column, "response_format", "takes a json_schema with a schema, and text",
                     "give a schema"))
      return false;
  }
  const bool schema = format.kind == ResponseFormat::Kind::json_schema;
  if ((effort_word.empty() && !schema) || !w->begin("output_config")) return true;
  out_->push_back('{');
  if (!effort_word.empty()) out_->append("\"effort\":\"").append(effort_word).append(schema ? "\"," : "\"");
  if (schema)
    out_->append("\"format\":{\"type\":\"json_schema\",\"schema\":").append(format.schema_json).push_back('}');
  out_->push_back('}');
  return true;
}

// Before max_tokens is written: a budget has to be below it, and makes the default greater.
bool Encoder::check_budget(const BodyWriter& w) {
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

void Encoder::thinking(BodyWriter* w) {
  if (r_.reasoning_json.empty()) return;
  const Reasoning reasoning = read_reasoning(r_.reasoning_json);
  if (reasoning.effort == "none")
    w->field("thinking", "{\"type\":\"disabled\"}");
  else if (has_budget_ && w->begin("thinking"))
    out_->append("{\"type\":\"enabled\",\"budget_tokens\":").append(reasoning.budget_tokens).push_back('}');
}

}  // namespace

bool encode_anthropic_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                           std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  Encoder encoder(request, options, out, issue, warnings);
  if (encoder.line()) return true;
  out->resize(before);
  return false;
}

}  // namespace br
