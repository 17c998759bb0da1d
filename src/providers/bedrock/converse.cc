#include "providers/bedrock/converse.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "codec/json_compact.h"
#include "codec/json_write.h"
#include "providers/anthropic/thinking.h"
#include "providers/shared/call_ids.h"
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

// Fields of Converse's and Nova's requests that other APIs have at the top.
constexpr MovedField kMoved[] = {{"max_tokens", "inferenceConfig.maxTokens"},
                                  {"maxTokens", "inferenceConfig.maxTokens"},
                                  {"temperature", "inferenceConfig.temperature"},
                                  {"top_p", "inferenceConfig.topP"},
                                  {"topP", "inferenceConfig.topP"},
                                  {"stopSequences", "inferenceConfig.stopSequences"},
                                  {"stop_sequences", "inferenceConfig.stopSequences"},
                                  {"toolChoice", "toolConfig.toolChoice"},
                                  {"tool_choice", "toolConfig.toolChoice"},
                                  {"tools", "toolConfig.tools"}};

// Nova takes both.
constexpr FieldNames::Synonyms kNovaNames[] = {
    {"maxTokens", "max_new_tokens", "max_tokens"}, {"topP", "top_p"}, {"topK", "top_k"}, {"stopSequences", "stop_sequences"}};

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
  bool marked_part(const Part& part);
  void cache_point(std::string_view cache_json);
  bool tool_use(const Part& part);
  bool tool_result(const Part& part);
  bool thinking(std::string_view block);
  bool file(const Part& part, std::string_view kind);
  bool generation(BodyWriter* w);
  bool no_penalties();
  bool tools(BodyWriter* w);
  bool tool_choice();
  bool tool(const Tool& tool, std::size_t index);
  bool response_format(BodyWriter* w);
  bool reasons_already(const BodyWriter& w) const;
  bool plan(const BodyWriter& w);
  bool reasoning(BodyWriter* w);
  std::string nova_reasoning() const {
    return effort_ == "\"none\"" ? "{\"type\":\"disabled\"}"
                                 : "{\"type\":\"enabled\",\"maxReasoningEffort\":" + effort_ + "}";
  }

  ThinkingPlan thinking_;  // of a Claude model
  std::string effort_;     // of any other that has one, in JSON
  bool nova_;
  int documents_ = 0;
};

bool ConverseEncoder::body() {
  static constexpr std::string_view kMerged[] = {"output_config"};
  BodyWriter w(r_.provider_kwargs_json, out_, {nova_ ? kNovaNames : std::span<const FieldNames::Synonyms>(), false, kMerged});
  if (!check_places(w, kMoved)) return false;
  if (!check_stream(w.replacement("stream"), "provider_kwargs.stream")) return false;
  for (const std::string_view name : {"model", "modelId"}) {
    if (!w.replacement(name).empty())
      return refuse(1, "provider_kwargs." + std::string(name),
                    "provider_kwargs." + std::string(name) + ": a job on Bedrock has one model; use model");
  }
  if (!plan(w) || !obey(find_blank_text(r_), [] {})) return false;
  if (!r_.system.empty() && w.begin("system")) {
    out_->push_back('[');
    for (std::size_t i = 0; i < r_.system.size(); ++i) {
      out_->append(i > 0 ? "," : "").append("{\"text\":").append(r_.system[i].text_json).push_back('}');
      cache_point(r_.system[i].cache_json);
    }
    out_->push_back(']');
  }
  if (w.begin("messages") && !messages()) return false;
  if (!generation(&w) || !tools(&w) || !response_format(&w)) return false;
  if (!r_.seed_json.empty() && !unsupported(r_.seed_column, "seed", "has no seed", "remove it")) return false;
  if (!reasoning(&w)) return false;
  w.end();
  return true;
}

// provider_kwargs say it, or take away the object that it would stand in.
bool ConverseEncoder::reasons_already(const BodyWriter& w) const {
  const std::string_view fields = w.under_name(nova_ ? "inferenceConfig" : "additionalModelRequestFields");
  if (fields.empty()) return false;
  constexpr std::string_view kNames[] = {"thinking", "reasoning_config", "reasoningConfig", "reasoning_effort", "reasoning"};
  return fields.front() != '{' || std::any_of(std::begin(kNames), std::end(kNames), [&](std::string_view name) {
           return !member_of(fields, name).empty();
         });
}

