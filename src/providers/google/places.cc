#include "providers/google/places.h"

#include <span>
#include <tuple>
#include <utility>

#include "codec/json_cursor.h"
#include "providers/shared/body_writer.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::string_view kConfig = "generationConfig";

// GenerateContentRequest of v1beta, and what Vertex AI has beside it (both 2026-11).
constexpr std::string_view kRequest[] = {"contents",      "generationConfig", "systemInstruction", "safetySettings",
                                         "tools",         "toolConfig",       "cachedContent",     "labels",
                                         "model",         "serviceTier",      "store",             "modelArmorConfig"};

// GenerationConfig of both.
constexpr std::string_view kInConfig[] = {
    "temperature",        "maxOutputTokens",  "topP",
    "topK",               "thinkingConfig",   "responseMimeType",
    "responseSchema",     "stopSequences",    "seed",
    "candidateCount",     "presencePenalty",  "frequencyPenalty",
    "responseJsonSchema", "responseFormat",   "responseModalities",
    "speechConfig",       "imageConfig",      "mediaResolution",
    "responseLogprobs",   "logprobs",         "enableEnhancedCivicAnswers",
    "routingConfig",      "audioTimestamp",   "enableAffectiveDialog",
    "translationConfig",  "audioTranscriptionConfig"};

// What stands deeper.
constexpr MovedField kDeeper[] = {{"thinkingBudget", "generationConfig.thinkingConfig.thinkingBudget"},
                                  {"thinkingLevel", "generationConfig.thinkingConfig.thinkingLevel"},
                                  {"includeThoughts", "generationConfig.thinkingConfig.includeThoughts"},
                                  {"functionCallingConfig", "toolConfig.functionCallingConfig"},
                                  {"retrievalConfig", "toolConfig.retrievalConfig"},
                                  {"functionDeclarations", "tools[].functionDeclarations"}};

// The place of the field among the names, or how many they are.
std::size_t find_in(std::span<const std::string_view> names, std::string_view key) {
  const bool other_spelling = key.find_first_of("_\\") != std::string_view::npos;
  const std::string_view name = inside(key);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (other_spelling ? same_field(key, names[i], true) : name == names[i]) return i;
  }
  return names.size();
}

std::optional<Misplaced> look_deeper(std::string_view key, std::string_view value, const std::string& before) {
  for (const MovedField& field : kDeeper) {
    if (same_field(key, field.name, true))
      return Misplaced{value, before + std::string(inside(key)), std::string(field.place)};
  }
  return std::nullopt;
}

std::optional<Misplaced> look_inside(std::string_view config) {
  JsonCursor cursor(config.data(), config.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (find_in(kInConfig, key) < std::size(kInConfig)) continue;
    const std::size_t at = find_in(kRequest, key);
    const std::string before = std::string(kConfig) + ".";
    if (at < std::size(kRequest))
      return Misplaced{value, before + std::string(inside(key)), std::string(kRequest[at])};
    if (auto found = look_deeper(key, value, before)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Misplaced> GeminiPlaces::look_at(std::string_view key, std::string_view value) {
  static_assert(std::size(kRequest) == std::tuple_size_v<decltype(seen_)>);
  if (const std::size_t field = find_in(kRequest, key); field < std::size(kRequest)) {
    const std::string_view before = std::exchange(seen_[field], key);
    if (!before.empty() && before != key)
      return Misplaced{value, std::string(inside(key)), std::string(inside(before))};
    return kRequest[field] == kConfig && value.starts_with('{') ? look_inside(value) : std::nullopt;
  }
  if (const std::size_t field = find_in(kInConfig, key); field < std::size(kInConfig))
    return Misplaced{value, std::string(inside(key)), std::string(kConfig) + "." + std::string(kInConfig[field])};
  return look_deeper(key, value, {});
}

}  // namespace br
