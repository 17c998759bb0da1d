// demo: the whole path against the emulator, offline, without a key, in a directory that is gone afterwards.
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "cli/clock.h"
#include "cli/commands/commands.h"
#include "cli/duration.h"
#include "cli/interrupt.h"
#include "cli/json_view.h"
#include "cli/out_file.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "emulator/emulator.h"

namespace cli {
namespace {

constexpr double kSpeed = 600;                        // ten minutes pass in a second
constexpr std::int64_t kVendorTakesMs = 30 * 60'000;  // of emulated time
constexpr std::int64_t kPollIntervalMs = 100;
constexpr const char* kModel = "gpt-4o-mini";
// The list price of gpt-4o-mini in US dollars for a million tokens, as published from July 2024 on and unchanged in
// November 2025; its batch price is the half.
constexpr double kInputPrice = 0.15, kOutputPrice = 0.60, kBatchShare = 0.5;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const std::string pattern = (std::filesystem::temp_directory_path() / "batchrouter-demo-XXXXXX").string();
    path_ = pattern;
    if (mkdtemp(path_.data()) == nullptr)
      throw Failure(Exit::failed, pattern + ": cannot make a temporary directory", "set TMPDIR");
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Nothing of the user's settings may reach the demo, and no proxy may stand before loopback.
void forget_environment() {
  for (const JsonView& item : JsonView(br_provider_json("openai")).items("/properties")) {
    const std::string variables = item.text("/environment");
    for (std::size_t at = 0; at < variables.size();) {
      const std::size_t end = std::min(variables.find(',', at), variables.size());
      unsetenv(variables.substr(at, end - at).c_str());
      at = end + 1;
    }
  }
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  setenv("OPENAI_API_KEY", "emulated", 1);
}

void write_requests(const std::string& path, std::int64_t count) {
  static constexpr std::array kQuestions = {"What is the capital of", "Name one river of", "Which language is spoken in",
                                            "What is eaten for breakfast in"};
  static constexpr std::array kPlaces = {"France", "Japan", "Brazil", "Kenya", "Norway", "India", "Peru"};
  OutFile file(path);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto n = static_cast<std::size_t>(i);
    const std::string line = fmt::format(
        R"({{"custom_id":"demo-{:07}","model":"{}","messages":[{{"role":"user","content":"{} {}? That is question {}."}}],)"
        R"("generation_config":{{"max_tokens":32}}}})"
        "\n",
        i, kModel, kQuestions[n % kQuestions.size()], kPlaces[n % kPlaces.size()], i);
    file.write(line.data(), line.size());
  }
  file.commit();
}

struct Totals {
  std::int64_t results = 0, succeeded = 0, batches = 0, input_tokens = 0, output_tokens = 0;
};

// Counted from the stored results, as any program would read them.
Totals count_results(const Options& options) {
  Totals totals;
  const Session session(options, Session::Mode::observer);
  for (const Job& job : session.all_jobs()) {
    totals.batches += static_cast<std::int64_t>(br_job_batch_count(job.get()));
    br_results* opened = nullptr;
    call(br_results_open, job.get(), &opened);
    const Results results(opened);
    std::array<br_result*, 256> taken{};
    for (std::size_t count = 0;;) {
      call(br_results_next, opened, taken.data(), taken.size(), &count);
      if (count == 0) break;
      for (std::size_t i = 0; i < count; ++i) {
        totals.results += 1;
        totals.succeeded += br_result_status(taken[i]) == BR_RESULT_SUCCEEDED ? 1 : 0;
        totals.input_tokens += std::max<std::int64_t>(0, br_result_tokens(taken[i], BR_TOKENS_INPUT));
        totals.output_tokens += std::max<std::int64_t>(0, br_result_tokens(taken[i], BR_TOKENS_OUTPUT));
        br_result_free(taken[i]);
      }
    }
  }
  return totals;
}

void print_summary(const Options& options, const Totals& totals, const br::emulator::Ledger& ledger,
                   std::int64_t took_ms) {
  constexpr double kMillion = 1e6;
  const double price = (static_cast<double>(totals.input_tokens) * kInputPrice +
                        static_cast<double>(totals.output_tokens) * kOutputPrice) / kMillion;
  if (options.json) {
    fmt::print(R"({{"requests":{},"succeeded":{},"batches":{},"elapsed_ms":{},"input_tokens":{},"output_tokens":{},)"
               R"("usd_saved":{:.6f},"twice_paid":{}}})"
               "\n",
               totals.results, totals.succeeded, totals.batches, took_ms, totals.input_tokens, totals.output_tokens,
               price * kBatchShare, ledger.requests_twice_paid);
    return;
  }
  fmt::print("\n  requests     {}, {} succeeded\n", grouped(totals.results), grouped(totals.succeeded));
  fmt::print("  batches      {}\n", grouped(totals.batches));
  fmt::print("  time         {} (the emulated vendor's {}, sped up {:.0f} times)\n", show_duration(took_ms),
             show_duration(kVendorTakesMs), kSpeed);
  fmt::print("  tokens       {} in, {} out\n", grouped(totals.input_tokens), grouped(totals.output_tokens));
  fmt::print("  money saved  ${:.4f} of ${:.4f}, at the list price of {} ($0.15 and $0.60 per million tokens; batches "
             "at half)\n",
             price * kBatchShare, price, kModel);
  fmt::print("  twice paid   {}\n", grouped(ledger.requests_twice_paid));
}

std::unique_ptr<br::emulator::Emulator> start_emulator(const std::string& directory) {
  br::emulator::EmulatorOptions options;
  options.speed = kSpeed;
  options.latency_ms = kVendorTakesMs;
  options.spill_dir = directory;
  std::string error;
  auto emulator = br::emulator::Emulator::start(options, error);
  if (!emulator) throw Failure(Exit::failed, "the emulator cannot start: " + error, "run the demo again");
  return emulator;
}

}  // namespace

Exit run_demo(const Options& options) {
  block_interrupts();
  forget_environment();
  const TemporaryDirectory directory;
  const auto emulator = start_emulator(directory.path());
  Options run = options;
  run.command = "run";
  run.provider = "openai";
  run.base_url = emulator->base_url("openai");
  run.state_dir = directory.path() + "/state";
  run.input = directory.path() + "/requests.jsonl";
  run.output = directory.path() + "/results.jsonl";
  run.poll_interval_ms = kPollIntervalMs;
  run.split = true;
  run.quiet = options.quiet || options.json;
  run.json = false;
  if (!run.quiet)
    tell("{} requests to an emulated vendor at {}; nothing leaves this machine\n",
               grouped(options.demo_requests), run.base_url);
  write_requests(run.input, options.demo_requests);
  const std::int64_t began_ms = steady_ms();
  const Exit code = run_run(run);
  const std::int64_t took_ms = steady_ms() - began_ms;
  if (code != Exit::ok) return code;
  const Totals totals = count_results(run);
  const br::emulator::Ledger ledger = emulator->ledger();
  print_summary(options, totals, ledger, took_ms);
  return totals.succeeded == options.demo_requests && ledger.requests_twice_paid == 0 ? Exit::ok : Exit::failed;
}

}  // namespace cli
