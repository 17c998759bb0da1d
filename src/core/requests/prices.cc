#include "core/requests/prices.h"

#include <algorithm>
#include <utility>

#include "codec/json_read.h"
#include "codec/json_write.h"
#include "core/requests/model_name.h"
#include "core/requests/price_table.h"
#include "providers/registry.h"
#include "sys/clock.h"

namespace br {
namespace {

constexpr std::size_t kMaxPriceTable = std::size_t{16} << 20;
constexpr std::int64_t kMostMediaTokens = 10'000'000;
constexpr std::int64_t kOldDays = 180, kDayMs = 24 * 3'600'000;

// False: it is there and is no price. One that was read as 0 would make every estimate too small.
bool read_rate(const Json& value, std::optional<Money>* rate) {
  if (value.raw().empty()) return true;
  *rate = Money::parse(value.raw());
  return rate->has_value();
}

bool read_rates(const Json& json, Rates* rates) {
  return read_rate(json["input"], &rates->input) && read_rate(json["cached_input"], &rates->cached_input) &&
         read_rate(json["output"], &rates->output) && read_rate(json["cache_write_5m"], &rates->cache_write_5m) &&
         read_rate(json["cache_write_1h"], &rates->cache_write_1h);
}

bool read_percent(const Json& value, std::optional<std::int64_t>* percent) {
  if (value.raw().empty()) return true;
  *percent = value.integer();
  return *percent && **percent >= 0 && **percent <= 100;
}

bool read_count(const Json& value, std::optional<std::int64_t>* count) {
  if (value.raw().empty()) return true;
  if (value.raw().find_first_not_of("0123456789") != std::string_view::npos) return false;
  *count = value.integer();
  return *count && **count > 0 && **count <= kMostMediaTokens;
}

bool read_price(const Json& json, Price* price) {
  if (!read_rates(json, &price->standard) || !read_percent(json["batch_percent"], &price->batch_percent) ||
      !read_percent(json["cached_batch_percent"], &price->cached_batch_percent) ||
      !read_count(json["media_tokens"], &price->media_tokens))
    return false;
  const Json& beyond = json["long"];
  if (beyond.raw().empty()) return true;
  price->long_above = beyond["above"].integer().value_or(0);
  return std::find(kLongPrompts.begin(), kLongPrompts.end(), price->long_above) != kLongPrompts.end() &&
         read_rates(beyond, &price->beyond);
}

// What tokens cost at some rates: at the standard price, and as a batch.
struct Charge {
  const Rates& rates;
  std::int64_t batch_percent, cached_percent;
  Cost sum;
  bool known = true;

