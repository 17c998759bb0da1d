#include "core/requests/retry_job.h"

#include <algorithm>
#include <string>
#include <vector>

#include "codec/result_line.h"
#include "core/protocol/canary.h"
#include "core/requests/pack.h"
#include "core/requests/part_copy.h"
#include "core/requests/retry_parts.h"
#include "core/results/id_ledger.h"
#include "core/results/result_file.h"
#include "providers/registry.h"

namespace br {
namespace {

// What of the results that are no success is taken.
enum class Take : std::uint8_t { final_only, all };

// The requests of one part that are sent again, and how many are left out.
struct Failed {
  RequestSet set;
  std::int64_t left_out = 0;
};

Result<Failed> failed_ids(const Spool& spool, const RemoteBatch& batch, Take take, std::uint64_t seed) {
  Failed failed;
  failed.set.seed = seed;
  auto read = for_each_result(result_file_of(spool, batch),
                              [&](const Line& line, std::string_view id) -> Result<void> {
                                const std::string_view text(line.data, line.size);
                                if (is_success_line(text)) return {};
                                if (take == Take::final_only && (may_change(text) || is_abandoned(text)))
                                  failed.left_out += 1;
                                else
                                  failed.set.ids.push_back(hash_id(id, seed));
                                return {};
                              });
  BR_RETURN_IF_ERROR(read);
  std::sort(failed.set.ids.begin(), failed.set.ids.end());
  return failed;
}

bool keeps_no_marker(const std::string& name) {
  const Provider* provider = find_provider(name);
  return provider != nullptr && provider->capability().marker == Marker::none;
}

// Those that were tried first come first again: what is tried first of a kind is what comes first in the input.
std::vector<const RemoteBatch*> in_order(const Job& parent) {
  std::vector<const RemoteBatch*> batches;
  for (const RemoteBatch& batch : parent.batches) batches.push_back(&batch);
  std::stable_partition(batches.begin(), batches.end(), [](const RemoteBatch* batch) { return batch->canary; });
  return batches;
}

Result<void> write_part(const Spool& spool, RetryPart part, Job* job) {
  RemoteBatch& to = job->batches.emplace_back(std::move(part.batch));
  to.job_id = job->id;
  if (!to.id_tag.empty() || keeps_no_marker(to.provider)) to.id_tag = id_tag_of(job->id);
  to.part = static_cast<std::int32_t>(job->batches.size() - 1);
  to.marker = "br-" + job->id.substr(4) + "-" + std::to_string(to.part);
  PartCopy copy(&spool, &to);
  for (const RetrySlice& slice : part.slices) {
    BR_RETURN_IF_ERROR(copy.add(*slice.from, slice.set));
  }
  return copy.finish();
}

void remember_canary(std::int64_t size, Job* job) {
  if (size <= 0) return;
  std::erase_if(job->settings, [](const auto& setting) { return setting.first == "canary"; });
  job->settings.emplace_back("canary", std::to_string(size));
}

}  // namespace

Result<std::int64_t> write_retry(const Spool& spool, const Job& parent, const RetryPlan& plan, Job* job) {
  std::int64_t left_out = 0;
  job->provider = parent.provider;
  job->base_url = parent.base_url;
  if (!parent.name.empty()) job->name = parent.name + "-retry" + std::to_string(parent.attempt);
  job->settings = parent.settings;
  job->parent = parent.id;
  job->attempt = parent.attempt + 1;
  const std::int64_t canary = canary_of_retry(parent, plan.canary);
  remember_canary(canary, job);
  BR_RETURN_IF_ERROR(spool.make_job_directory(job->id));
  RetryParts parts(&spool, canary);
  for (const RemoteBatch* from : in_order(parent)) {
    auto failed = failed_ids(spool, *from, plan.again ? Take::all : Take::final_only, plan.hash_seed);
    BR_RETURN_IF_ERROR(failed);
    left_out += failed->left_out;
    BR_RETURN_IF_ERROR(parts.add(*from, std::move(failed->set)));
  }
  for (RetryPart& part : parts.plan()) {
    BR_RETURN_IF_ERROR(write_part(spool, std::move(part), job));
  }
  if (job->batches.empty() && left_out > 0)
    return Error(
        Code::not_found,
        "the requests of " + parent.id + " that did not succeed (" + std::to_string(left_out) +
            ") may be answered at the vendor, and paid for: sent again, they are paid for again",
        "fetch the answers again: `batchrouter results " + parent.id + " --refetch`; or pay once more with --again");
  if (job->batches.empty())
    return Error(Code::not_found, "every request of " + parent.id + " succeeded: there is nothing to send again", "");
  hold_for_canaries(job);
  BR_RETURN_IF_ERROR(spool.files()->sync_directory(parent_path(spool.job_directory(job->id))));
  return left_out;
}

Result<void> for_each_failed(const Spool& spool, const Job& job, std::uint64_t hash_seed,
                             const std::function<Result<void>(std::string_view line)>& each) {
  for (const RemoteBatch& batch : job.batches) {
    const std::string unified = spool.unified(job.id, batch.part);
    if (!spool.files()->exists(unified))
      return Error(Code::not_found, "the job " + job.id + " did not keep its requests as they were given",
                   "set audit.files=1 when submitting; a retry works without them");
    if (auto whole = check_unified(spool.files(), unified, batch); !whole) return whole;
    auto failed = failed_ids(spool, batch, Take::all, hash_seed);
    BR_RETURN_IF_ERROR(failed);
    auto walked =
        for_each_request(spool, batch, unified, failed->set,
                         [&each](const IdEntry&, std::string_view, std::string_view line) { return each(line); });
    if (!walked) return walked;
  }
  return {};
}

}  // namespace br
