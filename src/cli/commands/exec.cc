// exec: runs a program whose calls are answered from batches, behind a gateway of its own.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>

#include "cli/child.h"
#include "cli/commands/commands.h"
#include "cli/gateway_host.h"
#include "cli/gateway_setup.h"
#include "cli/json_text.h"
#include "cli/outer_gateway.h"
#include "cli/terminal.h"

namespace cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBySignal = 128, kNotFound = 127, kNotExecutable = 126;
constexpr std::int64_t kSubmitMs = 30'000;

// Of the gateway's token as an API key, which it is with --auth configured: the program needs no key then.
constexpr std::array kKeyVariables = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY",  "GEMINI_API_KEY",
                                      "GROQ_API_KEY",   "TOGETHER_API_KEY",  "MISTRAL_API_KEY"};

sigset_t heard_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

// How the program ended.
struct Ending {
  int code = 0;
  bool by_signal = false;  // or because one came
};

Ending ending_of(int status, bool interrupted) {
  if (WIFSIGNALED(status)) return {kBySignal + WTERMSIG(status), true};
  const int code = WEXITSTATUS(status);
  return {code, interrupted && code != 0};
}

// Passes signals on until the program has ended, whatever comes.
Ending wait_for(Child* child, GroupListener* group) {
  const sigset_t set = heard_signals();
  bool interrupted = false;
  for (int status = 0;;) {
    if (child->ended(&status)) return ending_of(status, interrupted);
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&set, &info);
    if (signal <= 0 || signal == SIGCHLD) continue;
    interrupted = interrupted || (signal != SIGUSR1 && signal != SIGUSR2);
    // A terminal's signals come from the kernel, to the whole group; others may have been sent to the group as well.
    const bool came_by_itself = child->is_in_group() && (info.si_code > 0 || group->heard(signal));
    if (!came_by_itself) child->send(signal);
  }
}

// Before the program was started: an interrupt ends the waiting.
bool pause_unless_interrupted(int ms) {
  sigset_t set = heard_signals();
  sigdelset(&set, SIGCHLD);
  const timespec patience{0, ms * 1'000'000L};
  return ::sigtimedwait(&set, nullptr, &patience) <= 0;
}

void end_at_next_signal(int code) {
  std::thread([code] {
    sigset_t set = heard_signals();
    sigdelset(&set, SIGCHLD);
    int got = 0;
    while (::sigwait(&set, &got) != 0) {
    }
    ::_exit(code);
  }).detach();
}

Exit start_program(Child* child, const std::string& name, const std::vector<std::pair<std::string, std::string>>& env) {
  const int why = child->start(env);
  if (why == 0) return Exit::ok;
  tell("batchrouter: {}: {}\n", name, std::strerror(why));
  return static_cast<Exit>(why == ENOENT ? kNotFound : kNotExecutable);
}

std::string seconds_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

struct Summary {
  br::gateway::Figures figures;
  double seconds = 0;
  bool shared = false, submitted = true;
  int code = 0;
};

void tell_summary(const Summary& s, const Options& options) {
  if (options.json) {
    tell_text(fmt::format("{{\"event\":\"exec_ended\",\"exit_code\":{},\"requests\":{},\"batches\":{},\"cache_hits\":{},"
                          "\"seconds\":{:.3f},\"saved_usd\":{:.6f},\"shared\":{},\"submitted\":{}}}\n",
                          s.code, s.figures.requests, s.figures.batches, s.figures.cache_hits, s.seconds,
                          s.figures.saved_usd, s.shared, s.submitted));
    return;
  }
  if (!s.submitted) tell_text("batchrouter: not all calls were sent; they are kept and go with the next run\n");
  if (options.quiet) return;
  tell_text(fmt::format("batchrouter: {} requests, {} batches, {} from the cache, {}, ${:.4f} saved{}\n",
                        s.figures.requests, s.figures.batches, s.figures.cache_hits, seconds_text(s.seconds),
                        s.figures.saved_usd, s.shared ? " (with the other processes that share the gateway)" : ""));
}

// Inside of another gateway, which does all that is to be done.
Exit run_inside(const Options& options, const std::string& url, Child* child, GroupListener* group) {
  if (options.gateway.dry_run)
    throw Failure(Exit::usage, "--dry-run: the gateway at " + url + " would send the calls all the same",
                  "give --dry-run to that gateway, or unset the variables that lead to it");
  const Exit refused = start_program(child, options.program.front(), program_variables(url));
  return refused == Exit::ok ? static_cast<Exit>(wait_for(child, group).code) : refused;
}

std::vector<std::pair<std::string, std::string>> variables_for(const GatewayHost& host) {
  const br::gateway::Options& server = host.server();
  const bool key_is_token = server.payer == br::gateway::Payer::kConfigured;
  const bool in_path = server.token_for_all && !key_is_token;
  auto out = program_variables(in_path ? host.url() + "/t/" + server.token : host.url());
  if (key_is_token) {
    for (const char* name : kKeyVariables) out.emplace_back(name, server.token);
  }
  return out;
}

// The program has ended. Returns, or ends the process: what a signal interrupted is not paid for by the way.
void finish(GatewayHost* host, const Ending& ending, Summary summary, const Options& options) {
  end_at_next_signal(ending.code);
  if (!ending.by_signal) {
    host->stop_taking();
    summary.submitted = host->submit(options.gateway.shutdown_ms.value_or(kSubmitMs));
  }
  summary.code = ending.code;
  summary.figures = host->figures();
  summary.shared = host->is_shared();
  if (options.gateway.dry_run) print_plan(host->stats(), options.json);
  tell_summary(summary, options);
  host->stop();
  if (!ending.by_signal) return;
  // Closing the library in good order submits what it has collected; ending now leaves that on disk.
  std::fflush(stdout);
  ::_exit(ending.code);
}

Exit run_prepared(Options options, Child* child, GroupListener* group) {
  if (const std::string outer = outer_gateway(); !outer.empty()) return run_inside(options, outer, child, group);
  if (options.gateway.listen.empty()) options.gateway.listen = "127.0.0.1:0";
  options.state_dir = prepare_state_dir(options.state_dir);
  GatewayHost host(options, pause_unless_interrupted);
  const auto began = Clock::now();
  const Exit refused = start_program(child, options.program.front(), variables_for(host));
  if (refused != Exit::ok) return refused;
  raise_descriptor_limit();
  const Ending ending = wait_for(child, group);
  Summary summary;
  summary.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  finish(&host, ending, summary, options);
  return static_cast<Exit>(ending.code);
}

}  // namespace

Exit run_exec(const Options& options) {
  try {
    if (options.program.empty() || options.program.front().empty())
      throw Failure(Exit::usage, "exec: no program is named", "write batchrouter exec [options] -- CMD ARG...");
    sigset_t before;
    const sigset_t set = heard_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, &before);
    GroupListener group;
    Child child(options.program, before);
    return run_prepared(options, &child, &group);
  } catch (Failure& failure) {
    failure.exit = Exit::not_started;
    throw;
  } catch (const std::exception& error) {
    throw Failure(Exit::not_started, error.what());
  }
}

}  // namespace cli