  void add(std::int64_t tokens, const std::optional<Money>& rate, std::int64_t percent) {
    if (tokens <= 0) return;
    known = known && rate.has_value();
    if (!rate) return;
    sum.sync += rate->for_tokens(tokens, 100);
    sum.batch += rate->for_tokens(tokens, percent);
  }
  // A vendor that counts more parts than the whole is taken at the whole.
  void add(const TokenClasses& tokens) {
    std::int64_t left = tokens.input;
    const auto take = [&left](std::int64_t part) {
      const std::int64_t taken = std::min(part, left);
      left -= taken;
      return taken;
    };
    add(take(tokens.cached_input), rates.cached_input, cached_percent);
    add(take(tokens.cache_write_5m), rates.cache_write_5m, batch_percent);
    add(take(tokens.cache_write_1h), rates.cache_write_1h, batch_percent);
    add(left, rates.input, batch_percent);
    add(tokens.output, rates.output, batch_percent);
  }
};

TokenClasses without(const TokenClasses& all, const TokenClasses& part) {
  return {all.input - part.input, all.output - part.output, all.cached_input - part.cached_input,
          all.cache_write_5m - part.cache_write_5m, all.cache_write_1h - part.cache_write_1h};
}

TokenClasses of_long_prompts(const TokenSums& tokens, std::int64_t above) {
  for (std::size_t i = 0; i < kLongPrompts.size(); ++i)
    if (kLongPrompts[i] == above) return tokens.beyond[i];
  return {};
}

// What was not read from a cache, at the price of writing it to one where that is the higher.
void write_fresh(const Rates& rates, TokenClasses* tokens) {
  if (!rates.cache_write_5m || !rates.input || *rates.cache_write_5m <= *rates.input) return;
  tokens->cache_write_5m = tokens->input - tokens->cache_write_1h - tokens->cached_input;
}

// A prompt that a cache is written of counts as written whole, its media too.
void add_media(std::int64_t tokens, TokenClasses* all) {
  all->input += tokens;
  if (all->cache_write_1h > 0)
    all->cache_write_1h += tokens;
  else if (all->cache_write_5m > 0)
    all->cache_write_5m += tokens;
}

}  // namespace

void Cost::add(const Cost& more) {
  sync += more.sync;
  batch += more.batch;
}

// [provider, model, input, cached input, output], or an object with these names and more.
std::optional<Prices::Row> Prices::read_row(const Json& json) {
  Row row;
  if (json.is_object()) {
    row.provider = json["provider"].string_or("");
    row.model = json["model"].string_or("");
    if (!read_price(json, &row.price)) return std::nullopt;
  } else {
    const auto& cells = json.items();
    if (cells.size() != 5) return std::nullopt;
    row.provider = cells[0].string_or("");
    row.model = cells[1].string_or("");
    Rates& rates = row.price.standard;
    if (!read_rate(cells[2], &rates.input) || !read_rate(cells[3], &rates.cached_input) ||
        !read_rate(cells[4], &rates.output))
      return std::nullopt;
  }
  if (row.provider.empty() || row.model.empty() || !row.price.standard.input) return std::nullopt;
  return row;
}

Result<Prices> Prices::parse(std::string_view text, const std::string& name) {
  const auto json = Json::parse(text);
  if (json == nullptr || !(*json)["models"].is_array())
    return Error(Code::config, name + ": is no price table",
                 "write {\"date\":\"…\",\"models\":[[provider, model, input, cached input, output], …]}");
  Prices prices;
  prices.name_ = name;
  prices.date_ = (*json)["date"].string_or("undated");
  for (const Json& cells : (*json)["models"].items()) {
    auto row = read_row(cells);
    if (!row)
      return Error(Code::config, name + ": the row " + std::string(cells.raw()) + " is no price",
                   "write [provider, model, input, cached input, output], in dollars for a million tokens, or an object "
                   "as docs/prices.md describes it");
    prices.rows_.push_back(std::move(*row));
  }
  std::stable_sort(prices.rows_.begin(), prices.rows_.end(),
                   [](const Row& a, const Row& b) { return a.name() < b.name(); });
  return prices;
}

Result<Prices> Prices::load(FileSystem* files, const Config& config) {
  const std::string& path = config.get("prices.file");
  if (path.empty()) return parse(built_in_prices(), "the built-in price table");
  auto text = files->read_whole_file(path, kMaxPriceTable);
  BR_RETURN_IF_ERROR(text);
  return parse(*text, path);
}

std::string Prices::age_warning(std::int64_t now_ms) const {
  const std::int64_t made_ms = parse_iso_time(date_ + "T00:00:00Z");
  if (made_ms < 0) return name_ + " says no date: its prices may be old";
  const std::int64_t days = (now_ms - made_ms) / kDayMs;
  if (days <= kOldDays) return {};
  return name_ + " is of " + date_ + ", " + std::to_string(days) +
         " days ago: prices may have changed; give a newer one with prices.file";
}

const Price* Prices::find(std::string_view provider, std::string_view model) const {
  for (const std::string_view name : names_of_model(model)) {
    const Name wanted(provider, name);
    const auto row = std::lower_bound(rows_.begin(), rows_.end(), wanted,
                                      [](const Row& a, const Name& b) { return a.name() < b; });
    if (row != rows_.end() && row->name() == wanted) return &row->price;
  }
  return nullptr;
}

std::optional<Cost> Prices::cost(const Price& price, TokenSums tokens, int discount_percent, Use use) const {
  if (tokens.media > 0 && !price.media_tokens) return std::nullopt;
  const std::int64_t batch = price.batch_percent.value_or(100 - discount_percent);
  const std::int64_t cached = price.cached_batch_percent.value_or(batch);
  TokenClasses all = tokens, beyond = of_long_prompts(tokens, price.long_above);
  if (tokens.media > 0) {
    add_media(tokens.media * *price.media_tokens, &all);
    if (price.long_above > 0) beyond = all;  // nobody knows which prompts the media make long
  }
  TokenClasses usual = without(all, beyond);
  if (use == Use::all_written) {
    write_fresh(price.standard, &usual);
    write_fresh(price.beyond, &beyond);
  }
  Charge standard{price.standard, batch, cached, {}}, higher{price.beyond, batch, cached, {}};
  standard.add(usual);
  higher.add(beyond);
  if (!standard.known || !higher.known) return std::nullopt;
  standard.sum.add(higher.sum);
  return standard.sum;
}

std::optional<Cost> Prices::cost(std::string_view provider, std::string_view model, const TokenSums& tokens,
                                 int discount_percent) const {
  const Price* price = find(provider, model);
  if (price == nullptr) return std::nullopt;
  return cost(*price, tokens, discount_percent, Use::as_counted);
}

std::optional<Cost> Prices::cost(const RemoteBatch& batch, Use use) const {
  const Provider* provider = find_provider(batch.provider);
  if (provider != nullptr && provider->capability().local) return Cost{};
  if (batch.tokens.input == 0 && batch.tokens.output == 0) return Cost{};
  const int discount = provider == nullptr ? 0 : provider->capability().discount_percent;
  Cost sum;
  const auto add = [&](const std::string& model, const TokenSums& tokens) {
    const Price* price = find(batch.provider, model);
    const auto part = price == nullptr ? std::nullopt : cost(*price, tokens, discount, use);
    if (part) sum.add(*part);
    return part.has_value();
  };
  if (batch.model_tokens.empty()) return add(batch.model, batch.tokens) ? std::optional(sum) : std::nullopt;
  for (const auto& [model, tokens] : batch.model_tokens) {
    const bool used = tokens.input > 0 || tokens.output > 0;
    if (used && !add(model, tokens)) return std::nullopt;
  }
  return sum;
}

std::optional<Cost> Prices::bound(const RemoteBatch& batch) const {
  const Provider* provider = find_provider(batch.provider);
  const bool asks = provider != nullptr && provider->capability().caches_when_asked;
  return cost(batch, asks ? Use::as_counted : Use::all_written);
}

std::optional<Cost> Prices::cost(const Job& job) const {
  Cost sum;
  for (const RemoteBatch& batch : job.batches) {
    const auto part = cost(batch, Use::as_counted);
    if (!part) return std::nullopt;
    sum.add(*part);
  }
  return sum;
}

void write_cost(std::string_view key, const std::optional<Cost>& cost, JsonWriter* json) {
  json->key(key);
  if (!cost) {
    json->null();
    return;
  }
  json->begin_object().key("sync_usd").number(cost->sync.usd()).key("batch_usd").number(cost->batch.usd());
  json->key("saved_usd").number((cost->sync - cost->batch).usd()).end_object();
}

}  // namespace br
