// The fields of generation_config and what each may hold.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "model/request.h"

namespace br {

struct GenerationField {
  std::string_view path;  // for messages
  std::string_view Generation::*token;
  std::string_view range;  // empty: an array of strings
  double least = 0, most = 0;
  bool whole = false;
};
inline constexpr double kNoMost = 1e15;
inline constexpr std::array<GenerationField, 7> kGenerationFields = {{
    {"generation_config.max_tokens", &Generation::max_tokens, "a whole number of at least 1", 1, kNoMost, true},
    {"generation_config.temperature", &Generation::temperature, "a number from 0 to 2", 0, kMaxTemperature},
    {"generation_config.top_p", &Generation::top_p, "a number from 0 to 1", 0, 1},
    {"generation_config.top_k", &Generation::top_k, "a whole number of at least 1", 1, kNoMost, true},
    {"generation_config.stop_sequences", &Generation::stop_sequences_json, ""},
    {"generation_config.presence_penalty", &Generation::presence_penalty, "a number from -2 to 2", -2, 2},
    {"generation_config.frequency_penalty", &Generation::frequency_penalty, "a number from -2 to 2", -2, 2},
}};
inline constexpr std::array<std::string_view, kGenerationFields.size()> kGenerationNames = [] {
  std::array<std::string_view, kGenerationFields.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view path = kGenerationFields[i].path;
    names[i] = path.substr(path.find('.') + 1);
  }
  return names;
}();

}  // namespace br
