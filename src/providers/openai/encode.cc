#include <charconv>

#include "providers/openai/answer_format.h"
#include "providers/openai/batches.h"
#include "providers/openai/encoder.h"
#include "providers/openai/messages.h"
#include "providers/openai/reasoning.h"
#include "providers/openai/tools.h"

namespace br {

bool OpenAiEncoder::line() {
  out_->append("{\"custom_id\":").append(r_.custom_id_json);
  if (!d_.body_only_lines) {
    out_->append(",\"method\":\"POST\",\"url\":");
    if (r_.url_json.empty()) out_->append("\"").append(line_url()).push_back('"');
    else out_->append(r_.url_json);
  } else {
    for (const auto& [key, value] : r_.line_fields) out_->append(",").append(key).append(":").append(value);
  }
  out_->append(",\"body\":");
  if (!check_endpoint() || !(r_.body_json.empty() ? body() : raw_body(d_.body_model))) return false;
  out_->append("}\n");
  return true;
}

std::string_view OpenAiEncoder::line_url() const {
  if (!d_.line_url.empty()) return d_.line_url;
  return r_.path.empty() ? usual_path(r_.endpoint) : r_.path;
}

bool OpenAiEncoder::no_such_endpoint(const std::string& name, const std::string& instead) {
  return refuse(r_.endpoint_column, "endpoint",
                "the endpoint " + name + " is not one of " + std::string(d_.vendor) + "'s batch API; use " + instead);
}

bool OpenAiEncoder::check_endpoint() {
  if (r_.endpoint == Endpoint::responses && !d_.responses) return no_such_endpoint("responses", "chat");
  if (r_.endpoint == Endpoint::embeddings && !d_.embeddings) return no_such_endpoint("embeddings", "another provider");
  return true;
}

namespace {

// Names of one field on chat completions, of OpenAI and those who have its bodies. Two of them are refused, or one
// counts.
constexpr FieldNames::Synonyms kChatNames[] = {{"max_tokens", "max_completion_tokens", "max_output_tokens"},
                                               {"stop", "stop_sequences"},
                                               {"seed", "random_seed"},
                                               {"reasoning_effort", "reasoning", "prompt_mode"},
                                               {"tools", "functions"},
                                               {"tool_choice", "function_call"},
                                               {"response_format", "guided_json", "structured_outputs"}};

// What responses took over from chat completions and refuses under the old name.
constexpr MovedField kMovedOnResponses[] = {{"max_tokens", "max_output_tokens"},
                                            {"max_completion_tokens", "max_output_tokens"},
                                            {"response_format", "text.format"},
                                            {"reasoning_effort", "reasoning.effort"},
                                            {"verbosity", "text.verbosity"}};

}  // namespace

bool OpenAiEncoder::body() {
  const bool is_chat = r_.endpoint == Endpoint::chat;
  BodyWriter w(r_.provider_kwargs_json, out_, {is_chat ? kChatNames : std::span<const FieldNames::Synonyms>()});
  if (r_.endpoint == Endpoint::responses && !check_places(w, kMovedOnResponses)) return false;
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  if (d_.model_in_body) w.field("model", r_.model_json);
  bool good = false;
  switch (r_.endpoint) {
    case Endpoint::chat:
      good = chat(&w);
      break;
    case Endpoint::responses:
      good = responses(&w);
      break;
    case Endpoint::embeddings:
    case Endpoint::moderations:
      good = only_input(&w);
      break;
    default:
      good = refuse(r_.endpoint_column, "endpoint",
                    "this endpoint takes a raw vendor body only; the unified fields have no mapping "
                    "to it; give the request as body");
  }
  if (good) w.end();
  return good;
}

bool OpenAiEncoder::chat(BodyWriter* w) {
  OpenAiReasoning reasoning(*this);
  OpenAiTools tools(*this);
  if (!reasoning.obey_model(*w) || !tools.check_names()) return false;
  if (w->begin("messages")) {
    out_->push_back('[');
    if (!r_.system.empty()) {
      out_->append("{\"role\":\"system\",\"content\":");
      system_text();
      out_->append("},");
    }
    if (!OpenAiMessages(*this).write()) return false;
    out_->push_back(']');
  }
  const Generation& settings = reasoning.settings();
  if (!generation(settings, d_.max_tokens, w) || !stops(settings.stop_sequences_json, w)) return false;
  if (!tools_and_format(&tools, w) || !reasoning.write(w)) return false;
  w->field(d_.seed, r_.seed_json);
  return true;
}

// The schemas of both are looked at before anything is written: what is wrong first is told first.
bool OpenAiEncoder::tools_and_format(OpenAiTools* tools, BodyWriter* w) {
  OpenAiAnswerFormat format(*this);
  if (!tools->check() || !tools->fit_schemas() || !format.fit_schema()) return false;
  tools->write(w);
  if (!format.check()) return false;
  format.write(w);
  return true;
}

bool OpenAiEncoder::temperature(std::string_view token, BodyWriter* w) {
  double value = 0;
  if (d_.max_temperature < kMaxTemperature) std::from_chars(token.data(), token.data() + token.size(), value);
  if (value <= d_.max_temperature) {
    w->field("temperature", token);
    return true;
  }
  std::string most = std::to_string(d_.max_temperature);
  most.erase(most.find_last_not_of('0') + 1);
  return unsupported(r_.generation_column, "generation_config.temperature",
                     "takes a temperature of at most " + most + ", not " + std::string(token), "lower it");
}

bool OpenAiEncoder::generation(const Generation& g, std::string_view max_tokens_field, BodyWriter* w) {
  w->field(max_tokens_field, g.max_tokens);
  if (!temperature(g.temperature, w)) return false;
  w->field("top_p", g.top_p);
  if (!g.top_k.empty()) {
    if (d_.top_k) w->field("top_k", g.top_k);
    else if (!unsupported(r_.generation_column, "generation_config.top_k", "has no top_k", "remove it")) return false;
  }
  const bool penalties = d_.penalties && r_.endpoint == Endpoint::chat;
  for (const auto& [name, token] :
       {std::pair<std::string_view, std::string_view>{"presence_penalty", g.presence_penalty},
        {"frequency_penalty", g.frequency_penalty}}) {
    if (token.empty()) continue;
    if (penalties) w->field(name, token);
    else if (!unsupported(r_.generation_column, "generation_config." + std::string(name), "takes no penalties here",
                          "remove it"))
      return false;
  }
  return true;
}

bool OpenAiEncoder::stops(std::string_view stops, BodyWriter* w) {
  if (stops.empty()) return true;
  const int count = d_.max_stops > 0 ? count_strings(stops) : 0;
  if (count > d_.max_stops)
    return unsupported(
        r_.generation_column, "generation_config.stop_sequences",
        "takes at most " + std::to_string(d_.max_stops) + " stop sequences, not " + std::to_string(count),
        "remove some");
  w->field("stop", stops);
  return true;
}

bool OpenAiEncoder::responses(BodyWriter* w) {
  OpenAiReasoning reasoning(*this);
  OpenAiTools tools(*this);
  if (!reasoning.obey_model(*w) || !tools.check_names()) return false;
  if (!r_.system.empty() && w->begin("instructions")) system_text();
  if (w->begin("input")) {
    out_->push_back('[');
    if (!OpenAiMessages(*this).write()) return false;
    out_->push_back(']');
  }
  if (!generation(reasoning.settings(), "max_output_tokens", w)) return false;
  if (!r_.generation.stop_sequences_json.empty() &&
      !unsupported(r_.generation_column, "generation_config.stop_sequences", "has no stop sequences on responses",
                   "remove it"))
    return false;
  if (!r_.seed_json.empty() && !unsupported(r_.seed_column, "seed", "has no seed on responses", "remove it"))
    return false;
  return tools_and_format(&tools, w) && reasoning.write(w);
}

bool OpenAiEncoder::only_input(BodyWriter* w) {
  w->field("input", r_.input_json);
  return check_only_input();
}

bool encode_openai_line(const OpenAiLines& form, const Request& request, const EncodeOptions& options,
                        std::string* out, Issue* issue, std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  OpenAiEncoder encoder(form, request, options, out, issue, warnings);
  if (encoder.line()) return true;
  out->resize(before);
  return false;
}

}  // namespace br
