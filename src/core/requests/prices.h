// Prices: what tokens cost, from a dated table that a file can replace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config.h"
#include "core/requests/money.h"
#include "model/job.h"
#include "sys/file_system.h"

namespace br {

class Json;
class JsonWriter;

// For a million tokens. Nothing: no page shows the price, and a sum with such tokens is not known.
struct Rates {
  std::optional<Money> input, cached_input, output, cache_write_5m, cache_write_1h;
};

struct Price {
  Rates standard;
  // The whole request costs this when its prompt is longer than so many tokens, one of kLongPrompts; 0: any costs the same.
  std::int64_t long_above = 0;
  Rates beyond;
  // What a batch costs of these, in percent, and what it costs of cached_input; nothing: the provider's discount counts.
  std::optional<std::int64_t> batch_percent, cached_batch_percent;
  // The most input tokens that a picture, a document or a recording counts as; nothing: no page shows it.
  std::optional<std::int64_t> media_tokens;
};

struct Cost {
  Money sync, batch;
  void add(const Cost& more);
};

class Prices {
 public:
  // The built-in table, or that of prices.file (docs/prices.md). Code::config when the file is none.
  static Result<Prices> load(FileSystem* files, const Config& config);

  const std::string& date() const { return date_; }
  // What to tell whoever relies on the table now; empty: it is new enough.
  std::string age_warning(std::int64_t now_ms) const;
  // Null: the table does not know the model.
  const Price* find(std::string_view provider, std::string_view model) const;
  std::optional<Cost> cost(std::string_view provider, std::string_view model, const TokenSums& tokens,
                           int discount_percent) const;
  // The most that a batch costs whose tokens are those of its requests (request_tokens.h), each model's at its own
  // price. Nothing when the price of one model is not known.
  std::optional<Cost> bound(const RemoteBatch& batch) const;
  // Of everything the job's answers used; nothing when the price of one model is not known.
  std::optional<Cost> cost(const Job& job) const;

 private:
  // A vendor that caches unasked may write all of a prompt to its cache.
  enum class Use : std::uint8_t { as_counted, all_written };
  std::optional<Cost> cost(const Price& price, TokenSums tokens, int discount_percent, Use use) const;
  std::optional<Cost> cost(const RemoteBatch& batch, Use use) const;
  using Name = std::pair<std::string_view, std::string_view>;  // provider and model
  struct Row {
    std::string provider, model;
    Price price;
    Name name() const { return {provider, model}; }
  };
  static Result<Prices> parse(std::string_view text, const std::string& name);
  static std::optional<Row> read_row(const Json& json);

  std::string date_, name_;
  std::vector<Row> rows_;  // sorted by provider and model
};

// As br_job_json and br_plan_json show it: {"sync_usd", "batch_usd", "saved_usd"}, or null.
void write_cost(std::string_view key, const std::optional<Cost>& cost, JsonWriter* json);

}  // namespace br
