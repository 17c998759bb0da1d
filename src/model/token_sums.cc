#include "model/token_sums.h"

#include <algorithm>

namespace br {
namespace {

std::int64_t known(std::int64_t tokens) { return std::max<std::int64_t>(0, tokens); }

}  // namespace

void TokenClasses::add(const TokenClasses& more) {
  input += more.input;
  output += more.output;
  cached_input += more.cached_input;
  cache_write_5m += more.cache_write_5m;
  cache_write_1h += more.cache_write_1h;
}

void TokenSums::add(const Usage& usage) {
  TokenClasses one;
  one.input = known(usage.input_tokens);
  one.output = known(usage.output_tokens);
  one.cached_input = known(usage.cached_input_tokens);
  one.cache_write_5m = known(usage.cache_write_5m_tokens);
  one.cache_write_1h = known(usage.cache_write_1h_tokens);
  TokenClasses::add(one);
  reasoning += known(usage.reasoning_tokens);
  for (std::size_t i = 0; i < kLongPrompts.size() && one.input > kLongPrompts[i]; ++i) beyond[i].add(one);
}

void TokenSums::add(const TokenSums& more) {
  TokenClasses::add(more);
  reasoning += more.reasoning;
  media += more.media;
  for (std::size_t i = 0; i < beyond.size(); ++i) beyond[i].add(more.beyond[i]);
}

void add_tokens(std::string_view model, const TokenSums& tokens, std::vector<ModelTokens>* models) {
  const auto named = [models](std::string_view name) {
    return std::find_if(models->begin(), models->end(), [name](const ModelTokens& each) { return each.model == name; });
  };
  auto found = named(model);
  if (found == models->end() && models->size() >= kMostModels) found = named(model = "");
  if (found == models->end()) found = models->insert(found, ModelTokens{std::string(model), {}});
  found->tokens.add(tokens);
}

}  // namespace br
