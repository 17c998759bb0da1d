// What the command line said. Filled by app.cc, read by the commands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cli {

// What the command line says to `gateway` and `exec`.
struct GatewayOptions {
  std::string listen;                         // empty: the command's own default
  std::vector<std::string> hosts, base_urls;  // base_urls: PROVIDER=URL
  std::optional<std::int64_t> window_ms, first_byte_after_ms, heartbeat_ms, max_wait_ms, shutdown_ms;
  std::int64_t max_requests = 0, max_bytes = 0, max_connections = 0;  // 0: the vendor's, the library's, the default
  std::string mode = "hold", cache = "hit", auth = "caller";
  std::string token_file, tls_cert, tls_key;
  bool no_cache = false, behind_proxy = false, dry_run = false;
};

struct Options {
  std::string command;
  std::vector<std::string> program;  // exec: CMD and its arguments
  GatewayOptions gateway;
  std::string input, job, output;
  std::string provider, model, base_url, state_dir, name, on_unsupported;
  std::optional<std::int64_t> poll_interval_ms, timeout_ms, settle_ms;
  std::optional<double> max_cost;  // US dollars
  std::vector<std::string> set;    // KEY=VALUE
  std::int64_t canary = 0;         // run, submit; 0: none
  bool split = false, json = false, quiet = false;
  int verbose = 0;

  bool again = false, reuse = false;  // run, submit, retry
  std::string on_done;                // run, submit, retry, attach
  std::int64_t retries = 0;           // run, submit, retry
  std::string batch;                  // attach, adopt: the vendor's id
  std::int32_t part = 0;              // adopt

  std::int64_t limit = 0;  // list
  bool remote = false;     // list
  bool failed = false;     // results
  std::string order;       // of the results file: "input", or as they came
  bool refetch = false;    // results
  bool markdown = false;   // providers
  bool connect = false;    // doctor
  std::optional<std::int64_t> older_than_ms;  // prune
  std::vector<std::string> states;            // prune; empty: any
  bool dry_run = false;                       // prune
  std::string shell;       // completions

  // emulate and demo
  int port = 0, polls = 0;
  double speed = 1, fail_rate = 0;
  std::optional<std::int64_t> latency_ms;
  std::int64_t seed = 1, demo_requests = 1000;
  std::vector<std::string> faults, keys, tenants;
  std::vector<std::string> vendors;
  std::string aws_key, service_account;
  bool ledger = false;
};

}  // namespace cli