// How the model is told to reason, in its maker's words; before anything is written.
bool ConverseEncoder::plan(const BodyWriter& w) {
  if (r_.reasoning_json.empty() || reasons_already(w)) return true;
  const Reasoning reasoning = read_reasoning(r_.reasoning_json);
  const Generation& g = r_.generation;
  if (r_.model.find("anthropic.") != std::string_view::npos) {
    const ModelFacts& model = facts_of_model("anthropic");
    const auto sent = [config = w.under_name("inferenceConfig")](std::string_view at, Given own) -> Given {
      const std::string_view given = member_of(config, at.substr(at.find('.') + 1));
      return given.empty() ? own : Given{given, own.own, at};
    };
    const Given most = sent("inferenceConfig.maxTokens", {g.max_tokens, "generation_config.max_tokens", {}});
    auto broken = plan_thinking(reasoning, model, static_cast<std::int64_t>(number_of(most.json)), &thinking_);
    if (broken) broken->column = r_.reasoning_column;
    if (!obey(broken, [this] { thinking_ = {}; })) return false;
    ClaudeFields fields;
    fields.temperature =
        sent("inferenceConfig.temperature", {g.temperature, "generation_config.temperature", {}});
    fields.top_p = sent("inferenceConfig.topP", {g.top_p, "generation_config.top_p", {}});
    fields.stop_sequences =
        sent("inferenceConfig.stopSequences", {g.stop_sequences_json, "generation_config.stop_sequences", {}});
    fields.ends_with_assistant = !r_.messages.empty() && r_.messages.back().role == Role::assistant;
    auto found = find_conflict(fields, thinking_, model);
    if (!found) return true;
    return refuse(r_.generation_column, found->rule.field,
                  found->rule.field + ": " + std::string(vendor_) + " " + found->rule.why + "; " + found->rule.fix);
  }
  const ModelFacts& model = facts_of_model("bedrock");
  const auto word = read_effort(reasoning.effort);
  if (word == Effort::none && model.never_reasons()) return true;
  const bool known = model.efforts && !model.efforts->empty();
  const auto fit = known && word && reasoning.budget_tokens.empty() ? fit_effort(*word, *model.efforts) : std::nullopt;
  if (fit) {
    effort_ = "\"" + std::string(word_of(*fit)) + "\"";
    return true;
  }
  return unsupported(r_.reasoning_column, "reasoning",
                     known ? "takes the efforts " + list_efforts(*model.efforts) + " with this model"
                           : "has no form of reasoning that all models share",
                     nova_ ? "give inferenceConfig with its reasoningConfig in provider_kwargs"
                           : "give additionalModelRequestFields in provider_kwargs");
}

bool ConverseEncoder::reasoning(BodyWriter* w) {
  std::string fields;
  if (thinking_.type) {
    fields.append("\"thinking\":{\"type\":\"").append(word_of(*thinking_.type)).push_back('"');
    if (thinking_.budget > 0) fields.append(",\"budget_tokens\":").append(std::to_string(thinking_.budget));
    fields.push_back('}');
  }
  if (thinking_.effort)
    fields.append(fields.empty() ? "" : ",").append("\"output_config\":{\"effort\":\"").append(word_of(*thinking_.effort)).append("\"}");
  if (!nova_ && !effort_.empty()) {
    const bool amazon = r_.model.find("amazon.nova") != std::string_view::npos;
    fields.append(amazon ? "\"reasoningConfig\":" + nova_reasoning() : "\"reasoning_effort\":" + effort_);
  }
  if (!fields.empty()) w->object("additionalModelRequestFields", fields);
  return true;
}

bool ConverseEncoder::messages() {
  if (!check_no_names()) return false;
  out_->push_back('[');
  bool any = false;
  for (std::size_t i = 0, end = 0; i < r_.messages.size(); i = end) {
    const Message& message = r_.messages[i];
    end = turn_end(i, true);
    if (message.role == Role::system || message.role == Role::developer) {
      if (!unsupported(message.column, "role", "takes system texts only in front of the conversation",
                       "move it to the front or into system_prompt, or say it as the user"))
        return false;
      continue;
    }
    out_->append(any ? "," : "").append("{\"role\":\"");
    any = true;
    out_->append(message.role == Role::assistant ? "assistant" : "user").append("\",\"content\":");
    const Message& last = r_.messages[end - 1];
    const std::size_t count = last.first_part + last.part_count - message.first_part;
    const auto write = [this](const Part& each) { return marked_part(each); };
    if (!part_array(message.first_part, count, write)) return false;
    end_message(message);
  }
  out_->push_back(']');
  return true;
}

