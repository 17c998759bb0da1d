#include "cli/gateway_setup.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "cli/config_layers.h"
#include "cli/json_view.h"
#include "cli/settings.h"
#include "cli/terminal.h"

namespace cli {
namespace {

// Not the working directory: a program that is run again elsewhere would pay again.
std::string default_state_dir() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/batchrouter/gateway";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/')
    throw Failure(Exit::usage, "there is no HOME, so the gateway has no place for its state", "give --state-dir");
  return std::string(home) + "/.local/state/batchrouter/gateway";
}

void make_private(const std::string& directory) {
  const mode_t before = ::umask(077);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  ::umask(before);
  if (error) throw Failure(Exit::store, directory + ": the state directory cannot be made: " + error.message());
}

bool is_named(const std::vector<std::string>& pairs, const std::string& key) {
  return std::any_of(pairs.begin(), pairs.end(), [&](const std::string& pair) { return pair.starts_with(key + "="); });
}

void set_gateway(br_config* config, const std::string& key, const std::string& value) {
  call(br_config_set, config, key.c_str(), value.c_str());
}

// The first variable of the property's that has a value; empty: none.
std::string from_environment(const std::string& property) {
  std::string variables = environment_of(property);
  while (!variables.empty()) {
    const std::size_t comma = variables.find(',');
    const char* value = std::getenv(variables.substr(0, comma).c_str());
    if (value != nullptr && *value != '\0') return value;
    variables.erase(0, comma == std::string::npos ? comma : comma + 1);
  }
  return {};
}

// What passes through goes where the batches go.
void set_base_urls(br_config* config) {
  for (std::size_t i = 0; i < br_provider_count(); ++i) {
    const std::string property = std::string(br_provider_name(i)) + ".base_url";
    if (!ConfigLayers::here().source_of(property).empty()) continue;
    if (const std::string url = from_environment(property); !url.empty()) set_gateway(config, property, url);
  }
}

}  // namespace

std::string prepare_state_dir(const std::string& given) {
  const std::string directory = given.empty() ? default_state_dir() : given;
  make_private(directory);
  return directory;
}

Config gateway_config(const Options& options) {
  Options general = options;
  general.base_url.clear();
  // The batches of an earlier process go on by themselves.
  if (!is_named(general.set, "resume.auto")) general.set.emplace_back("resume.auto=1");
  Config config = make_config(general);
  const GatewayOptions& g = options.gateway;
  set_gateway(config.get(), "state_dir", options.state_dir);
  set_base_urls(config.get());
  if (options.poll_interval_ms)
    set_gateway(config.get(), "capture.poll_interval_ms",
                std::to_string(std::max<std::int64_t>(1, *options.poll_interval_ms)));
  for (const std::string& pair : g.base_urls) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || br_provider_json(pair.substr(0, equals).c_str()) == nullptr)
      throw Failure(Exit::usage, "--base-url " + pair + ": this names no provider", "write --base-url PROVIDER=URL");
    set_gateway(config.get(), pair.substr(0, equals) + ".base_url", pair.substr(equals + 1));
  }
  set_gateway(config.get(), "capture.max_requests", std::to_string(g.max_requests));
  if (g.window_ms) set_gateway(config.get(), "capture.window_ms", std::to_string(*g.window_ms));
  if (g.max_bytes > 0) set_gateway(config.get(), "capture.max_bytes", std::to_string(g.max_bytes));
  set_gateway(config.get(), "capture.cache", g.no_cache ? "off" : g.cache);
  if (g.dry_run) set_gateway(config.get(), "capture.dry_run", "1");
  return config;
}

br::gateway::Options server_options(const Options& options, const br_config* config) {
  const GatewayOptions& g = options.gateway;
  br::gateway::Options out;
  if (!br::gateway::parse_listen(g.listen, &out.host, &out.port))
    throw Failure(Exit::usage, "--listen " + g.listen + ": this is no address",
                  "write HOST:PORT, such as 127.0.0.1:4141");
  out.more_hosts = g.hosts;
  out.payer = g.auth == "configured" ? br::gateway::Payer::kConfigured : br::gateway::Payer::kCaller;
  out.mode = g.mode == "defer"  ? br::gateway::Mode::kDefer
             : g.mode == "sync" ? br::gateway::Mode::kSync
                                : br::gateway::Mode::kHold;
  out.dry_run = g.dry_run;
  out.tls_cert = g.tls_cert;
  out.tls_key = g.tls_key;
  if (g.first_byte_after_ms) out.first_byte_after_ms = *g.first_byte_after_ms;
  if (g.heartbeat_ms) out.heartbeat_ms = *g.heartbeat_ms;
  if (g.max_wait_ms) out.max_wait_ms = *g.max_wait_ms;
  if (g.max_connections > 0) out.max_connections = static_cast<std::size_t>(g.max_connections);
  const std::string wrong = br::gateway::check_options(out, g.behind_proxy, !g.token_file.empty());
  if (!wrong.empty()) throw Failure(Exit::usage, wrong);
  out.ca_file = br_config_get(config, "http.ca_file");
  out.ca_directory = br_config_get(config, "http.ca_directory");
  for (std::size_t i = 0; i < br_provider_count(); ++i) {
    const std::string provider = br_provider_name(i);
    const char* url = br_config_get(config, (provider + ".base_url").c_str());
    if (url == nullptr || *url == '\0') continue;
    if (out.port != 0 && br::gateway::leads_to(url, out.host, out.port))
      throw Failure(Exit::usage, provider + ": its base URL " + url + " is this gateway itself",
                    "unset the variable it comes from, or give --base-url " + provider + "=URL");
    out.base_urls[provider] = url;
    if (out.payer == br::gateway::Payer::kConfigured) out.keys[provider] = from_environment(provider + ".api_key");
  }
  std::string error;
  const std::string file = g.token_file.empty() ? options.state_dir + "/token" : g.token_file;
  out.token = br::gateway::token_of_file(file, g.token_file.empty(), error);
  if (!error.empty()) throw Failure(Exit::usage, error);
  out.token_for_all = !g.token_file.empty();
  return out;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void print_plan(const std::string& text, bool json) {
  const JsonView stats(text);
  const std::vector<JsonView> plan = stats.items("/plan");
  std::string rows;
  if (!json)
    put("{:<20} {:<24} {:<28} {:>10} {:>8} {:>14}\n", "provider", "endpoint", "model", "requests", "batches",
        "expected_cost");
  for (const JsonView& row : plan) {
    const std::string cost = row.text("/batch_usd");
    if (json)
      rows += (rows.empty() ? "" : ",") + row.text("");
    else
      put("{:<20} {:<24} {:<28} {:>10} {:>8} {:>14}\n", row.text("/provider"), row.text("/endpoint"),
          row.text("/model"), row.text("/requests"), row.text("/batches"), cost.empty() ? "unknown" : "$" + cost);
  }
  if (json) fmt::print("[{}]\n", printable_json(rows));
}

std::string gateway_profile(const Options& options, const br::gateway::Options& server) {
  const GatewayOptions& g = options.gateway;
  std::string out = fmt::format("--auth {}\n--mode {}\n--cache {}\n--dry-run {}\n--token-file {}\n--tls-cert {}\n", g.auth,
                                g.mode, g.no_cache ? "off" : g.cache, g.dry_run, g.token_file, g.tls_cert);
  for (const auto& [provider, url] : server.base_urls) out += "--base-url " + provider + "=" + url + "\n";
  return out;
}

}  // namespace cli
