// Bodies and answers of the models on Bedrock that are not Claude's.
#include "emulator/bedrock/bodies.h"

#include <algorithm>

#include "emulator/anthropic/schema.h"
#include "emulator/base/parameters.h"
#include "emulator/base/words.h"

namespace br::emulator {
namespace {

constexpr Parameter kConverse[] = {
    {"messages", kArray},
    {"system", kArray},
    {"inferenceConfig", kObject},
    {"additionalModelRequestFields", kObject},
    {"additionalModelResponseFieldPaths", kArray},
    {"guardrailConfig", kObject},
    {"performanceConfig", kObject},
    {"promptVariables", kObject},
    {"requestMetadata", kObject},
    {"outputConfig", kObject},
    {"schemaVersion", kString},
};
constexpr Parameter kConverseInference[] = {{"maxTokens", kInteger, 1, 1e9},
                                            {"temperature", kNumber, 0, 1},
                                            {"topP", kNumber, 0, 1},
                                            {"stopSequences", kArray}};
constexpr Parameter kNova[] = {{"messages", kArray},
                               {"system", kArray},
                               {"inferenceConfig", kObject},
                               {"toolConfig", kObject},
                               {"schemaVersion", kString}};
constexpr Parameter kNovaInference[] = {{"maxTokens", kInteger, 1, 1e9}, {"temperature", kNumber, 0, 1},
                                        {"topP", kNumber, 0, 1},         {"topK", kInteger, 0, 128},
                                        {"stopSequences", kArray},       {"reasoningConfig", kObject}};
constexpr Parameter kTitan[] = {
    {"inputText", kString}, {"dimensions", kInteger}, {"normalize", kBoolean}, {"embeddingTypes", kArray}};
constexpr Parameter kCohere[] = {
    {"texts", kArray}, {"images", kArray}, {"input_type", kString}, {"truncate", kString}, {"embedding_types", kArray}};

// The first field that is unknown or has a wrong value; empty if there is none.
std::string misfit_in(std::span<const Parameter> known, const json::Value& object) {
  for (const auto& field : object.GetObject()) {
    const std::string name(json::view(field.name));
    if (misfit(find_parameter(known, name), field.value) != Misfit::kNone) return name;
  }
  return {};
}

// A block has one kind; an image has its format and its bytes.
bool is_block(const json::Value& block, bool nova) {
  static constexpr std::string_view kKinds[] = {"text", "image", "video", "toolUse", "toolResult", "document", "audio"};
  static constexpr std::string_view kImages[] = {"png", "jpeg", "gif", "webp"};
  if (!block.IsObject() || block.MemberCount() != 1) return false;
  const std::string_view kind = json::view(block.MemberBegin()->name);
  const json::Value& value = block.MemberBegin()->value;
  if (kind == "text") return value.IsString();
  if (!is_one_of(kind, kKinds) || !value.IsObject() || (nova && kind == "document")) return false;
  if (kind != "image" && kind != "document") return true;
  const json::Value* const source = json::member(value, "source");
  if (source == nullptr || !source->IsObject()) return false;
  if (kind == "document" && json::string_member(value, "name").empty()) return false;
  return kind == "document" || is_one_of(json::string_member(value, "format"), kImages);
}

std::string messages_problem(const json::Value& input, bool nova) {
  const json::Value* const messages = json::member(input, "messages");
  if (messages == nullptr || messages->Empty()) return "A conversation must have messages.";
  for (const json::Value& message : messages->GetArray()) {
    const std::string_view role = json::string_member(message, "role");
    const json::Value* const content = json::member(message, "content");
    const bool whole = (role == "user" || role == "assistant") && content != nullptr && content->IsArray();
    if (!whole) return "A message has a role, user or assistant, and a content that is a list.";
    for (const json::Value& block : content->GetArray()) {
      if (!is_block(block, nova)) return "A block of the content is not valid.";
    }
  }
  return {};
}

std::string tools_problem(const json::Value& config) {
  const json::Value* const tools = json::member(config, "tools");
  if (tools == nullptr || !tools->IsArray() || tools->Empty()) return "toolConfig.tools must have a tool.";
  for (const json::Value& tool : tools->GetArray()) {
    const json::Value* const spec = json::member(tool, "toolSpec");
    const json::Value* const schema = spec == nullptr ? nullptr : json::member(*spec, "inputSchema");
    const bool whole =
        schema != nullptr && json::member(*schema, "json") != nullptr && !json::string_member(*spec, "name").empty();
    if (!whole) return "A tool has a toolSpec with a name and an inputSchema.json.";
    // Nova's, which is the only one here that has tools.
    static constexpr std::string_view kTaken[] = {"type", "properties", "required"};
    const json::Value& root = *json::member(*schema, "json");
    if (json::string_member(root, "type") != "object") return "The outermost schema of a tool must be of type object.";
    for (const auto& field : root.GetObject()) {
      if (!is_one_of(json::view(field.name), kTaken))
        return "The outermost schema of a tool has no " + std::string(json::view(field.name)) + ".";
    }
  }
  return {};
}

// The schema of an answer is a text that holds JSON.
std::string format_problem(const json::Value& input) {
  const json::Value* at = &input;
  for (const char* name : {"outputConfig", "textFormat", "structure", "jsonSchema"}) {
    at = json::member(*at, name);
    if (at == nullptr) return {};
  }
  json::Document schema;
  if (!json::parse(json::string_member(*at, "schema"), schema)) return "The schema of the answer is not valid JSON.";
  const std::string problem = claude_schema_problem(schema);
  return problem.empty() ? problem : "The schema of the answer is not valid: " + problem;
}

std::string chat_problem(const json::Value& input, bool nova) {
  const std::span<const Parameter> known = nova ? std::span<const Parameter>(kNova) : kConverse;
  const std::span<const Parameter> inference = nova ? std::span<const Parameter>(kNovaInference) : kConverseInference;
  // In batches the Converse API takes no tools.
  if (const std::string name = misfit_in(known, input); !name.empty()) return "The field " + name + " is not valid.";
  if (const json::Value* const config = json::member(input, "inferenceConfig"); config != nullptr) {
    const std::string name = misfit_in(inference, *config);
    if (!name.empty()) return "The field inferenceConfig." + name + " is not valid.";
  }
  if (const json::Value* const config = json::member(input, "toolConfig"); config != nullptr) {
    if (const std::string problem = tools_problem(*config); !problem.empty()) return problem;
  }
  if (const std::string problem = format_problem(input); !problem.empty()) return problem;
  return messages_problem(input, nova);
}

std::string titan_problem(const json::Value& input) {
  if (const std::string name = misfit_in(kTitan, input); !name.empty()) {
    return "Malformed input request: extraneous key [" + name + "] is not permitted";
  }
  if (json::string_member(input, "inputText").empty()) return "Malformed input request: inputText is required";
  const json::Value* const dimensions = json::member(input, "dimensions");
  const int64_t count = dimensions == nullptr ? 1024 : dimensions->GetInt64();
  return count == 256 || count == 512 || count == 1024 ? "" : "Malformed input request: dimensions: 256, 512 or 1024";
}

std::string cohere_problem(const json::Value& input) {
  static constexpr std::string_view kTypes[] = {"search_document", "search_query", "classification", "clustering"};
  static constexpr std::string_view kCuts[] = {"NONE", "START", "END", ""};
  if (const std::string name = misfit_in(kCohere, input); !name.empty()) return "invalid request: " + name;
  const json::Value* const texts = json::member(input, "texts");
  if (texts == nullptr || texts->Empty() || texts->Size() > 96) return "invalid request: 1 to 96 texts";
  for (const json::Value& text : texts->GetArray()) {
    if (!text.IsString()) return "invalid request: a text is a string";
  }
  if (!is_one_of(json::string_member(input, "input_type"), kTypes)) return "invalid request: valid input_type required";
  return is_one_of(json::string_member(input, "truncate"), kCuts) ? "" : "invalid request: truncate";
}

// The tool that an answer has to call; empty: it may answer with text.
std::string_view wanted_tool(const json::Value& input) {
  const json::Value* const config = json::member(input, "toolConfig");
  const json::Value* const choice = config == nullptr ? nullptr : json::member(*config, "toolChoice");
  if (choice == nullptr) return {};
  if (const json::Value* const tool = json::member(*choice, "tool")) return json::string_member(*tool, "name");
  if (json::member(*choice, "any") == nullptr) return {};
  const json::Value& first = (*json::member(*config, "tools"))[0];
  return json::string_member(*json::member(first, "toolSpec"), "name");
}

Tokens write_chat_answer(json::Writer& out, const Question& question, const json::Value& input) {
  const json::Value& messages = *json::member(input, "messages");
  const std::string text = answer_text(question, messages);
  const Tokens tokens = tokens_of(messages, text);
  const std::string_view tool = wanted_tool(input);
  out.begin_object().key("output").begin_object().key("message").begin_object().field("role", "assistant");
  out.key("content").begin_array().begin_object();
  if (tool.empty()) {
    out.field("text", text);
  } else {
    out.key("toolUse").begin_object().field("toolUseId", "tooluse_1").field("name", tool).key("input").begin_object();
    out.field("answer", text).end_object().end_object();
  }
  out.end_object().end_array().end_object().end_object();
  out.field("stopReason", tool.empty() ? "end_turn" : "tool_use").key("usage").begin_object();
  out.field("inputTokens", tokens.input).field("outputTokens", tokens.output);
  out.field("totalTokens", tokens.input + tokens.output).end_object();
  out.key("metrics").begin_object().field("latencyMs", int64_t{1}).end_object().end_object();
  return tokens;
}

// A vector that its text decides.
void write_vector(json::Writer& out, uint64_t seed, int64_t dimensions) {
  out.begin_array();
  for (int64_t i = 0; i < dimensions; ++i) {
    seed = seed * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    out.raw(std::to_string(static_cast<double>(seed >> 40) / 16'777'216.0 - 0.5));
  }
  out.end_array();
}

Tokens write_titan(json::Writer& out, const Question& question, const json::Value& input) {
  const json::Value* const dimensions = json::member(input, "dimensions");
  const int64_t count = dimensions == nullptr ? 1024 : dimensions->GetInt64();
  const Tokens tokens = {tokens_of(input, {}).input, 0};
  out.begin_object().key("embedding");
  write_vector(out, question.hash, count);
  out.field("inputTextTokenCount", tokens.input).key("embeddingsByType").begin_object().key("float");
  write_vector(out, question.hash, count);
  out.end_object().end_object();
  return tokens;
}

Tokens write_cohere(json::Writer& out, const Question& question, const json::Value& input) {
  constexpr int64_t kDimensions = 1024;
  const json::Value& texts = *json::member(input, "texts");
  out.begin_object().field("id", question.custom_id).field("response_type", "embeddings_floats");
  out.key("embeddings").begin_array();
  for (rapidjson::SizeType i = 0; i < texts.Size(); ++i) write_vector(out, question.hash + i * 1'000'003, kDimensions);
  out.end_array().key("texts").value(texts).end_object();
  return {tokens_of(input, {}).input, 0};
}

bool has_part(std::string_view model, std::string_view part) { return model.find(part) != std::string_view::npos; }

}  // namespace

BedrockBody bedrock_body_of(std::string_view model, bool converse) {
  if (converse) return BedrockBody::kConverse;
  if (has_part(model, "anthropic.")) return BedrockBody::kClaude;
  const bool chats =
      !has_part(model, "canvas") && !has_part(model, "reel") && !has_part(model, "sonic") && !has_part(model, "embed");
  if (has_part(model, "amazon.nova-") && chats) return BedrockBody::kNova;
  if (has_part(model, "amazon.titan-embed-text-")) return BedrockBody::kTitanEmbed;
  return has_part(model, "cohere.embed-") && has_part(model, "-v3") ? BedrockBody::kCohereEmbed : BedrockBody::kUnknown;
}

std::string bedrock_body_problem(BedrockBody kind, const json::Value& input) {
  if (kind == BedrockBody::kTitanEmbed) return titan_problem(input);
  if (kind == BedrockBody::kCohereEmbed) return cohere_problem(input);
  return chat_problem(input, kind == BedrockBody::kNova);
}

Tokens write_bedrock_answer(json::Writer& out, BedrockBody kind, const Question& question, const json::Value& input) {
  if (kind == BedrockBody::kTitanEmbed) return write_titan(out, question, input);
  if (kind == BedrockBody::kCohereEmbed) return write_cohere(out, question, input);
  return write_chat_answer(out, question, input);
}

}  // namespace br::emulator
