#include "cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/config_layers.h"
#include "cli/json_view.h"
#include "cli/out_file.h"
#include "cli/suggest.h"

namespace cli {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kPollGrowth = 5;

void set(br_config* config, const std::string& key, const std::string& value) {
  call(br_config_set, config, key.c_str(), value.c_str());
}

bool is_secret(const br_config* config, const std::string& key) {
  for (std::size_t i = 0; i < br_config_property_count(); ++i) {
    if (key == br_config_property_name(i)) return br_config_get(config, key.c_str()) == nullptr;
  }
  return false;
}

void set_pair(br_config* config, const std::string& pair) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Failure(Exit::usage, "--set " + pair.substr(0, equals) + ": there is no value", "write --set KEY=VALUE");
  const std::string key = pair.substr(0, equals);
  if (is_secret(config, key)) {
    const std::string variables = environment_of(key);
    const std::string variable = variables.substr(0, variables.find(','));
    throw Failure(Exit::usage, "--set " + key + ": every user of this machine can read a command line",
                  variable.empty() ? "set it in the environment" : "set the environment variable " + variable);
  }
  set(config, key, pair.substr(equals + 1));
}

void check_provider(const std::string& provider) {
  if (provider.empty() || br_provider_json(provider.c_str()) != nullptr) return;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < br_provider_count(); ++i) names.emplace_back(br_provider_name(i));
  throw Failure(Exit::usage, "there is no provider \"" + provider + "\"",
                did_you_mean(provider, names, "batchrouter providers lists them"));
}

bool is_set(const Options& options, const std::string& key) {
  return std::any_of(options.set.begin(), options.set.end(),
                     [&](const std::string& pair) { return pair.starts_with(key + "="); });
}

std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                             "0123456789_-+=:,./@%") == std::string::npos;
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

}  // namespace

Config make_config(const Options& options) {
  Config config(br_config_new());
  if (!config) throw std::bad_alloc();
  check_provider(options.provider);
  ConfigLayers::here().apply(config.get());
  if (options.poll_interval_ms) {
    const std::int64_t first = std::clamp<std::int64_t>(*options.poll_interval_ms, 1, kDayMs);
    set(config.get(), "poll.interval_ms", std::to_string(first));
    set(config.get(), "poll.max_interval_ms", std::to_string(std::min(first * kPollGrowth, kDayMs)));
  }
  if (options.settle_ms) set(config.get(), "submit.settle_ms", std::to_string(*options.settle_ms));
  if (options.split) set(config.get(), "split", "auto");
  if (options.canary != 0) set(config.get(), "canary", std::to_string(options.canary));
  if (options.max_cost) set(config.get(), "max_cost_usd", fmt::format("{}", *options.max_cost));
  if (!options.on_unsupported.empty()) set(config.get(), "on_unsupported", options.on_unsupported);
  if (!options.model.empty()) set(config.get(), "default_model", options.model);
  if (!options.state_dir.empty()) set(config.get(), "state_dir", options.state_dir);
  if (!options.base_url.empty() && !options.provider.empty())
    set(config.get(), options.provider + ".base_url", options.base_url);
  // Of a command about one job: the job goes on there, and the key may go there.
  if (!options.base_url.empty() && !options.job.empty()) set(config.get(), "resume.base_url", options.base_url);
  for (const std::string& pair : options.set) set_pair(config.get(), pair);
  if (!is_set(options, "resume.auto") && ConfigLayers::here().source_of("resume.auto").empty()) set(config.get(), "resume.auto", "0");
  return config;
}

Batch make_batch(const Options& options, const std::string& output) {
  check_provider(options.provider);
  if (!output.empty() && output != "-" && options.input != "-") {
    std::error_code missing;
    if (std::filesystem::equivalent(options.input, output, missing))
      throw Failure(Exit::usage, output + ": is both the input and the output", "give another name to -o");
  }
  Batch batch(br_batch_new(options.provider.empty() ? nullptr : options.provider.c_str()));
  if (!batch) throw std::bad_alloc();
  if (!options.name.empty()) call(br_batch_set_name, batch.get(), options.name.c_str());
  if (!output.empty()) call(br_batch_set, batch.get(), "output", output.c_str());
  call(br_batch_add_jsonl_file, batch.get(), options.input.c_str());
  return batch;
}

namespace {

// The settings of this call that the next one needs too.
std::string repeated_settings(const Options& options) {
  std::string line;
  if (!options.state_dir.empty()) line += " --state-dir " + quoted(options.state_dir);
  if (options.poll_interval_ms) line += " --poll-interval " + std::to_string(*options.poll_interval_ms) + "ms";
  if (options.settle_ms) line += " --settle " + std::to_string(*options.settle_ms) + "ms";
  for (const std::string& pair : options.set) line += " --set " + quoted(pair);
  return line;
}

}  // namespace

std::string resume_line(const Options& options, const std::string& job_id) {
  return "batchrouter resume" + (job_id.empty() ? "" : " " + job_id) + repeated_settings(options);
}

std::string failed_line(const Options& options, const std::string& job_id) {
  return "batchrouter results " + job_id + " --failed" + repeated_settings(options);
}

std::string retry_line(const Options& options, const std::string& job_id) {
  return "batchrouter retry " + job_id + " -o more.jsonl" + repeated_settings(options);
}

}  // namespace cli
