// Requests of Gemini's generateContent and embedContent, in camelCase or snake_case.
#include "codec/body_translator.h"
#include "codec/gemini_contents.h"
#include "codec/gemini_schema.h"
#include "codec/words.h"

namespace br {
namespace {

constexpr BodyField kGeminiFields[] = {
    {"model", Fate::elsewhere},
    {"contents", Fate::own},
    {"systemInstruction", Fate::own},
    {"generationConfig", Fate::own},
    {"tools", Fate::own},
    {"toolConfig", Fate::own},
    {"cachedContent", Fate::never, "", "names what Google keeps from before"},
    {"safetySettings", Fate::left, " [] ", "sets filters of Gemini's alone"},
    {"labels", Fate::own},
    {"serviceTier", Fate::left, "", "is a tier of the vendor's"},
};

constexpr BodyField kConfigFields[] = {
    {"maxOutputTokens", Fate::generation, "max_tokens"},
    {"temperature", Fate::generation, "temperature"},
    {"topP", Fate::generation, "top_p"},
    {"topK", Fate::generation, "top_k"},
    {"presencePenalty", Fate::generation, "presence_penalty"},
    {"frequencyPenalty", Fate::generation, "frequency_penalty"},
    {"seed", Fate::copied, "seed"},
    {"stopSequences", Fate::own},
    {"candidateCount", Fate::own},
    {"responseMimeType", Fate::own},
    {"responseSchema", Fate::own},
    {"responseJsonSchema", Fate::own},
    {"thinkingConfig", Fate::own},
    {"responseModalities", Fate::never, " [\"TEXT\"] ", "asks for an answer that is no text"},
    {"speechConfig", Fate::never, "", "asks for an answer that is no text"},
    {"imageConfig", Fate::never, "", "asks for an answer that is no text"},
    {"responseLogprobs", Fate::left, " false "},
    {"logprobs", Fate::left},
    {"mediaResolution", Fate::left, " \"MEDIA_RESOLUTION_UNSPECIFIED\" "},
};

class GeminiTranslator : public BodyTranslator {
 public:
  using BodyTranslator::BodyTranslator;

 private:
  std::span<const BodyField> fields() const override { return kGeminiFields; }
  bool camel_names() const override { return true; }
  bool take(std::string_view name, std::string_view value) override;
  bool finish() override;
  bool tell(const std::vector<Untranslatable>& faults);
  bool instructions(std::string_view value);
  bool thinking(std::string_view value);
  bool declared_tools(std::string_view value);
  bool declaration(std::string_view value, bool* first);
  bool calling(std::string_view value);
  bool labels(std::string_view value);

