// estimate: what a submission would bring and cost, before it is made.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/json_view.h"
#include "cli/settings.h"

namespace cli {
namespace {

using Plan = std::unique_ptr<br_plan, Freer<br_plan_free>>;

std::string dollars(double amount) { return amount < 0 ? "unknown" : fmt::format("${:.4f}", amount); }

// Why the cost is not known, each reason once.
std::string unknown(const JsonView& plan) {
  std::string all;
  for (const JsonView& batch : plan.items("/batches")) {
    const std::string why = batch.text("/unknown");
    if (!why.empty() && ("; " + all + ";").find("; " + why + ";") == all.npos) all += (all.empty() ? "" : "; ") + why;
  }
  return all;
}

void check_limit(double cost, double limit, const JsonView& plan) {
  if (cost < 0)
    throw Failure(
        Exit::quota, fmt::format("a limit of ${:.2f} is set, and {}", limit, unknown(plan)),
        "name the model in a price table (media_tokens for its media) and give that with --set prices.file=FILE "
        "(docs/prices.md)");
  if (cost > limit)
    throw Failure(Exit::quota, fmt::format("the batch may cost {}, and the limit is ${:.2f}", dollars(cost), limit),
                  "lower max_tokens, send fewer requests, or raise --max-cost");
}

}  // namespace

Exit run_estimate(const Options& options) {
  const Config config = make_config(options);
  const Batch batch = make_batch(options, "");
  br_plan* made = nullptr;
  call(br_plan_new, config.get(), batch.get(), &made);
  const Plan plan(made);
  const JsonView view(br_plan_json(plan.get(), nullptr));
  const double cost = br_plan_batch_usd(plan.get());
  if (options.json) {
    fmt::print("{}\n", br_plan_json(plan.get(), nullptr));
  } else {
    fmt::print("requests       {}\nbatches        {}\nbytes          {}\n", br_plan_requests(plan.get()),
               br_plan_batches(plan.get()), br_plan_bytes(plan.get()));
    fmt::print("input tokens   about {}\noutput tokens  at most {}\n", br_plan_input_tokens(plan.get()),
               br_plan_output_tokens_max(plan.get()));
    fmt::print("cost           at most {}, {} without a batch\n", dollars(cost), dollars(br_plan_sync_usd(plan.get())));
    if (cost < 0) fmt::print("unknown        {}\n", unknown(view));
  }
  if (options.max_cost) check_limit(cost, *options.max_cost, view);
  return Exit::ok;
}

}  // namespace cli
