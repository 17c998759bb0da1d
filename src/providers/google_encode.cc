#include <array>
#include <charconv>

#include "codec/json_cursor.h"
#include "providers/google_dialect.h"
#include "providers/request_encoder.h"
#include "providers/unified_fields.h"

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

class Encoder : public RequestEncoder {
 public:
  using RequestEncoder::RequestEncoder;

  bool line();

 private:
  bool body();
  bool embeddings(BodyWriter* w);
  bool chat(BodyWriter* w);
  bool contents();
  bool content(const Message& message);
  bool part(const Part& part);
  bool generation_config(BodyWriter* w);
  bool numbers();
  bool seed();
  bool is_plain_text() const;
  bool response_format();
  bool thinking();
  bool effort(std::string_view word);
  bool tools(BodyWriter* w);
  bool declaration(const Tool& tool, const std::string& at);
  bool tool_choice(BodyWriter* w);
  void config_field(std::string_view name, std::string_view json);

  bool first_config_ = true;
};

bool Encoder::line() {
  if (r_.model.empty()) return refuse(1, "model", "model is missing; the vendor needs one in the address; add it");
  if (r_.endpoint != Endpoint::chat && r_.endpoint != Endpoint::embeddings)
    return refuse(r_.endpoint_column, "endpoint",
                  "this endpoint is not one of " + std::string(vendor_) + "'s batch API; use chat or embeddings");
  out_->append("{\"key\":").append(r_.custom_id_json).append(",\"request\":");
  if (!(r_.body_json.empty() ? body() : raw_body())) return false;
  out_->append("}\n");
  return true;
}

bool Encoder::body() {
  BodyWriter w(r_.provider_kwargs_json, out_);
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  if (!(r_.endpoint == Endpoint::chat ? chat(&w) : embeddings(&w))) return false;
  w.end();
  return true;
}

bool Encoder::embeddings(BodyWriter* w) {
  std::string_view text = r_.input_json;
  if (text.starts_with('[')) {
    if (count_strings(text) != 1)
      return refuse(r_.input_column, "input",
                    "input holds several texts; " + std::string(vendor_) +
                        " embeds one in each request; give every text its own request");
    JsonCursor cursor(text.data(), text.size());
    cursor.enter_array();
    if (cursor.next_element()) cursor.read_string(&text);
  }
  if (w->begin("content")) out_->append("{\"parts\":[{\"text\":").append(text).append("}]}");
  return check_only_input();
}

bool Encoder::chat(BodyWriter* w) {
  if (!r_.system_json.empty() && w->begin("systemInstruction")) {
    out_->append("{\"parts\":[");
    for (std::size_t i = 0; i < r_.system_json.size(); ++i)
      out_->append(i > 0 ? ",{\"text\":" : "{\"text\":").append(r_.system_json[i]).push_back('}');
    out_->append("]}");
  }
  if (w->begin("contents") && !contents()) return false;
  return generation_config(w) && tools(w) && tool_choice(w);
}

bool Encoder::contents() {
  out_->push_back('[');
  for (std::size_t i = 0; i < r_.messages.size(); ++i) {
    if (i > 0) out_->push_back(',');
    if (!content(r_.messages[i])) return false;
  }
  out_->push_back(']');
  return true;
}

bool Encoder::content(const Message& message) {
  out_->append(message.role == Role::user ? "{\"role\":\"user\",\"parts\":[" : "{\"role\":\"model\",\"parts\":[");
  for (std::uint32_t k = 0; k < message.part_count; ++k) {
    if (k > 0) out_->push_back(',');
    if (!part(r_.parts[message.first_part + k])) return false;
  }
  out_->append("]}");
  return true;
}

bool Encoder::part(const Part& part) {
  if (part.kind == PartKind::text) {
    out_->append("{\"text\":").append(part.text_json).push_back('}');
    return true;
  }
  const char* usual = part.kind == PartKind::image   ? "image/jpeg"
                      : part.kind == PartKind::audio ? "audio/wav"
                                                     : "application/pdf";
  std::string_view media = media_type(part, usual), data = inside(part.data_json);
  if (part.source == Source::base64 || (part.source == Source::url && split_data_uri(part.data_json, &media, &data))) {
    out_->append("{\"inlineData\":{\"mimeType\":\"").append(media).append("\",\"data\":\"").append(data).append("\"}}");
    return true;
  }
  out_->append("{\"fileData\":{");
  if (!part.media_type_json.empty()) out_->append("\"mimeType\":").append(part.media_type_json).push_back(',');
  out_->append("\"fileUri\":").append(part.data_json).append("}}");
  return true;
}

// ---- generationConfig ----

void Encoder::config_field(std::string_view name, std::string_view json) {
  if (json.empty()) return;
  if (!first_config_) out_->push_back(',');
  first_config_ = false;
  out_->append("\"").append(name).append("\":").append(json);
}

