// estimate: what a submission would bring and cost, before it is made.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/settings.h"

namespace cli {
namespace {

using Plan = std::unique_ptr<br_plan, Freer<br_plan_free>>;

std::string dollars(double amount) { return amount < 0 ? "unknown" : fmt::format("${:.4f}", amount); }

}  // namespace

Exit run_estimate(const Options& options) {
  const Config config = make_config(options);
  const Batch batch = make_batch(options, "");
  br_plan* made = nullptr;
  call(br_plan_new, config.get(), batch.get(), &made);
  const Plan plan(made);
  if (options.json) {
    fmt::print("{}\n", br_plan_json(plan.get(), nullptr));
  } else {
    fmt::print("requests       {}\nbatches        {}\nbytes          {}\n", br_plan_requests(plan.get()),
               br_plan_batches(plan.get()), br_plan_bytes(plan.get()));
    fmt::print("input tokens   about {}\noutput tokens  at most {}\n", br_plan_input_tokens(plan.get()),
               br_plan_output_tokens_max(plan.get()));
    fmt::print("cost           at most {}, {} without a batch\n", dollars(br_plan_batch_usd(plan.get())),
               dollars(br_plan_sync_usd(plan.get())));
  }
  const double cost = br_plan_batch_usd(plan.get());
  if (!options.max_cost || (cost >= 0 && cost <= *options.max_cost)) return Exit::ok;
  throw Failure(Exit::quota, fmt::format("the batch may cost {}, and the limit is ${:.2f}", dollars(cost), *options.max_cost),
                "lower max_tokens, send fewer requests, or raise --max-cost");
}

}  // namespace cli
