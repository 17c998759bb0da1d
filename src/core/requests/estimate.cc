#include "core/requests/estimate.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/json_cursor.h"
#include "codec/json_write.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr std::int64_t kBytesPerToken = 4;

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
  if (!part.cost) warnings->push_back(name + "the price table knows no price of it; add it to a table and give that with prices.file");
}

// The models without a price, each once: "openai m, mistral n".
std::string unpriced(const Estimate& estimate) {
  std::string names;
  for (const PartEstimate& part : estimate.parts) {
    const std::string name = part.provider + " " + (part.model.empty() ? "requests of several models" : part.model);
    if (part.cost || (", " + names + ",").find(", " + name + ",") != names.npos) continue;
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace

namespace {

// How many tokens a body of the vendor's lets its answer have; -1: it does not say. Also inside of the object that some
// vendors have it in.
std::int64_t most_tokens(std::string_view body) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "\"max_tokens\"",      "\"max_completion_tokens\"", "\"max_output_tokens\"", "\"maxOutputTokens\"",
      "\"maxTokens\"", "\"max_tokens_to_sample\"",  "\"max_gen_len\""};
  std::int64_t most = -1;
  JsonCursor cursor(body.data(), body.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    std::int64_t given = -1;
    if (std::count(kNames.begin(), kNames.end(), key) > 0)
      std::from_chars(value.data(), value.data() + value.size(), given);
    else if (key == "\"generationConfig\"" || key == "\"generation_config\"" || key == "\"inferenceConfig\"")
      given = value.starts_with('{') ? most_tokens(value) : -1;
    most = std::max(most, given);
  }
  return most;
}

}  // namespace

void add_estimate(const Request& request, std::int64_t default_max_tokens, TokenSums* tokens) {
  std::size_t bytes = request.input_json.size() + request.tools_json.size() + request.response_format_json.size();
  if (!request.body_json.empty()) bytes += request.body_json.size();
  for (const Part& part : request.parts) bytes += part.text_json.size();
  for (const SystemText& text : request.system) bytes += text.text_json.size();
  Usage usage;
  usage.input_tokens = static_cast<std::int64_t>(bytes) / kBytesPerToken + 1;
  if (request.input_json.empty()) {
    usage.output_tokens = default_max_tokens;
    const std::string_view given = request.generation.max_tokens;
    std::from_chars(given.data(), given.data() + given.size(), usage.output_tokens);
    const std::string_view others = request.body_json.empty() ? request.provider_kwargs_json : request.body_json;
    if (!others.empty()) usage.output_tokens = std::max(usage.output_tokens, most_tokens(others));
  }
  tokens->add(usage);
}

Result<Estimate> make_estimate(const World& world, const Config& config, const std::vector<RemoteBatch>& batches) {
  auto prices = Prices::load(world.files, config);
  if (!prices) return std::move(prices.error());
  Estimate estimate;
  estimate.prices_date = prices->date();
  estimate.cost = Cost{};
  if (std::string old = prices->age_warning(world.clock->now_ms()); !old.empty())
    estimate.warnings.push_back(std::move(old));
  for (const RemoteBatch& batch : batches) {
    const Provider* provider = find_provider(batch.provider);
    if (provider == nullptr) return Error(Code::no_provider, "the provider \"" + batch.provider + "\" was unregistered");
    const Capability& capability = provider->capability();
    PartEstimate part{batch.provider, batch.account, batch.model, batch.rows, batch.bytes, batch.tokens, {}};
    part.cost = capability.local ? Cost{}
                                 : prices->cost(batch.provider, batch.model, batch.tokens, capability.discount_percent);
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
  if (!estimate) return std::move(estimate.error());
  if (!estimate->cost)
    return Error(Code::budget, "a limit of $" + text + " is set, and no price is known of " + unpriced(*estimate),
                 "name the model in a price table and give it with prices.file, or leave the limit out");
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
    json.field("requests", part.requests).field("bytes", part.bytes);
    json.field("input_tokens", part.tokens.input).field("output_tokens_max", part.tokens.output);
    write_cost("cost", part.cost, &json);
    json.end_object();
  }
  json.end_array().key("warnings").begin_array();
  for (const std::string& warning : estimate.warnings) json.string(warning);
  json.end_array().end_object();
  return out;
}

}  // namespace br
