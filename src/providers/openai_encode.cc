#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "codec/json_write.h"
#include "providers/openai_batches.h"
#include "providers/openai_dialect.h"
#include "providers/request_encoder.h"

namespace br {
namespace {

// One request on its way to a line.
class Encoder : public RequestEncoder {
 public:
  Encoder(const OpenAiDialect& dialect, const Request& request, const EncodeOptions& options, std::string* out,
          Issue* issue, std::vector<std::string>* warnings)
      : RequestEncoder(dialect.vendor, request, options, out, issue, warnings), d_(dialect) {}

  bool line();

 private:
  bool body();
  bool chat(BodyWriter* w);
  bool responses(BodyWriter* w);
  bool embeddings(BodyWriter* w);
  bool generation(BodyWriter* w, std::string_view max_tokens_field);
  bool stops(BodyWriter* w);
  bool messages(bool responses);
  bool part(const Part& part, bool responses, Role role);
  bool image(const Part& part, bool responses);
  bool document(const Part& part, bool responses);
  bool audio(const Part& part, bool responses);
  bool reasoning(BodyWriter* w, bool responses);
  void flat_tools();

  const OpenAiDialect& d_;
};

bool Encoder::line() {
  out_->append("{\"custom_id\":").append(r_.custom_id_json);
  if (!d_.body_only_lines)
    out_->append(",\"method\":\"POST\",\"url\":\"").append(openai_endpoint_url(r_.endpoint)).push_back('"');
  out_->append(",\"body\":");
  if (!(r_.body_json.empty() ? body() : raw_body())) return false;
  out_->append("}\n");
  return true;
}

bool Encoder::body() {
  BodyWriter w(r_.provider_kwargs_json, out_);
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  w.field("model", r_.model_json);
  bool good = false;
  switch (r_.endpoint) {
    case Endpoint::chat:
      good = chat(&w);
      break;
    case Endpoint::responses:
      good = d_.responses ? responses(&w)
                          : refuse(1, "endpoint", "the endpoint responses is not one of " + std::string(d_.vendor) +
                                                      "'s batch API; use chat");
      break;
    case Endpoint::embeddings:
      good = d_.embeddings ? embeddings(&w)
                           : refuse(1, "endpoint", "the endpoint embeddings is not one of " + std::string(d_.vendor) +
                                                       "'s batch API; use another provider");
      break;
    default:
      good = refuse(1, "endpoint", "this endpoint takes a raw vendor body only; the unified fields have no mapping "
                                   "to it; give the request as body");
  }
  if (good) w.end();
  return good;
}

bool Encoder::chat(BodyWriter* w) {
  if (w->begin("messages")) {
    out_->push_back('[');
    if (!r_.system_json.empty()) {
      out_->append("{\"role\":\"system\",\"content\":");
      system_text();
      out_->append("},");
    }
    if (!messages(false)) return false;
    out_->push_back(']');
  }
  if (!generation(w, d_.max_tokens) || !stops(w)) return false;
  w->field("tools", r_.tools_json);
  w->field("tool_choice", r_.tool_choice_json);
  w->field("response_format", r_.response_format_json);
  if (!reasoning(w, false)) return false;
  w->field(d_.seed, r_.seed_json);
  return true;
}

bool Encoder::generation(BodyWriter* w, std::string_view max_tokens_field) {
  const Generation& g = r_.generation;
  w->field(max_tokens_field, g.max_tokens);
  w->field("temperature", g.temperature);
  w->field("top_p", g.top_p);
  if (!g.top_k.empty()) {
    if (d_.top_k) w->field("top_k", g.top_k);
    else if (!unsupported(r_.generation_column, "generation_config.top_k", "has no top_k", "remove it")) return false;
  }
  const bool penalties = d_.penalties && r_.endpoint == Endpoint::chat;
  for (const auto& [name, token] : {std::pair<std::string_view, std::string_view>{"presence_penalty", g.presence_penalty},
                                    {"frequency_penalty", g.frequency_penalty}}) {
    if (token.empty()) continue;
    if (penalties) w->field(name, token);
    else if (!unsupported(r_.generation_column, "generation_config." + std::string(name), "takes no penalties here", "remove it"))
      return false;
  }
  return true;
}

bool Encoder::stops(BodyWriter* w) {
  const std::string_view stops = r_.generation.stop_sequences_json;
  if (stops.empty()) return true;
  const int count = count_strings(stops);
  if (d_.max_stops > 0 && count > d_.max_stops)
    return unsupported(r_.generation_column, "generation_config.stop_sequences",
                       "takes at most " + std::to_string(d_.max_stops) + " stop sequences, not " + std::to_string(count),
                       "remove some");
  w->field("stop", stops);
  return true;
}

bool Encoder::reasoning(BodyWriter* w, bool responses) {
  const std::string_view token = r_.reasoning_json;
  if (token.empty()) return true;
  if (responses) {
    if (token.front() == '{') w->field("reasoning", token);
    else if (w->begin("reasoning")) out_->append("{\"effort\":").append(token).push_back('}');
    return true;
  }
  if (token.front() != '{') {
    w->field("reasoning_effort", token);
    return true;
  }
  JsonCursor cursor(token.data(), token.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (key == "\"effort\"") w->field("reasoning_effort", value);
    else if (!unsupported(r_.reasoning_column, "reasoning." + std::string(inside(key)),
                          "takes only the effort on chat completions", "remove it or use the endpoint responses"))
      return false;
  }
  return true;
}

bool Encoder::messages(bool responses) {
  for (std::size_t i = 0; i < r_.messages.size(); ++i) {
    const Message& message = r_.messages[i];
    if (i > 0) out_->push_back(',');
    out_->append(message.role == Role::user ? "{\"role\":\"user\",\"content\":" : "{\"role\":\"assistant\",\"content\":");
    if (message.plain_string) {
      out_->append(r_.parts[message.first_part].text_json).push_back('}');
      continue;
    }
    out_->push_back('[');
    for (std::uint32_t k = 0; k < message.part_count; ++k) {
      const std::size_t before = out_->size();
      if (k > 0) out_->push_back(',');
      const std::size_t begun = out_->size();
      if (!part(r_.parts[message.first_part + k], responses, message.role)) return false;
      if (out_->size() == begun) out_->resize(before);  // the part was dropped
    }
    out_->append("]}");
  }
  return true;
}

bool Encoder::part(const Part& part, bool responses, Role role) {
  switch (part.kind) {
    case PartKind::text:
      if (!responses) out_->append("{\"type\":\"text\",\"text\":");
      else out_->append(role == Role::user ? "{\"type\":\"input_text\",\"text\":" : "{\"type\":\"output_text\",\"text\":");
      out_->append(part.text_json).push_back('}');
      return true;
    case PartKind::image:
      return image(part, responses);
    case PartKind::document:
      return document(part, responses);
    case PartKind::audio:
      return audio(part, responses);
  }
  return true;
}

bool Encoder::image(const Part& part, bool responses) {
  if (!d_.image_url) return unsupported(part.column, "image", "takes no images here", "use another provider");
  if (part.source == Source::file_uri) {
    if (!responses)
      return unsupported(part.column, "image", "takes no file ids for images on chat completions",
                         "use url or base64, or the endpoint responses");
    out_->append("{\"type\":\"input_image\",\"file_id\":").append(part.data_json).push_back('}');
    return true;
  }
  out_->append(responses ? "{\"type\":\"input_image\",\"image_url\":" : "{\"type\":\"image_url\",\"image_url\":{\"url\":");
  if (part.source == Source::url) out_->append(part.data_json);
  else data_uri(part, "image/jpeg");
  out_->append(responses ? "}" : "}}");
  return true;
}

bool Encoder::document(const Part& part, bool responses) {
  if (!d_.documents) return unsupported(part.column, "document", "takes no documents here", "send its text");
  if (part.source == Source::url && !responses)
    return unsupported(part.column, "document", "takes no document URLs on chat completions",
                       "use base64 or file_uri, or the endpoint responses");
  out_->append(responses ? "{\"type\":\"input_file\"," : "{\"type\":\"file\",\"file\":{");
  if (part.source == Source::url) {
    out_->append("\"file_url\":").append(part.data_json);
  } else if (part.source == Source::file_uri) {
    out_->append("\"file_id\":").append(part.data_json);
  } else {
    out_->append("\"filename\":\"document.pdf\",\"file_data\":");
    data_uri(part, "application/pdf");
  }
  out_->append(responses ? "}" : "}}");
  return true;
}

bool Encoder::audio(const Part& part, bool responses) {
  if (!d_.audio || responses) return unsupported(part.column, "audio", "takes no audio here", "use chat completions");
  if (part.source != Source::base64)
    return unsupported(part.column, "audio", "takes audio as base64 only", "send the bytes as base64");
  const std::string_view type = media_type(part, "audio/wav");
  const bool mp3 = type == "audio/mp3" || type == "audio/mpeg";
  if (!mp3 && type != "audio/wav" && type != "audio/x-wav" && type != "audio/wave")
    return unsupported(part.column, "audio", "takes wav and mp3, not " + std::string(type), "convert it");
  out_->append("{\"type\":\"input_audio\",\"input_audio\":{\"data\":").append(part.data_json);
  out_->append(mp3 ? ",\"format\":\"mp3\"}}" : ",\"format\":\"wav\"}}");
  return true;
}

// Chat tools {"type":"function","function":{…}} become the flat {"type":"function",…} of responses.
void Encoder::flat_tools() {
  JsonCursor cursor(r_.tools_json.data(), r_.tools_json.size());
  cursor.enter_array();
  out_->push_back('[');
  std::string_view tool;
  for (bool first = true; cursor.next_element() && cursor.skip(&tool); first = false) {
    if (!first) out_->push_back(',');
    JsonCursor object(tool.data(), tool.size());
    std::string_view key, value, function;
    if (tool.front() == '{') object.enter_object();
    while (tool.front() == '{' && object.next_key(&key) && object.skip(&value)) {
      if (key == "\"function\"" && value.front() == '{') function = value;
    }
    if (function.empty()) {
      out_->append(tool);
    } else {
      out_->append("{\"type\":\"function\"");
      const std::string_view fields = function.substr(1);
      if (fields.find_first_not_of(" \t\r\n") != fields.find('}')) out_->push_back(',');
      out_->append(fields);
    }
  }
  out_->push_back(']');
}

bool Encoder::responses(BodyWriter* w) {
  if (!r_.system_json.empty() && w->begin("instructions")) system_text();
  if (w->begin("input")) {
    out_->push_back('[');
    if (!messages(true)) return false;
    out_->push_back(']');
  }
  if (!generation(w, "max_output_tokens")) return false;
  if (!r_.generation.stop_sequences_json.empty() &&
      !unsupported(r_.generation_column, "generation_config.stop_sequences", "has no stop sequences on responses", "remove it"))
    return false;
  if (!r_.seed_json.empty() && !unsupported(r_.seed_column, "seed", "has no seed on responses", "remove it")) return false;
  if (!r_.tools_json.empty() && w->begin("tools")) flat_tools();
  w->field("tool_choice", r_.tool_choice_json);
  if (!r_.response_format_json.empty() && w->begin("text")) {
    const auto json = Json::parse(r_.response_format_json);
    out_->append("{\"format\":");
    const Json& schema = (*json)["json_schema"];
    if (schema.is_object()) {
      out_->append("{\"type\":\"json_schema\"");
      for (const auto& [name, value] : schema.fields()) {
        out_->push_back(',');
        append_json_string(name, out_);
        out_->append(":").append(value.raw());
      }
      out_->push_back('}');
    } else {
      out_->append(r_.response_format_json);
    }
    out_->push_back('}');
  }
  return reasoning(w, true);
}

bool Encoder::embeddings(BodyWriter* w) {
  w->field("input", r_.input_json);
  const Generation& g = r_.generation;
  for (const std::string_view token : {g.max_tokens, g.temperature, g.top_p, g.top_k, g.stop_sequences_json,
                                       g.presence_penalty, g.frequency_penalty}) {
    if (!token.empty())
      return unsupported(r_.generation_column, "generation_config", "generates nothing for embeddings", "remove it");
  }
  return true;
}

}  // namespace

bool encode_openai_line(const OpenAiDialect& dialect, const Request& request, const EncodeOptions& options,
                        std::string* out, Issue* issue, std::vector<std::string>* warnings) {
  const std::size_t before = out->size();
  Encoder encoder(dialect, request, options, out, issue, warnings);
  if (encoder.line()) return true;
  out->resize(before);
  return false;
}

}  // namespace br
