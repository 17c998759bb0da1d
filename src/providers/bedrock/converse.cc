#include "providers/bedrock/converse.h"

#include <charconv>

#include "codec/json_write.h"
#include "providers/shared/request_encoder.h"
#include "providers/shared/unified_fields.h"

namespace br {
namespace {

struct Format {
  PartKind kind;
  std::string_view media_type, name;
};
constexpr Format kFormats[] = {
    {PartKind::image, "image/png", "png"},
    {PartKind::image, "image/jpeg", "jpeg"},
    {PartKind::image, "image/gif", "gif"},
    {PartKind::image, "image/webp", "webp"},
    {PartKind::document, "application/pdf", "pdf"},
    {PartKind::document, "text/csv", "csv"},
    {PartKind::document, "text/html", "html"},
    {PartKind::document, "text/plain", "txt"},
    {PartKind::document, "text/markdown", "md"},
    {PartKind::document, "application/msword", "doc"},
    {PartKind::document, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    {PartKind::document, "application/vnd.ms-excel", "xls"},
    {PartKind::document, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
};

class ConverseEncoder : public RequestEncoder {
 public:
  ConverseEncoder(bool nova, const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
          std::vector<std::string>* warnings)
      : RequestEncoder(nova ? "Nova on Bedrock" : "Converse on Bedrock", request, options, out, issue, warnings),
        nova_(nova) {}

  bool body();

 private:
  bool messages();
  bool part(const Part& part);
  bool file(const Part& part, std::string_view kind);
  bool generation(BodyWriter* w);
  bool no_penalties();
  bool tools(BodyWriter* w);
  bool tool_choice();
  bool tool(const Tool& tool, std::size_t index);
  bool response_format(BodyWriter* w);

  bool nova_;
  int documents_ = 0;
};

bool ConverseEncoder::body() {
  BodyWriter w(r_.provider_kwargs_json, out_);
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  for (const std::string_view name : {"model", "modelId"}) {
    if (!w.replacement(name).empty())
      return refuse(1, "provider_kwargs." + std::string(name),
                    "provider_kwargs." + std::string(name) + ": a job on Bedrock has one model; use model");
  }
  if (!r_.system_json.empty() && w.begin("system")) {
    out_->push_back('[');
    for (std::size_t i = 0; i < r_.system_json.size(); ++i)
      out_->append(i > 0 ? "," : "").append("{\"text\":").append(r_.system_json[i]).push_back('}');
    out_->push_back(']');
  }
  if (w.begin("messages") && !messages()) return false;
  if (!generation(&w) || !tools(&w) || !response_format(&w)) return false;
  if (!r_.seed_json.empty() && !unsupported(r_.seed_column, "seed", "has no seed", "remove it")) return false;
  if (!r_.reasoning_json.empty() &&
      !unsupported(r_.reasoning_column, "reasoning", "has no form of reasoning that all models share",
                   nova_ ? "give inferenceConfig with its reasoningConfig in provider_kwargs"
                         : "give additionalModelRequestFields in provider_kwargs"))
    return false;
  w.end();
  return true;
}

bool ConverseEncoder::messages() {
  out_->push_back('[');
  for (std::size_t i = 0; i < r_.messages.size(); ++i) {
    const Message& message = r_.messages[i];
    out_->append(i > 0 ? "," : "").append("{\"role\":\"");
    out_->append(message.role == Role::user ? "user" : "assistant").append("\",\"content\":");
    if (!part_array(message, [this](const Part& each) { return part(each); })) return false;
    end_message(message);
  }
  out_->push_back(']');
  return true;
}

bool ConverseEncoder::part(const Part& part) {
  switch (part.kind) {
    case PartKind::text:
      out_->append("{\"text\":").append(part.text_json).push_back('}');
      return true;
    case PartKind::image:
      return file(part, "image");
    case PartKind::document:
      if (!nova_) return file(part, "document");
      return unsupported(part.column, "document", "takes no documents with InvokeModel",
                         "set bedrock.invocation_type to Converse");
    case PartKind::audio:
      break;
  }
  return unsupported(part.column, "audio", "takes no audio", "send its transcript, or use another provider");
}

bool ConverseEncoder::file(const Part& part, std::string_view kind) {
  const bool image = part.kind == PartKind::image;
  std::string_view media = media_type(part, image ? "image/jpeg" : "application/pdf"), data = inside(part.data_json);
  if (part.source != Source::base64 && (part.source != Source::url || !split_data_uri(part.data_json, &media, &data)))
    return refuse(part.column, kind, "Bedrock takes images and documents as base64 only; send the bytes");
  for (const Format& format : kFormats) {
    if (format.kind != part.kind || format.media_type != media) continue;
    out_->append("{\"").append(kind).append("\":{\"format\":\"").append(format.name);
    // Each document has a name, in letters, digits, blanks and the like.
    if (!image) out_->append("\",\"name\":\"document ").append(std::to_string(++documents_));
    out_->append("\",\"source\":{\"bytes\":\"").append(data).append("\"}}}");
    return true;
  }
  return unsupported(part.column, kind, "does not take " + std::string(media), "convert it");
}

bool ConverseEncoder::no_penalties() {
  for (const auto& [name, token] :
       {std::pair<std::string_view, std::string_view>{"presence_penalty", r_.generation.presence_penalty},
        {"frequency_penalty", r_.generation.frequency_penalty}}) {
    if (!token.empty() &&
        !unsupported(r_.generation_column, "generation_config." + std::string(name), "has no penalties", "remove it"))
      return false;
  }
  return true;
}

bool ConverseEncoder::generation(BodyWriter* w) {
  const Generation& g = r_.generation;
  if (!no_penalties()) return false;
  double heat = 0;
  std::from_chars(g.temperature.data(), g.temperature.data() + g.temperature.size(), heat);
  if (heat > 1 && !unsupported(r_.generation_column, "generation_config.temperature",
                               "takes temperatures from 0 to 1, not " + std::string(g.temperature), "lower it"))
    return false;
  if (!nova_ && !g.top_k.empty() &&
      !unsupported(r_.generation_column, "generation_config.top_k", "has no top_k that all models share",
                   "give additionalModelRequestFields in provider_kwargs"))
    return false;
  std::string fields;
  for (const auto& [name, token] : {std::pair<std::string_view, std::string_view>{"maxTokens", g.max_tokens},
                                    {"temperature", heat > 1 ? "" : g.temperature},
                                    {"topP", g.top_p},
                                    {"topK", nova_ ? g.top_k : ""},
                                    {"stopSequences", g.stop_sequences_json}}) {
    if (!token.empty()) fields.append(fields.empty() ? "\"" : ",\"").append(name).append("\":").append(token);
  }
  if (!fields.empty() && w->begin("inferenceConfig")) out_->append("{").append(fields).push_back('}');
  return true;
}

bool ConverseEncoder::tools(BodyWriter* w) {
  if (r_.tools_json.empty() && r_.tool_choice_json.empty()) return true;
  if (!nova_)
    return unsupported(r_.tools_json.empty() ? r_.tool_choice_column : r_.tools_column,
                       r_.tools_json.empty() ? "tool_choice" : "tools", "takes no tools in a batch",
                       "leave bedrock.invocation_type at InvokeModel, with a Claude or Nova model");
  if (r_.tools_json.empty())
    return unsupported(r_.tool_choice_column, "tool_choice", "takes it only beside tools", "remove it");
  if (!w->begin("toolConfig")) return true;
  out_->append("{\"tools\":[");
  const auto all = read_tools(r_.tools_json);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out_->push_back(',');
    if (!tool(all[i], i)) return false;
  }
  out_->push_back(']');
  if (!tool_choice()) return false;
  out_->push_back('}');
  return true;
}

bool ConverseEncoder::tool_choice() {
  if (r_.tool_choice_json.empty()) return true;
  using Choice = ToolChoice::Kind;
  const ToolChoice choice = read_tool_choice(r_.tool_choice_json);
  if (choice.kind == Choice::other || choice.kind == Choice::none)
    return unsupported(r_.tool_choice_column, "tool_choice", "takes auto, required or one function", "change it");
  out_->append(",\"toolChoice\":");
  if (choice.kind == Choice::named)
    out_->append("{\"tool\":{\"name\":").append(choice.name_json).append("}}");
  else
    out_->append(choice.kind == Choice::automatic ? "{\"auto\":{}}" : "{\"any\":{}}");
  return true;
}

bool ConverseEncoder::tool(const Tool& tool, std::size_t index) {
  const std::string at = "tools[" + std::to_string(index) + "]";
  if (tool.native && tool.raw.find("\"toolSpec\"") != std::string_view::npos) {
    out_->append(tool.raw);
    return true;
  }
  if (tool.name_json.empty()) return refuse(r_.tools_column, at, at + " is no function with a name; give it one");
  std::vector<JsonField> more = tool.other;
  more.insert(more.end(), tool.beside.begin(), tool.beside.end());
  if (!tool.strict_json.empty()) more.emplace_back("\"strict\"", tool.strict_json);
  for (const auto& [key, value] : more) {
    if (!unsupported(r_.tools_column, at + "." + std::string(inside(key)), "has no such field of a function",
                     "remove it"))
      return false;
  }
  out_->append("{\"toolSpec\":{\"name\":").append(tool.name_json);
  if (!tool.description_json.empty()) out_->append(",\"description\":").append(tool.description_json);
  out_->append(",\"inputSchema\":{\"json\":");
  std::string schema = "{\"type\":\"object\"}";
  if (!tool.parameters_json.empty() &&
      !rewritten_schema(kNovaToolSchema, tool.parameters_json, parameters_path(tool, at), false, &schema))
    return false;
  out_->append(schema).append("}}}");
  return true;
}

// The schema goes as a text that holds JSON.
bool ConverseEncoder::response_format(BodyWriter* w) {
  if (r_.response_format_json.empty()) return true;
  const ResponseFormat format = read_response_format(r_.response_format_json);
  if (format.kind == ResponseFormat::Kind::text) return true;
  if (nova_ || format.kind != ResponseFormat::Kind::json_schema)
    return unsupported(r_.response_format_column, "response_format",
                       nova_ ? "takes text only" : "takes a json_schema with a schema, and text",
                       nova_ ? "remove it, or give the schema as a tool" : "give a schema");
  std::string schema;
  if (!rewritten_schema(kBedrockSchema, format.schema_json, std::string(format.schema_at), true, &schema)) return false;
  if (schema.empty() || !w->begin("outputConfig")) return true;
  JsonWriter json(out_);
  json.begin_object().key("textFormat").begin_object().field("type", "json_schema").key("structure").begin_object();
  json.key("jsonSchema").begin_object().field("schema", schema).end_object().end_object().end_object().end_object();
  return true;
}

}  // namespace

bool encode_converse_body(bool nova, const Request& request, const EncodeOptions& options, std::string* out,
                          Issue* issue, std::vector<std::string>* warnings) {
  return ConverseEncoder(nova, request, options, out, issue, warnings).body();
}

}  // namespace br