// Text is what the vendor answers anyway.
bool Encoder::is_plain_text() const {
  return r_.response_format_json.empty() ||
         read_response_format(r_.response_format_json).kind == ResponseFormat::Kind::text;
}

bool Encoder::generation_config(BodyWriter* w) {
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

bool Encoder::numbers() {
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

bool Encoder::seed() {
  if (r_.seed_json.empty()) return true;
  std::int32_t value = 0;
  const auto read = std::from_chars(r_.seed_json.data(), r_.seed_json.data() + r_.seed_json.size(), value);
  if (read.ec != std::errc())
    return unsupported(r_.seed_column, "seed", "takes seeds of 32 bits, not " + std::string(r_.seed_json),
                       "use a smaller one");
  config_field("seed", r_.seed_json);
  return true;
}

bool Encoder::response_format() {
  if (r_.response_format_json.empty()) return true;
  const ResponseFormat format = read_response_format(r_.response_format_json);
  switch (format.kind) {
    case ResponseFormat::Kind::text:
      return true;
    case ResponseFormat::Kind::json_object:
      config_field("responseMimeType", "\"application/json\"");
      return true;
    case ResponseFormat::Kind::json_schema:
      config_field("responseMimeType", "\"application/json\"");
      // responseJsonSchema is known to give broken answers in batches.
      config_field("responseSchema", format.schema_json);
      return true;
    case ResponseFormat::Kind::other:
      break;
  }
  return unsupported(r_.response_format_column, "response_format", "takes text, json_object and json_schema",
                     "use one of them");
}

bool Encoder::thinking() {
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

bool Encoder::effort(std::string_view word) {
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

// ---- tools ----

bool Encoder::tools(BodyWriter* w) {
  if (r_.tools_json.empty() || !w->begin("tools")) return true;
  const auto all = read_tools(r_.tools_json);
  out_->push_back('[');
  bool declared = false, first = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].native) continue;
    out_->append(declared ? "," : "{\"functionDeclarations\":[");
    declared = true;
    if (!declaration(all[i], "tools[" + std::to_string(i) + "]")) return false;
  }
  if (declared) out_->append("]}"), first = false;
  for (const Tool& tool : all) {
    if (!tool.native) continue;
    if (!first) out_->push_back(',');
    first = false;
    out_->append(tool.raw);
  }
  out_->push_back(']');
  return true;
}

bool Encoder::declaration(const Tool& tool, const std::string& at) {
  if (tool.name_json.empty()) return refuse(r_.tools_column, at, at + " is no function with a name; give it one");
  std::string_view odd;
  if (tool.strict_json == "true") odd = "strict";
  if (!tool.beside.empty()) odd = inside(tool.beside.front().first);
  if (!odd.empty() &&
      !unsupported(r_.tools_column, at + "." + std::string(odd), "has no such field of a function", "remove it"))
    return false;
  out_->append("{\"name\":").append(tool.name_json);
  if (!tool.description_json.empty()) out_->append(",\"description\":").append(tool.description_json);
  if (!tool.parameters_json.empty()) out_->append(",\"parameters\":").append(tool.parameters_json);
  // Fields of Google's own: parametersJsonSchema, response, behavior.
  for (const auto& [key, value] : tool.other) out_->append(",").append(key).append(":").append(value);
  out_->push_back('}');
  return true;
}

bool Encoder::tool_choice(BodyWriter* w) {
  if (r_.tool_choice_json.empty()) return true;
  using Kind = ToolChoice::Kind;
  const ToolChoice choice = read_tool_choice(r_.tool_choice_json);
  const bool own = r_.tool_choice_json.find("\"functionCallingConfig\"") != std::string_view::npos;
  if (choice.kind == Kind::other && !own)
    return unsupported(r_.tool_choice_column, "tool_choice", "takes auto, none, required or one function", "change it");
  if (!w->begin("toolConfig")) return true;
  if (own) {
    out_->append(r_.tool_choice_json);
    return true;
  }
  out_->append("{\"functionCallingConfig\":{\"mode\":");
  out_->append(choice.kind == Kind::automatic ? "\"AUTO\"" : choice.kind == Kind::none ? "\"NONE\"" : "\"ANY\"");
  if (choice.kind == Kind::named) out_->append(",\"allowedFunctionNames\":[").append(choice.name_json).push_back(']');
  out_->append("}}");
  return true;
}

}  // namespace

bool encode_google_line(std::string_view vendor, const Request& request, const EncodeOptions& options, std::string* out,
                        Issue* issue, std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  Encoder encoder(vendor, request, options, out, issue, warnings);
  if (encoder.line()) return true;
  out->resize(before);
  return false;
}

}  // namespace br
