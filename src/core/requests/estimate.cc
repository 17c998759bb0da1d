#include "core/requests/estimate.h"

#include <algorithm>

#include "codec/json_write.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr const char* kPriceHint = "add it to a table and give that with prices.file";

// Rounded up: an amount that is over a limit never reads as the limit.
std::string dollars(const Money& amount) {
  const std::int64_t cents = (amount.micro_dollars() + 9'999) / 10'000;
  const std::string rest = std::to_string(cents % 100);
  return std::to_string(cents / 100) + (rest.size() < 2 ? ".0" : ".") + rest;
}

void warn(const PartEstimate& part, const Capability& c, std::vector<std::string>* warnings) {
  const std::string name = part.provider + " " + part.model + ": ";
  warnings->push_back(name + "results come in no particular order within " + std::to_string(c.window_hours) +
                      " hours; they are matched by custom_id");
  if (c.retention_days > 0)
    warnings->push_back(name + "the vendor keeps results for " + std::to_string(c.retention_days) + " days");
  if (!c.can_cancel) warnings->push_back(name + "a batch cannot be cancelled");
  if (!c.partial_results) warnings->push_back(name + "a batch that expires or is cancelled brings no results");
  if (!part.cost) warnings->push_back(name + part.unknown + "; " + kPriceHint);
}

// Why the part's cost is not known: a price, or how many tokens its media make.
std::string unknown_of(const PartEstimate& part, const Prices& prices) {
  std::string names, media;
  const auto add = [](std::string* list, const std::string& name) { *list += (list->empty() ? "" : ", ") + name; };
  const auto look = [&](const std::string& model, const TokenSums& tokens) {
    const Price* price = prices.find(part.provider, model);
    const bool is_media = price != nullptr && tokens.media > 0 && !price->media_tokens;
    if (is_media)
      add(&media, part.provider + " " + model);
    else if (price == nullptr || part.models.empty())
      add(&names, part.provider + " " + model);
  };
  for (const auto& [model, tokens] : part.models) look(model, tokens);
  if (part.models.empty()) look(part.model, part.tokens);
  std::string why = names.empty() ? "" : "no price is known of " + names;
  if (!media.empty())
    why += std::string(why.empty() ? "" : ", and ") + "what pictures, documents and recordings cost is not known of " +
           media;
  return why.empty() ? "not all prices are known of " + part.provider + " " + part.model : why;
}

// Why no sum can be made, each reason once.
std::string unknown_of(const Estimate& estimate) {
  std::vector<std::string> reasons;
  for (const PartEstimate& part : estimate.parts) {
    const bool is_new = std::find(reasons.begin(), reasons.end(), part.unknown) == reasons.end();
    if (!part.cost && is_new) reasons.push_back(part.unknown);
  }
  std::string all;
  for (const std::string& reason : reasons) all += (all.empty() ? "" : "; ") + reason;
  return all;
}

}  // namespace

Result<Estimate> make_estimate(const World& world, const Config& config, const std::vector<RemoteBatch>& batches) {
  auto prices = Prices::load(world.files, config);
  BR_RETURN_IF_ERROR(prices);
  Estimate estimate;
  estimate.prices_date = prices->date();
  estimate.cost = Cost{};
  if (std::string old = prices->age_warning(world.clock->now_ms()); !old.empty())
    estimate.warnings.push_back(std::move(old));
  for (const RemoteBatch& batch : batches) {
    const Provider* provider = find_provider(batch.provider);
    if (provider == nullptr) return Error(Code::no_provider, "the provider \"" + batch.provider + "\" was unregistered");
    const Capability& capability = provider->capability();
    PartEstimate part{batch.provider, batch.account,        batch.model, batch.model_tokens, batch.rows, batch.bytes,
                      batch.tokens,   prices->bound(batch), {}};
    if (!part.cost) part.unknown = unknown_of(part, *prices);
    if (part.cost && estimate.cost) {
      estimate.cost->add(*part.cost);
    } else {
      estimate.cost.reset();
    }
    const bool known = !estimate.parts.empty() && estimate.parts.back().provider == part.provider &&
                       estimate.parts.back().model == part.model;
    if (!known) warn(part, capability, &estimate.warnings);
    estimate.parts.push_back(std::move(part));
  }
  return estimate;
}

Result<void> check_budget(const World& world, const Config& config, const std::vector<RemoteBatch>& batches) {
  const std::string& text = config.get("max_cost_usd");
  if (text.empty()) return {};
  const auto most = Money::parse(text);
  if (!most) return Error(Code::config, "max_cost_usd: \"" + text + "\" is no amount", "give dollars, as 12.50");
  auto estimate = make_estimate(world, config, batches);
  BR_RETURN_IF_ERROR(estimate);
  if (!estimate->cost)
    return Error(
        Code::budget, "a limit of $" + text + " is set, and " + unknown_of(*estimate),
        "name the model in a price table (media_tokens for its media) and give that with prices.file, or leave "
        "the limit out");
  if (estimate->cost->batch <= *most) return {};
  return Error(Code::budget,
               "the batch may cost up to $" + dollars(estimate->cost->batch) + ", and the limit is $" + text +
                   "; nothing was sent",
               "lower max_tokens, send fewer requests, or raise the limit");
}

std::string estimate_json(const Estimate& estimate) {
  std::string out;
  JsonWriter json(&out);
  std::int64_t requests = 0, bytes = 0;
  TokenSums tokens;
  for (const PartEstimate& part : estimate.parts) {
    requests += part.requests;
    bytes += part.bytes;
    tokens.add(part.tokens);
  }
  json.begin_object().field("requests", requests).field("bytes", bytes);
  json.field("input_tokens", tokens.input).field("output_tokens_max", tokens.output);
  write_cost("cost", estimate.cost, &json);
  json.field("prices", estimate.prices_date).key("batches").begin_array();
  for (const PartEstimate& part : estimate.parts) {
    json.begin_object().field("provider", part.provider).field("account", part.account).field("model", part.model);
    if (!part.models.empty()) {
      json.key("models").begin_array();
      for (const ModelTokens& each : part.models) json.string(each.model);
      json.end_array();
    }
    json.field("requests", part.requests).field("bytes", part.bytes);
    json.field("input_tokens", part.tokens.input).field("output_tokens_max", part.tokens.output);
    write_cost("cost", part.cost, &json);
    if (!part.cost) json.field("unknown", part.unknown);
    json.end_object();
  }
  json.end_array().key("warnings").begin_array();
  for (const std::string& warning : estimate.warnings) json.string(warning);
  json.end_array().end_object();
  return out;
}

}  // namespace br
