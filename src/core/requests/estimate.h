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

// Of one remote batch. Tokens are guesses: four bytes of text to a token, and as many answers tokens as the request
// allows (default_max_tokens where it sets no limit), so that the cost is an upper bound for text.
struct PartEstimate {
  std::string provider, account, model;
  std::int64_t requests = 0, bytes = 0;
  TokenSums tokens;
  std::optional<Cost> cost;
};

struct Estimate {
  std::vector<PartEstimate> parts;
  std::vector<std::string> warnings;
  std::string prices_date;
  std::optional<Cost> cost;  // of all; nothing when a price is not known
};

// Guesses of one request, added to the sums. native: the vendor's line of it, whose own limits count.
void add_estimate(const Request& request, std::string_view native, std::int64_t default_max_tokens, TokenSums* tokens);

// Prices the remote batches that were packed, and says what to know before paying.
Result<Estimate> make_estimate(const World& world, const Config& config, const std::vector<RemoteBatch>& batches);
// Code::budget when max_cost_usd is set and the estimate is over it or cannot be made.
Result<void> check_budget(const World& world, const Config& config, const std::vector<RemoteBatch>& batches);

std::string estimate_json(const Estimate& estimate);

}  // namespace br