// What stands before the mark is cached.
void ConverseEncoder::cache_point(std::string_view cache_json) {
  if (cache_json.empty()) return;
  const std::string_view ttl = field_of(cache_json, "ttl");
  out_->append(",{\"cachePoint\":{\"type\":\"default\"");
  if (!ttl.empty()) out_->append(",\"ttl\":").append(ttl);
  out_->append("}}");
}

bool ConverseEncoder::marked_part(const Part& part) {
  const std::size_t before = out_->size();
  if (!this->part(part)) return false;
  if (out_->size() > before) cache_point(part.cache_json);
  return true;
}

bool ConverseEncoder::tool_use(const Part& part) {
  if (!nova_)
    return unsupported(part.column, "tool_calls", "takes no tools in a batch",
                       "leave bedrock.invocation_type at InvokeModel, with a Claude or Nova model");
  if (part.data_json.empty())
    return refuse(part.column, "tool_calls",
                  "the arguments of the tool call hold no JSON object, and Bedrock takes one; correct them");
  out_->append("{\"toolUse\":{\"toolUseId\":");
  append_call_id(CallIds::words, part.id_json, out_);
  out_->append(",\"name\":").append(part.name_json).append(",\"input\":");
  append_compact_json(part.data_json, out_);
  out_->append("}}");
  return true;
}

bool ConverseEncoder::tool_result(const Part& part) {
  if (!nova_)
    return unsupported(part.column, "tool_call_id", "takes no tools in a batch",
                       "leave bedrock.invocation_type at InvokeModel, with a Claude or Nova model");
  out_->append("{\"toolResult\":{\"toolUseId\":");
  append_call_id(CallIds::words, part.id_json, out_);
  out_->append(",\"content\":");
  if (part.inner_count == 0) out_->append("[{\"text\":").append(part.text_json).append("}]");
  else if (!part_array(inner_of(part), part.inner_count, [this](const Part& each) { return this->part(each); }))
    return false;
  out_->append(part.is_error ? ",\"status\":\"error\"}}" : "}}");
  return true;
}

// {"type":"thinking","thinking","signature"} or {"type":"redacted_thinking","data"}; other vendors' blocks are left out.
bool ConverseEncoder::thinking(std::string_view block) {
  const std::string_view type = field_of(block, "type"), text = field_of(block, "thinking");
  const std::string_view signature = field_of(block, "signature"), data = field_of(block, "data");
  if (type == "\"thinking\"" && !text.empty() && !signature.empty()) {
    out_->append("{\"reasoningContent\":{\"reasoningText\":{\"text\":").append(text);
    out_->append(",\"signature\":").append(signature).append("}}}");
  } else if (type == "\"redacted_thinking\"" && !data.empty()) {
    out_->append("{\"reasoningContent\":{\"redactedContent\":").append(data).append("}}");
  }
  return true;
}

bool ConverseEncoder::part(const Part& part) {
  switch (part.kind) {
    case PartKind::tool_call:
      return tool_use(part);
    case PartKind::tool_result:
      return tool_result(part);
    case PartKind::thinking:
      return thinking(part.data_json);
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
  if (!check_detail(part)) return false;
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
  std::string fields, most(g.max_tokens);
  if (thinking_.budget > 0 && most.empty()) most = std::to_string(options_.default_max_tokens + thinking_.budget);
  for (const auto& [name, token] : {std::pair<std::string_view, std::string_view>{"maxTokens", most},
                                    {"temperature", heat > 1 ? "" : g.temperature},
                                    {"topP", g.top_p},
                                    {"topK", nova_ ? g.top_k : ""},
                                    {"stopSequences", g.stop_sequences_json}}) {
    if (!token.empty()) fields.append(fields.empty() ? "\"" : ",\"").append(name).append("\":").append(token);
  }
  if (nova_ && !effort_.empty())
    fields.append(fields.empty() ? "" : ",").append("\"reasoningConfig\":").append(nova_reasoning());
  if (!fields.empty()) w->object("inferenceConfig", fields);
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
  const std::size_t begun = out_->size();
  out_->append("\"tools\":[");
  const auto all = read_tools(r_.tools_json);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out_->push_back(',');
    if (!tool(all[i], i)) return false;
  }
  out_->push_back(']');
  if (!tool_choice()) return false;
  w->object_since("toolConfig", begun);
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
  if (!check_tool_maker(tool.raw, {ToolMaker::bedrock}, index)) return false;
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
  cache_point(tool.cache_json);
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
