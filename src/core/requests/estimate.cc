#include "core/requests/estimate.h"

#include <charconv>

#include "codec/json_write.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr std::int64_t kBytesPerToken = 4;

std::string dollars(double amount) {
  char text[48];
  const auto result = std::to_chars(text, text + sizeof text, amount, std::chars_format::fixed, 2);
  return std::string(text, result.ptr);
}

void warn(const PartEstimate& part, const Capability& c, std::vector<std::string>* warnings) {
  const std::string name = part.provider + " " + part.model + ": ";
  warnings->push_back(name + "results come in no particular order within " + std::to_string(c.window_hours) +
                      " hours; they are matched by custom_id");
  if (c.retention_days > 0)
    warnings->push_back(name + "the vendor keeps results for " + std::to_string(c.retention_days) + " days");
  if (!c.can_cancel) warnings->push_back(name + "a batch cannot be cancelled");
  if (!c.partial_results) warnings->push_back(name + "a batch that expires or is cancelled brings no results");
  if (!part.cost) warnings->push_back(name + "the price table does not know this model");
}

void write_cost(std::string_view name, const std::optional<Cost>& cost, JsonWriter* json) {
  json->key(name);
  if (!cost) {
    json->null();
    return;
  }
  json->begin_object().key("sync_usd").number(cost->sync_usd).key("batch_usd").number(cost->batch_usd);
  json->key("saved_usd").number(cost->sync_usd - cost->batch_usd).end_object();
}

}  // namespace

void add_estimate(const Request& request, std::int64_t default_max_tokens, TokenSums* tokens) {
  std::size_t bytes = request.input_json.size() + request.tools_json.size() + request.response_format_json.size();
  if (!request.body_json.empty()) bytes += request.body_json.size();
  for (const Part& part : request.parts) bytes += part.text_json.size();
  for (const SystemText& text : request.system) bytes += text.text_json.size();
  tokens->input += static_cast<std::int64_t>(bytes) / kBytesPerToken + 1;
  if (!request.input_json.empty()) return;
  std::int64_t most = default_max_tokens;
  const std::string_view given = request.generation.max_tokens;
  std::from_chars(given.data(), given.data() + given.size(), most);
  tokens->output += most;
}

Result<Estimate> make_estimate(FileSystem* files, const Config& config, const std::vector<RemoteBatch>& batches) {
  auto prices = Prices::load(files, config);
  if (!prices) return std::move(prices.error());
  Estimate estimate;
  estimate.prices_date = prices->date();
  estimate.cost = Cost{};
  for (const RemoteBatch& batch : batches) {
    const Provider* provider = find_provider(batch.provider);
    if (provider == nullptr) return Error(Code::no_provider, "the provider \"" + batch.provider + "\" was unregistered");
    const Capability& capability = provider->capability();
    PartEstimate part{batch.provider, batch.account, batch.model, batch.rows, batch.bytes, batch.tokens, {}};
    part.cost = capability.local ? Cost{}
                                 : prices->cost(batch.provider, batch.model, batch.tokens, capability.discount_percent);
    if (part.cost && estimate.cost) {
      estimate.cost->sync_usd += part.cost->sync_usd;
      estimate.cost->batch_usd += part.cost->batch_usd;
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

Result<void> check_budget(FileSystem* files, const Config& config, const std::vector<RemoteBatch>& batches) {
  const std::string& text = config.get("max_cost_usd");
  if (text.empty()) return {};
  double most = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), most);
  if (code != std::errc() || end != text.data() + text.size() || most < 0)
    return Error(Code::config, "max_cost_usd: \"" + text + "\" is no amount", "give dollars, as 12.50");
  auto estimate = make_estimate(files, config, batches);
  if (!estimate) return std::move(estimate.error());
  if (!estimate->cost)
    return Error(Code::budget, "a limit of $" + text + " is set, and the price of a model is not known",
                 "name the model in a price table and give it with prices.file, or leave the limit out");
  if (estimate->cost->batch_usd <= most) return {};
  return Error(Code::budget,
               "the batch may cost up to $" + dollars(estimate->cost->batch_usd) + ", and the limit is $" + text +
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
