#include <string>

#include "emulator/base/base64.h"
#include "emulator/base/hash.h"
#include "emulator/base/parameters.h"
#include "emulator/google/rows.h"
#include "emulator/google/schema.h"

namespace br::emulator {
namespace {

constexpr rapidjson::SizeType kMostStops = 5;
constexpr int64_t kDefaultDimensions = 8;  // as many as are worth their bytes in a test

constexpr Parameter kRequest[] = {
    {"contents", kArray},       {"systemInstruction", kObject},
    {"tools", kArray},          {"toolConfig", kObject},
    {"safetySettings", kArray}, {"generationConfig", kObject},
    {"cachedContent", kString}, {"model", kString},
    {"serviceTier", kString},   {"store", kBoolean},
};

constexpr Parameter kConfig[] = {
    {"stopSequences", kArray},
    {"candidateCount", kInteger, 1, 8},
    {"maxOutputTokens", kInteger, 1, 1e9},
    {"temperature", kNumber, 0, 2},
    {"topP", kNumber, 0, 1},
    {"topK", kInteger, 1, 1e9},
    {"seed", kInteger, -2147483648.0, 2147483647.0},
    {"presencePenalty", kNumber, -2, 2},
    {"frequencyPenalty", kNumber, -2, 2},
    {"responseMimeType", kString},
    {"responseSchema", kObject},
    {"responseJsonSchema", kAny},
    {"responseLogprobs", kBoolean},
    {"logprobs", kInteger, 0, 20},
    {"thinkingConfig", kObject},
    {"responseModalities", kArray},
    {"mediaResolution", kString},
    {"speechConfig", kObject},
    {"imageConfig", kObject},
    {"enableEnhancedCivicAnswers", kBoolean},
};

constexpr Parameter kPart[] = {
    {"text", kString},          {"inlineData", kObject},       {"fileData", kObject},
    {"functionCall", kObject},  {"functionResponse", kObject}, {"executableCode", kObject},
    {"thought", kBoolean},      {"thoughtSignature", kString}, {"codeExecutionResult", kObject},
    {"videoMetadata", kObject}, {"mediaResolution", kObject},
};

constexpr Parameter kThinking[] = {
    {"includeThoughts", kBoolean}, {"thinkingBudget", kInteger}, {"thinkingLevel", kString}};

constexpr Parameter kContent[] = {{"parts", kArray}, {"role", kString}};
constexpr Parameter kBlob[] = {{"mimeType", kString}, {"data", kString}, {"displayName", kString}};
constexpr Parameter kFile[] = {{"mimeType", kString}, {"fileUri", kString}, {"displayName", kString}};

constexpr Parameter kEmbed[] = {
    {"model", kString},
    {"content", kObject},
    {"title", kString},
    {"taskType", kString},
    {"outputDimensionality", kInteger, 1, 1e6},
    {"embedContentConfig", kObject},
};

std::string camel_case(std::string_view name) {
  std::string out;
  bool upper = false;
  for (char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

std::string object_problem(std::span<const Parameter> known, const json::Value& object, const std::string& place) {
  for (const auto& field : object.GetObject()) {
    const std::string name(json::view(field.name));
    switch (misfit(find_parameter(known, camel_case(name)), field.value)) {
      case Misfit::kNone:
        break;
      case Misfit::kUnknown:
        return "Invalid JSON payload received. Unknown name \"" + name + "\" at '" + place + "': Cannot find field.";
      case Misfit::kType:
        return "Invalid value at '" + place + "." + name + "'";
      case Misfit::kBelow:
      case Misfit::kAbove:
        return "Unable to submit request because " + place + "." + name + " is out of its range.";
    }
  }
  return {};
}

std::string unknown_name(std::span<const Parameter> known, const json::Value& object, const std::string& place) {
  if (!object.IsObject()) return {};
  for (const auto& field : object.GetObject()) {
    const std::string name(json::view(field.name));
    if (find_parameter(known, camel_case(name)) == nullptr)
      return "Invalid JSON payload received. Unknown name \"" + name + "\" at '" + place + "': Cannot find field.";
  }
  return {};
}

std::string unknown_in_content(const json::Value& content, const std::string& place) {
  std::string problem = unknown_name(kContent, content, place);
  const json::Value* const parts = json::member(content, "parts");
  if (parts == nullptr || !parts->IsArray()) return problem;
  for (rapidjson::SizeType i = 0; i < parts->Size() && problem.empty(); ++i) {
    const std::string part = place + ".parts[" + std::to_string(i) + "]";
    problem = unknown_name(kPart, (*parts)[i], part);
    const json::Value* const blob = google_member((*parts)[i], "inlineData");
    if (blob != nullptr && problem.empty()) problem = unknown_name(kBlob, *blob, part + ".inline_data");
    const json::Value* const file = google_member((*parts)[i], "fileData");
    if (file != nullptr && problem.empty()) problem = unknown_name(kFile, *file, part + ".file_data");
  }
  return problem;
}

// What comes inside of a part; a word or two of what is wrong are said again, as the vendor does.
std::string bytes_problem(const json::Value& part, const std::string& place) {
  constexpr size_t kMostShown = 60;
  const json::Value* const inside = google_member(part, "inlineData");
  if (inside == nullptr) return {};
  const std::string_view data = json::string_member(*inside, "data");
  if (is_protobuf_base64(data)) return {};
  return "Invalid value at '" + place + ".inline_data.data' (TYPE_BYTES), Base64 decoding failed for \"" +
         std::string(data.substr(0, kMostShown)) + "\"";
}

std::string content_problem(const json::Value& content, const std::string& place) {
  if (!content.IsObject()) return "Invalid value at '" + place + "'";
  const json::Value* const parts = json::member(content, "parts");
  if (parts == nullptr || !parts->IsArray() || parts->Empty()) {
    return "* " + place + ".parts: contents.parts must not be empty.";
  }
  const std::string_view role = json::string_member(content, "role");
  if (!role.empty() && role != "user" && role != "model" && role != "function") {
    return "Please use a valid role: user, model.";
  }
  for (rapidjson::SizeType i = 0; i < parts->Size(); ++i) {
    const std::string part = place + ".parts[" + std::to_string(i) + "]";
    if (!(*parts)[i].IsObject() || (*parts)[i].ObjectEmpty()) {
      return "* " + part + ".data: required oneof field 'data' must have one initialized field";
    }
    std::string problem = object_problem(kPart, (*parts)[i], part);
    if (problem.empty()) problem = bytes_problem((*parts)[i], part);
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string embed_problem(const json::Value& request) {
  std::string problem = object_problem(kEmbed, request, "request");
  if (!problem.empty()) return problem;
  const json::Value* const content = json::member(request, "content");
  return content == nullptr ? "content is not specified" : content_problem(*content, "request.content");
}

Tokens write_embedding(json::Writer& out, const Question& question, const json::Value& request) {
  const json::Value* wanted = google_member(request, "outputDimensionality");
  const json::Value* const config = google_member(request, "embedContentConfig");
  if (wanted == nullptr && config != nullptr) wanted = google_member(*config, "outputDimensionality");
  const int64_t dimensions = wanted != nullptr && wanted->IsInt64() ? wanted->GetInt64() : kDefaultDimensions;
  const Tokens tokens = {tokens_of(request, {}).input, 0};
  out.begin_object().key("embedding").begin_object().key("values").begin_array();
  for (int64_t d = 0; d < dimensions; ++d) {
    const uint64_t noise = mix(question.hash + static_cast<uint64_t>(d));
    out.real(static_cast<double>(noise % 2'000'001) / 1e6 - 1.0);
  }
  out.end_array().end_object().key("usageMetadata").begin_object();
  out.field("promptTokenCount", tokens.input).field("totalTokenCount", tokens.input).end_object().end_object();
  return tokens;
}

// The function that must be called; empty if the answer may be text.
std::string_view wanted_function(const json::Value& request) {
  const json::Value* const config = google_member(request, "toolConfig");
  const json::Value* const calling = config == nullptr ? nullptr : google_member(*config, "functionCallingConfig");
  if (calling == nullptr || json::string_member(*calling, "mode") != "ANY") return {};
  const json::Value* const allowed = google_member(*calling, "allowedFunctionNames");
  if (allowed != nullptr && allowed->IsArray() && !allowed->Empty() && (*allowed)[0].IsString()) {
    return json::view((*allowed)[0]);
  }
  const json::Value* const tools = json::member(request, "tools");
  if (tools == nullptr || tools->Empty()) return {};
  const json::Value* const declared = google_member((*tools)[0], "functionDeclarations");
  const bool some = declared != nullptr && declared->IsArray() && !declared->Empty();
  return some ? json::string_member((*declared)[0], "name") : std::string_view();
}

}  // namespace

const json::Value* google_member(const json::Value& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  for (const auto& field : object.GetObject()) {
    if (camel_case(json::view(field.name)) == name) return &field.value;
  }
  return nullptr;
}

std::string google_unknown_field(const json::Value& request, bool embeds) {
  std::string problem = unknown_name(embeds ? std::span<const Parameter>(kEmbed) : kRequest, request, "request");
  const json::Value* const contents = json::member(request, "contents");
  if (contents != nullptr && contents->IsArray()) {
    for (rapidjson::SizeType i = 0; i < contents->Size() && problem.empty(); ++i)
      problem = unknown_in_content((*contents)[i], "request.contents[" + std::to_string(i) + "]");
  }
  for (const char* name : {"systemInstruction", "content"}) {
    const json::Value* const content = google_member(request, name);
    if (content != nullptr && problem.empty()) problem = unknown_in_content(*content, "request." + std::string(name));
  }
  const json::Value* const config = google_member(request, "generationConfig");
  if (config != nullptr && problem.empty()) problem = unknown_name(kConfig, *config, "request.generation_config");
  const json::Value* const thinking = config == nullptr ? nullptr : google_member(*config, "thinkingConfig");
  if (thinking != nullptr && problem.empty())
    problem = unknown_name(kThinking, *thinking, "request.generation_config.thinking_config");
  return problem;
}

std::string google_request_problem(const json::Value& request, bool embeds) {
  if (embeds) return embed_problem(request);
  std::string problem = object_problem(kRequest, request, "request");
  if (!problem.empty()) return problem;
  const json::Value* const contents = json::member(request, "contents");
  if (contents == nullptr || contents->Empty()) return "* GenerateContentRequest.contents: contents is not specified";
  for (rapidjson::SizeType i = 0; i < contents->Size(); ++i) {
    problem = content_problem((*contents)[i], "request.contents[" + std::to_string(i) + "]");
    if (!problem.empty()) return problem;
  }
  const json::Value* const system = google_member(request, "systemInstruction");
  if (system != nullptr) problem = content_problem(*system, "request.systemInstruction");
  const json::Value* const tools = google_member(request, "tools");
  if (problem.empty() && tools != nullptr) problem = google_tools_problem(*tools, "request.tools");
  const json::Value* const config = google_member(request, "generationConfig");
  if (!problem.empty() || config == nullptr) return problem;
  const json::Value* const stops = google_member(*config, "stopSequences");
  if (stops != nullptr && stops->IsArray() && stops->Size() > kMostStops) {
    return "Unable to submit request because it has more than 5 stop sequences.";
  }
  problem = object_problem(kConfig, *config, "request.generationConfig");
  const json::Value* const schema = google_member(*config, "responseSchema");
  if (!problem.empty() || schema == nullptr) return problem;
  return google_schema_problem(*schema, "request.generationConfig.responseSchema");
}

Tokens write_google_response(json::Writer& out, const Question& question, const json::Value& request, bool embeds) {
  if (embeds) return write_embedding(out, question, request);
  const json::Value& contents = *json::member(request, "contents");
  std::string text = answer_text(question, contents);
  const Tokens tokens = tokens_of(contents, text);
  const json::Value* const config = google_member(request, "generationConfig");
  const json::Value* const type = config == nullptr ? nullptr : google_member(*config, "responseMimeType");
  if (type != nullptr && type->IsString() && json::view(*type) == "application/json") {
    json::Writer as_json;
    text = as_json.begin_object().field("answer", text).end_object().str();
  }
  const json::Value* const wanted = config == nullptr ? nullptr : google_member(*config, "candidateCount");
  const int64_t candidates = wanted != nullptr && wanted->IsInt64() ? wanted->GetInt64() : 1;
  const std::string_view function = wanted_function(request);
  out.begin_object().key("candidates").begin_array();
  for (int64_t i = 0; i < candidates; ++i) {
    out.begin_object().key("content").begin_object().key("parts").begin_array().begin_object();
    if (function.empty()) {
      out.field("text", text);
    } else {
      out.key("functionCall").begin_object().field("name", function).key("args").begin_object();
      out.field("answer", text).end_object().end_object();
    }
    out.end_object().end_array().field("role", "model").end_object().field("finishReason", "STOP");
    if (i > 0) out.field("index", i);
    out.end_object();
  }
  out.end_array().key("usageMetadata").begin_object().field("promptTokenCount", tokens.input);
  out.field("candidatesTokenCount", tokens.output * candidates);
  out.field("totalTokenCount", tokens.input + tokens.output * candidates).key("promptTokensDetails").begin_array();
  out.begin_object().field("modality", "TEXT").field("tokenCount", tokens.input).end_object().end_array().end_object();
  out.field("modelVersion", question.model).field("responseId", hex(question.hash)).end_object();
  return {tokens.input, tokens.output * candidates};
}

}  // namespace br::emulator
