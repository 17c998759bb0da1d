// TokenSums: the tokens of many answers together, in the classes that vendors price differently.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/result.h"

namespace br {

// The lengths of a prompt, in tokens, beyond which some vendor asks a higher price for the whole request.
inline constexpr std::array<std::int64_t, 5> kLongPrompts = {100'000, 128'000, 199'999, 200'000, 272'000};

// input holds all that went in: fresh, read from a cache and written to one.
struct TokenClasses {
  std::int64_t input = 0, output = 0, cached_input = 0, cache_write_5m = 0, cache_write_1h = 0;
  void add(const TokenClasses& more);
  bool operator==(const TokenClasses&) const = default;
};

struct TokenSums : TokenClasses {
  std::int64_t reasoning = 0;  // of the output
  // Of requests: their pictures, documents and recordings, whose tokens nobody knows before they are answered.
  std::int64_t media = 0;
  // Of these, what requests used whose prompt is longer than kLongPrompts[i].
  std::array<TokenClasses, kLongPrompts.size()> beyond;

  void add(const Usage& usage);
  void add(const TokenSums& more);
  bool operator==(const TokenSums&) const = default;
};

// What one model used of a batch that asks several.
struct ModelTokens {
  std::string model;
  TokenSums tokens;
  bool operator==(const ModelTokens&) const = default;
};

// Under the model's name. Names beyond the first kMostModels share the empty one, which no price table knows: what a
// vendor writes into its rows does not decide how much memory is used.
inline constexpr std::size_t kMostModels = 64;
void add_tokens(std::string_view model, const TokenSums& tokens, std::vector<ModelTokens>* models);

}  // namespace br
