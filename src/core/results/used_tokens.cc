#include "core/results/used_tokens.h"

#include "codec/json_read.h"

namespace br {

void UsedTokens::add(const Usage& usage, std::string_view model_json) {
  if (!usage.any()) return;
  TokenSums one;
  one.add(usage);
  all_.add(one);
  if (one.input == 0 && one.output == 0) return;
  model_.clear();
  if (!model_json.empty()) append_unescaped(model_json, &model_);
  add_tokens(model_, one, &by_model_);
}

}  // namespace br
