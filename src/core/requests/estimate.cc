#include "core/requests/estimate.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "codec/json_write.h"
#include "providers/registry.h"
#include "providers/shared/body_writer.h"

namespace br {
namespace {

constexpr std::int64_t kBytesPerToken = 4;
constexpr double kMostTokens = 1e9;  // whatever a request says

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

// What a vendor's request lets its answers cost.
struct Answers {
  std::int64_t tokens = -1;  // the most that one may have; -1: it does not say
  std::int64_t count = 1;
};

std::int64_t whole_number(std::string_view token) {
  double value = 0;
  if (std::from_chars(token.data(), token.data() + token.size(), value).ec != std::errc()) return -1;
  return static_cast<std::int64_t>(std::clamp(value, -1.0, kMostTokens));
}

// Looks into the objects that vendors have requests and limits in.
void look_for_limits(std::string_view object, Answers* answers) {
  static constexpr std::array<std::string_view, 9> kLimits = {
      "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "maxTokens", "max_new_tokens",
      "maxTokenCount", "max_tokens_to_sample", "max_gen_len"};
  static constexpr std::array<std::string_view, 3> kCounts = {"n", "candidateCount", "candidate_count"};
  static constexpr std::array<std::string_view, 8> kObjects = {
      "body", "params", "request", "modelInput", "generationConfig", "generation_config", "inferenceConfig",
      "textGenerationConfig"};
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    const auto is = [key](std::string_view name) { return same_key(key, name); };
    if (std::any_of(kLimits.begin(), kLimits.end(), is))
      answers->tokens = std::max(answers->tokens, whole_number(value));
    else if (std::any_of(kCounts.begin(), kCounts.end(), is))
      answers->count = std::max(answers->count, whole_number(value));
    else if (value.starts_with('{') && std::any_of(kObjects.begin(), kObjects.end(), is))
      look_for_limits(value, answers);
  }
}

// Its line may say more than generation_config does: fields of the vendor's own, or room for thinking.
bool says_more(const Request& request) {
  return !request.provider_kwargs_json.empty() || !request.reasoning_json.empty();
}

}  // namespace

void add_estimate(const Request& request, std::string_view native, std::int64_t default_max_tokens, TokenSums* tokens) {
  std::size_t bytes = request.input_json.size() + request.tools_json.size() + request.response_format_json.size();
  if (!request.body_json.empty()) bytes += request.body_json.size();
  for (const Part& part : request.parts) bytes += part.text_json.size();
  for (const SystemText& text : request.system) bytes += text.text_json.size();
  Usage usage;
  usage.input_tokens = static_cast<std::int64_t>(bytes) / kBytesPerToken + 1;
  if (request.input_json.empty()) {
    Answers answers;
    if (!request.body_json.empty()) {
      look_for_limits(request.body_json, &answers);
    } else if (says_more(request)) {
      std::string line(native);
      line.append(kJsonPadding, ' ');
      look_for_limits(std::string_view(line).substr(0, native.size()), &answers);
    }
    if (answers.tokens < 0) answers.tokens = whole_number(request.generation.max_tokens);
    if (answers.tokens < 0) answers.tokens = default_max_tokens;
    usage.output_tokens = answers.tokens * answers.count;
  }
  tokens->add(usage);
}

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
  BR_RETURN_IF_ERROR(estimate);
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
