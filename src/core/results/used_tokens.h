// UsedTokens: what the rows of one remote batch used, in all and by the model that each row names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/token_sums.h"

namespace br {

class UsedTokens {
 public:
  // model_json: a checked JSON string; empty: the row names no model.
  void add(const Usage& usage, std::string_view model_json);
  const TokenSums& all() const { return all_; }
  // Rows that used nothing name no model here.
  const std::vector<ModelTokens>& by_model() const { return by_model_; }

 private:
  TokenSums all_;
  std::vector<ModelTokens> by_model_;
  std::string model_;
};

}  // namespace br
