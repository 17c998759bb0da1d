// Prices: what tokens cost, from a dated table that a file can replace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "model/job.h"
#include "sys/file_system.h"

namespace br {

// US dollars for a million tokens at the standard price.
struct Price {
  double input = 0, cached_input = 0, output = 0;
};

struct Cost {
  double sync_usd = 0, batch_usd = 0;
};

class Prices {
 public:
  // The built-in table, or that of prices.file (docs/prices.md). Code::config when the file is none.
  static Result<Prices> load(FileSystem* files, const Config& config);

  const std::string& date() const { return date_; }
  // Nothing: the table does not know the model.
  std::optional<Price> find(std::string_view provider, std::string_view model) const;
  std::optional<Cost> cost(std::string_view provider, std::string_view model, const TokenSums& tokens,
                           int discount_percent) const;
  // Of everything the job's answers used; nothing when the price of one model is not known.
  std::optional<Cost> cost(const Job& job) const;

 private:
  struct Row {
    std::string provider, model;  // the model's name begins with this
    Price price;
  };
  static Result<Prices> parse(std::string_view text, const std::string& name);

  std::string date_;
  std::vector<Row> rows_;
};

}  // namespace br