  std::string_view mime_, schema_, json_schema_;
};

bool GeminiTranslator::take(std::string_view name, std::string_view value) {
  if (name == "contents") {
    GeminiContents contents(&out_);
    out_.field("messages", value);
    contents.write(value);
    return tell(contents.faults());
  }
  if (name == "systemInstruction") return instructions(value);
  if (name == "generationConfig") return expect(value, '{', "an object") && by_table(value, kConfigFields, true);
  if (name == "tools") return declared_tools(value);
  if (name == "toolConfig") return calling(value);
  if (name == "labels") return labels(value);
  if (name == "stopSequences") return stops(value);
  if (name == "candidateCount") return answers(value);
  if (name == "thinkingConfig") return thinking(value);
  (name == "responseMimeType" ? mime_ : name == "responseSchema" ? schema_ : json_schema_) = value;
  return true;
}

bool GeminiTranslator::tell(const std::vector<Untranslatable>& faults) {
  for (const Untranslatable& fault : faults) {
    if (fault.droppable ? !left_out(fault.value, fault.why) : !refuse(fault.value, fault.why + "; change or remove it"))
      return false;
  }
  return true;
}

bool GeminiTranslator::instructions(std::string_view value) {
  std::vector<std::string_view> texts;
  Untranslatable fault;
  if (!gemini_texts(value, &texts, &fault)) return refuse(fault.value, fault.why + "; change or remove it");
  if (texts.empty()) return true;
  out_.field("system_prompt", value);
  if (texts.size() == 1) {
    out_.from(texts[0]);
    return true;
  }
  for (std::size_t i = 0; i < texts.size(); ++i) out_.own(i == 0 ? "[" : ",").from(texts[i]);
  out_.own("]");
  return true;
}

// The label that the answer is found by on Vertex AI is the id, which has its place.
bool GeminiTranslator::labels(std::string_view value) {
  for (const JsonSlice& member : json_members(value)) {
    if (member.name != "custom_id" && !left_out(member.value, "is for Google's own records, not for the model"))
      return false;
  }
  return true;
}

bool GeminiTranslator::thinking(std::string_view value) {
  for (const JsonSlice& member : json_members(value)) {
    const bool is_budget = is_one_of(member.name, {"thinkingBudget", "thinking_budget"});
    const bool is_level = is_one_of(member.name, {"thinkingLevel", "thinking_level"});
    const bool is_include = is_one_of(member.name, {"includeThoughts", "include_thoughts"});
    bool good = true;
    if (is_budget && member.value == "0")
      no_reasoning(member.value);
    else if (is_budget && member.value == "-1")
      good = left_out(member.value, "leaves to Gemini how much it thinks, and other vendors want an effort or a number",
                      "remove it, or give a number");
    else if (is_budget)
      good = budget(member.value);
    else if (is_level)
      good = effort(member.value);
    else if (!(is_include && member.value == "false"))
      good = left_out(member.value);
    if (!good) return false;
  }
  return true;
}

bool GeminiTranslator::finish() {
  const std::string mime = json_text(mime_);
  if (!mime_.empty() && mime != "text/plain" && mime != "application/json")
    return refuse(mime_,
                  "is a form of answers that other vendors do not have; application/json and text/plain can be "
                  "translated; change it");
  if (!schema_.empty() && !json_schema_.empty())
    return refuse(json_schema_, "says again what responseSchema says; remove one of them");
  if (!json_schema_.empty()) {
    out_.field("response_format", json_schema_);
    out_.own("{\"type\":\"json_schema\",\"schema\":").from(json_schema_).own("}");
  } else if (!schema_.empty()) {
    std::vector<Untranslatable> faults;
    std::string schema;
    append_json_schema(schema_, &schema, &faults);
    if (!tell(faults)) return false;
    out_.field("response_format", schema_);
    out_.own("{\"type\":\"json_schema\",\"schema\":").own(schema).own("}");
  } else if (mime == "application/json") {
    out_.field("response_format", mime_);
    out_.own("{\"type\":\"json_object\"}");
  }
  return true;
}

// Functions are declared many to a tool; every other tool is one of Google's, which the target refuses by its name.
bool GeminiTranslator::declared_tools(std::string_view value) {
  auto tools = json_elements(value);
  if (value.starts_with('{')) tools.push_back(value);
  bool first = true;
  for (const std::string_view tool : tools) {
    for (const JsonSlice& member : json_members(tool)) {
      if (!is_one_of(member.name, {"functionDeclarations", "function_declarations"}))
        return refuse(member.value, "is a tool of Google's own, which " + std::string(target_.vendor) +
                                        " has not; remove it, or use that provider");
      for (const std::string_view each : json_elements(member.value)) {
        if (first) out_.field("tools", value);
        if (!declaration(each, &first)) return false;
      }
    }
  }
  if (!first) out_.own("]");
  return true;
}

bool GeminiTranslator::declaration(std::string_view value, bool* first) {
  out_.own(*first ? "[" : ",").mark(value).own("{\"type\":\"function\",\"function\":{");
  *first = false;
  bool any = false;
  for (const JsonSlice& member : json_members(value)) {
    const bool schema = member.name == "parameters";
    const bool json_schema = is_one_of(member.name, {"parametersJsonSchema", "parameters_json_schema"});
    if (!schema && !json_schema && member.name != "name" && member.name != "description") {
      if (!left_out(member.value)) return false;
      continue;
    }
    out_.own(any ? ",\"" : "\"")
        .own(json_schema ? "parameters" : std::string_view(member.name))
        .own("\":")
        .mark(member.value);
    any = true;
    if (!schema) {
      out_.from(member.value);
      continue;
    }
    std::vector<Untranslatable> faults;
    std::string text;
    append_json_schema(member.value, &text, &faults);
    if (!tell(faults)) return false;
    out_.own(text);
  }
  out_.own("}}");
  return true;
}

bool GeminiTranslator::calling(std::string_view value) {
  for (const JsonSlice& member : json_members(value)) {
    if (!is_one_of(member.name, {"functionCallingConfig", "function_calling_config"})) {
      if (!left_out(member.value)) return false;
      continue;
    }
    const std::string_view mode = json_member(member.value, "mode");
    const auto names = json_elements(gemini_member(member.value, "allowedFunctionNames", "allowed_function_names"));
    const std::string word = json_text(mode);
    if (names.size() > 1 || (names.size() == 1 && word != "ANY"))
      return left_out(member.value, "allows some functions of all, which other vendors have no word for",
                      "remove allowedFunctionNames, or the other tools");
    if (!is_one_of(word, {"", "AUTO", "MODE_UNSPECIFIED", "ANY", "NONE"}))
      return left_out(mode.empty() ? member.value : mode, "is a way of calling that other vendors do not have",
                      "use AUTO, ANY or NONE");
    if (word.empty() || word == "MODE_UNSPECIFIED") continue;
    out_.field("tool_choice", mode);
    if (names.size() == 1)
      out_.own("{\"type\":\"function\",\"function\":{\"name\":").from(names[0]).own("}}");
    else
      out_.own(word == "AUTO" ? "\"auto\"" : word == "NONE" ? "\"none\"" : "\"required\"");
  }
  return true;
}

constexpr BodyField kEmbedFields[] = {
    {"model", Fate::elsewhere},
    {"content", Fate::own},
    {"outputDimensionality", Fate::own},
    {"taskType", Fate::left, "", "is a word of Gemini's"},
    {"title", Fate::left, "", "is a word of Gemini's"},
};

class GeminiEmbeddingTranslator : public BodyTranslator {
 public:
  using BodyTranslator::BodyTranslator;

 private:
  std::span<const BodyField> fields() const override { return kEmbedFields; }
  bool camel_names() const override { return true; }
  bool take(std::string_view name, std::string_view value) override {
    if (name != "content") return dimensions(value);
    std::vector<std::string_view> texts;
    Untranslatable fault;
    if (!gemini_texts(value, &texts, &fault)) return refuse(fault.value, fault.why + "; remove it");
    if (texts.size() != 1)
      return refuse(value, "is not one text, and what it embeds as one is several elsewhere; join them");
    out_.field("input", value);
    out_.from(texts[0]);
    return true;
  }
};

}  // namespace

std::unique_ptr<BodyTranslator> make_gemini_translator(const BodyTranslator::Place& place) {
  return std::make_unique<GeminiTranslator>(place);
}

std::unique_ptr<BodyTranslator> make_gemini_embedding_translator(const BodyTranslator::Place& place) {
  return std::make_unique<GeminiEmbeddingTranslator>(place);
}

}  // namespace br
