// gateway: looks like every vendor on a loopback port, and answers from batches, until Ctrl-C.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "cli/commands/commands.h"
#include "cli/gateway_host.h"
#include "cli/gateway_setup.h"
#include "cli/interrupt.h"
#include "cli/json_text.h"
#include "cli/terminal.h"

namespace cli {
namespace {

constexpr int kSignalExit = 128;
constexpr std::int64_t kShutdownMs = 30'000;

void print_ready(const std::string& url, bool json) {
  std::string members;
  for (const auto& [name, value] : br::gateway::variables_of(url)) {
    if (json)
      members += (members.empty() ? "" : ",") + json_text(name) + ":" + json_text(value);
    else
      fmt::print("export {}={}\n", name, value);
  }
  if (json)
    fmt::print("{{\"event\":\"listening\",\"url\":{},\"env\":{{{}}},\"page\":{}}}\n", json_text(url), members,
               json_text(url + "/"));
  std::fflush(stdout);
}

}  // namespace

Exit run_gateway(const Options& given) {
  block_interrupts();
  raise_descriptor_limit();
  Options options = given;
  if (options.gateway.listen.empty()) options.gateway.listen = "127.0.0.1:4141";
  options.state_dir = prepare_state_dir(options.state_dir);
  GatewayHost host(options, [](int ms) { return !came_interrupt(ms); });
  print_ready(host.url(), options.json);
  const int signal = wait_for_interrupt();
  // A second signal does not wait: what was not sent is on disk, and goes at the next start.
  std::thread([] { _exit(kSignalExit + wait_for_interrupt()); }).detach();
  host.stop_taking();
  tell_text(options.json ? "{\"event\":\"final_flush_submitting\"}\n" : "submitting what is queued\n");
  host.submit(options.gateway.shutdown_ms.value_or(kShutdownMs));
  host.stop();
  if (options.gateway.dry_run) print_plan(host.stats(), options.json);
  return static_cast<Exit>(kSignalExit + signal);
}

}  // namespace cli
