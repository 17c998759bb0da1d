#include "emulator/batches/price_list.h"

#include <algorithm>
#include <array>

namespace br::emulator {
namespace {

// Batch prices as the vendors' pages have them, in millionths of a dollar for a million tokens.
struct Tariff {
  int64_t input, cache_read, write_5m, write_1h, output;
};

struct Listed {
  std::string_view vendor, model;
  Tariff tariff;
  int64_t long_from = 0;  // the first length of a prompt that costs what `beyond` says; 0: none does
  Tariff beyond = {0, 0, 0, 0, 0};
};

constexpr Tariff kOpus = {2'500'000, 250'000, 3'125'000, 5'000'000, 12'500'000};
constexpr Tariff kOldOpus = {7'500'000, 750'000, 9'375'000, 15'000'000, 37'500'000};
constexpr Tariff kSonnet = {1'500'000, 150'000, 1'875'000, 3'000'000, 7'500'000};

constexpr std::array kList = {
    Listed{"anthropic", "claude-opus-5", kOpus},
    Listed{"anthropic", "claude-opus-4-8", kOpus},
    Listed{"anthropic", "claude-opus-4-5", kOpus},
    Listed{"anthropic", "claude-opus-4-1", kOldOpus},
    Listed{"anthropic", "claude-sonnet-4-6", kSonnet},
    Listed{"anthropic", "claude-sonnet-4-5", kSonnet, 200'001, {3'000'000, 300'000, 3'750'000, 6'000'000, 11'250'000}},
    Listed{"anthropic", "claude-haiku-4-5", {500'000, 50'000, 625'000, 1'000'000, 2'500'000}},
    Listed{"anthropic",
           "claude-haiku-5-5",
           {50'000, 5'000, 62'500, 100'000, 250'000},
           100'001,
           {250'000, 25'000, 312'500, 500'000, 1'250'000}},
    Listed{"anthropic", "claude-3-haiku", {125'000, 15'000, 150'000, 250'000, 625'000}},
    Listed{"openai", "gpt-4o-mini", {75'000, 75'000, 0, 0, 300'000}},
    Listed{"openai", "gpt-4o", {1'250'000, 1'250'000, 0, 0, 5'000'000}},
    Listed{"openai", "gpt-4.1-nano", {50'000, 25'000, 0, 0, 200'000}},
    Listed{"openai", "gpt-5", {625'000, 62'500, 0, 0, 5'000'000}},
    Listed{"openai", "gpt-5-mini", {125'000, 12'500, 0, 0, 1'000'000}},
    Listed{"openai", "gpt-5.4", {1'250'000, 125'000, 0, 0, 7'500'000}, 272'001, {2'500'000, 250'000, 0, 0, 11'250'000}},
    Listed{"openai",
           "gpt-5.6-luna",
           {100'000, 10'000, 125'000, 0, 600'000},
           272'001,
           {200'000, 20'000, 250'000, 0, 900'000}},
    Listed{"openai", "text-embedding-3-small", {10'000, 0, 0, 0, 0}},
    Listed{"google",
           "gemini-2.5-pro",
           {625'000, 125'000, 0, 0, 5'000'000},
           200'001,
           {1'250'000, 250'000, 0, 0, 7'500'000}},
    Listed{"google", "gemini-2.5-flash", {150'000, 30'000, 0, 0, 1'250'000}},
    Listed{"google", "gemini-2.5-flash-lite", {50'000, 10'000, 0, 0, 200'000}},
    Listed{"mistral", "mistral-small-2603", {75'000, 0, 0, 0, 300'000}},
    Listed{"groq", "openai/gpt-oss-120b", {75'000, 75'000, 0, 0, 300'000}},
    Listed{"groq", "llama-3.1-8b-instant", {25'000, 0, 0, 0, 40'000}},
    Listed{"together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", {440'000, 0, 0, 0, 440'000}},
    Listed{"xai", "grok-4.3", {1'000'000, 0, 0, 0, 2'000'000}, 200'000, {2'000'000, 0, 0, 0, 4'000'000}},
};

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Without "-20250929" or "-2024-08-06".
std::string_view undated(std::string_view model) {
  constexpr size_t kCompact = 9, kDashed = 11;
  if (model.size() > kCompact) {
    const std::string_view end = model.substr(model.size() - kCompact);
    if (end.front() == '-' && all_digits(end.substr(1))) return model.substr(0, model.size() - kCompact);
  }
  if (model.size() > kDashed) {
    const std::string_view end = model.substr(model.size() - kDashed);
    const bool date = end[0] == '-' && all_digits(end.substr(1, 4)) && end[5] == '-' && all_digits(end.substr(6, 2)) &&
                      end[8] == '-' && all_digits(end.substr(9));
    if (date) return model.substr(0, model.size() - kDashed);
  }
  return model;
}

}  // namespace

std::optional<int64_t> charge_for(std::string_view vendor, std::string_view model, const Tokens& tokens) {
  constexpr std::string_view kPath = "models/";
  if (model.starts_with(kPath)) model.remove_prefix(kPath.size());
  model = undated(model);
  for (const Listed& listed : kList) {
    if (listed.vendor != vendor || listed.model != model) continue;
    const bool is_long = listed.long_from > 0 && tokens.input >= listed.long_from;
    const Tariff& tariff = is_long ? listed.beyond : listed.tariff;
    const int64_t fresh = tokens.input - tokens.cache_read - tokens.cache_write_5m - tokens.cache_write_1h;
    return fresh * tariff.input + tokens.cache_read * tariff.cache_read + tokens.cache_write_5m * tariff.write_5m +
           tokens.cache_write_1h * tariff.write_1h + tokens.output * tariff.output;
  }
  return std::nullopt;
}

}  // namespace br::emulator
