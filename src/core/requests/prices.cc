#include "core/requests/prices.h"

#include <charconv>
#include <optional>
#include <system_error>

#include "codec/json_read.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr std::size_t kMaxTable = std::size_t{16} << 20;
constexpr double kMillion = 1e6;

// Standard prices as the vendors published them; [provider, beginning of the model's name, input, cached input, output].
constexpr std::string_view kBuiltIn = R"({"date":"2025-11-01","models":[
["openai","gpt-5-nano",0.05,0.005,0.4],["openai","gpt-5-mini",0.25,0.025,2],["openai","gpt-5",1.25,0.125,10],
["openai","gpt-4.1-nano",0.1,0.025,0.4],["openai","gpt-4.1-mini",0.4,0.1,1.6],["openai","gpt-4.1",2,0.5,8],
["openai","gpt-4o-mini",0.15,0.075,0.6],["openai","gpt-4o",2.5,1.25,10],["openai","o4-mini",1.1,0.275,4.4],
["openai","o3-mini",1.1,0.55,4.4],["openai","o3",2,0.5,8],["openai","text-embedding-3-small",0.02,0.02,0],
["openai","text-embedding-3-large",0.13,0.13,0],
["anthropic","claude-opus-4-5",5,0.5,25],["anthropic","claude-opus-4",15,1.5,75],
["anthropic","claude-sonnet-4",3,0.3,15],["anthropic","claude-haiku-4-5",1,0.1,5],
["anthropic","claude-3-5-sonnet",3,0.3,15],["anthropic","claude-3-5-haiku",0.8,0.08,4],
["google","gemini-2.5-pro",1.25,0.125,10],["google","gemini-2.5-flash-lite",0.1,0.01,0.4],
["google","gemini-2.5-flash",0.3,0.03,2.5],["google","gemini-2.0-flash-lite",0.075,0.075,0.3],
["google","gemini-2.0-flash",0.1,0.025,0.4],["google","gemini-embedding-001",0.15,0.15,0],
["mistral","mistral-large",2,2,6],["mistral","mistral-medium",0.4,0.4,2],["mistral","mistral-small",0.1,0.1,0.3],
["mistral","ministral-8b",0.1,0.1,0.1],["mistral","codestral",0.3,0.3,0.9],
["groq","llama-3.3-70b",0.59,0.59,0.79],["groq","llama-3.1-8b",0.05,0.05,0.08],
["groq","openai/gpt-oss-120b",0.15,0.075,0.6],["groq","openai/gpt-oss-20b",0.075,0.0375,0.3],
["together","meta-llama/Llama-3.3-70B",0.88,0.88,0.88],["together","meta-llama/Meta-Llama-3.1-8B",0.18,0.18,0.18],
["xai","grok-4-fast",0.2,0.05,0.5],["xai","grok-4",3,0.75,15],["xai","grok-3-mini",0.3,0.075,0.5],
["xai","grok-3",3,0.75,15]]})";

// Nothing: it is no price. One that was read as 0 would make every estimate too small.
std::optional<double> read_price(const Json& value) {
  const std::string_view text = value.raw();
  double price = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), price);
  if (error != std::errc() || end != text.data() + text.size() || !(price >= 0)) return std::nullopt;
  return price;
}

}  // namespace

Result<Prices> Prices::parse(std::string_view text, const std::string& name) {
  const auto json = Json::parse(text);
  if (json == nullptr || !(*json)["models"].is_array())
    return Error(Code::config, name + ": is no price table",
                 "write {\"date\":\"…\",\"models\":[[provider, model, input, cached input, output], …]}");
  Prices prices;
  prices.date_ = (*json)["date"].string_or("undated");
  for (const Json& row : (*json)["models"].items()) {
    const auto& cells = row.items();
    std::optional<double> input, cached, output;
    if (cells.size() == 5 && cells[0].is_string() && cells[1].is_string()) {
      input = read_price(cells[2]);
      cached = read_price(cells[3]);
      output = read_price(cells[4]);
    }
    if (!input || !cached || !output)
      return Error(Code::config, name + ": the row " + std::string(row.raw()) + " is no price",
                   "write [provider, model, input, cached input, output], in dollars for a million tokens");
    prices.rows_.push_back({cells[0].string_or(""), cells[1].string_or(""), {*input, *cached, *output}});
  }
  return prices;
}

Result<Prices> Prices::load(FileSystem* files, const Config& config) {
  const std::string& path = config.get("prices.file");
  if (path.empty()) return parse(kBuiltIn, "the built-in price table");
  auto text = files->read_whole_file(path, kMaxTable);
  if (!text) return std::move(text.error());
  return parse(*text, path);
}

std::optional<Price> Prices::find(std::string_view provider, std::string_view model) const {
  const Row* best = nullptr;
  for (const Row& row : rows_) {
    if (row.provider != provider || !model.starts_with(row.model)) continue;
    if (best == nullptr || row.model.size() > best->model.size()) best = &row;
  }
  if (best == nullptr) return std::nullopt;
  return best->price;
}

std::optional<Cost> Prices::cost(std::string_view provider, std::string_view model, const TokenSums& tokens,
                                 int discount_percent) const {
  const auto price = find(provider, model);
  if (!price) return std::nullopt;
  const auto cached = static_cast<double>(std::min(tokens.cached_input, tokens.input));
  const double fresh = static_cast<double>(tokens.input) - cached;
  Cost cost;
  cost.sync_usd =
      (fresh * price->input + cached * price->cached_input + static_cast<double>(tokens.output) * price->output) / kMillion;
  cost.batch_usd = cost.sync_usd * (100 - discount_percent) / 100;
  return cost;
}

std::optional<Cost> Prices::cost(const Job& job) const {
  Cost sum;
  for (const RemoteBatch& batch : job.batches) {
    const Provider* provider = find_provider(batch.provider);
    const bool free = provider != nullptr && provider->capability().local;
    if (free || (batch.tokens.input == 0 && batch.tokens.output == 0)) continue;
    const int discount = provider == nullptr ? 0 : provider->capability().discount_percent;
    const auto part = cost(batch.provider, batch.model, batch.tokens, discount);
    if (!part) return std::nullopt;
    sum.sync_usd += part->sync_usd;
    sum.batch_usd += part->batch_usd;
  }
  return sum;
}

}  // namespace br
