// Estimate: what a batch will bring to the vendor, before anything is paid for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/requests/intake.h"
#include "core/requests/prices.h"
#include "core/world.h"
#include "model/job.h"

namespace br {

// Of one remote batch. Tokens are guesses (request_tokens.h), so that the cost is an upper bound for text; of media it
// is one where the price table says how many tokens they make, and else unknown.
struct PartEstimate {
  std::string provider, account, model;
  std::vector<ModelTokens> models;  // where `model` is not that of all requests
  std::int64_t requests = 0, bytes = 0;
  TokenSums tokens;
  std::optional<Cost> cost;
  std::string unknown;  // why it has none: "no price is known of openai m"
};

struct Estimate {
  std::vector<PartEstimate> parts;
  std::vector<std::string> warnings;
  std::string prices_date;
  std::optional<Cost> cost;  // of all; nothing when a price is not known
};

// Prices the remote batches that were packed, and says what to know before paying.
Result<Estimate> make_estimate(const World& world, const Config& config, const std::vector<RemoteBatch>& batches);
// Code::budget when max_cost_usd is set and the estimate is over it or cannot be made.
Result<void> check_budget(const World& world, const Config& config, const std::vector<RemoteBatch>& batches);

std::string estimate_json(const Estimate& estimate);

}  // namespace br
