// Run: a job that the engine works on, and RunPart, one remote batch of it: what lasts only as long as this process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/engine/driver.h"
#include "core/engine/part_fetch.h"
#include "core/protocol/step.h"
#include "core/results/refetch.h"
#include "core/results/result_file.h"
#include "model/job.h"

namespace br {

struct RunPart {
  bool address_is_given = false;  // by the caller of this process, and not only remembered
  Track track;
  StepRules rules;
  const Provider* provider = nullptr;  // nullptr: this build has none of that name
  std::shared_ptr<const void> hold;    // what the provider needs to work
  std::optional<Account> account;      // resolved and checked; forgotten when the job is resumed
  std::shared_ptr<Driver> driver;      // there when the provider is
  std::shared_ptr<PartFetch> fetch;
  Phase journaled = Phase::planned;  // the phase that the job's journal has
  std::int64_t timer_ms = -1;
};

using RefetchedFn = std::function<void(Result<Refetched>)>;

// Of a run that fetches results once more: whose, and who waits for it.
struct RefetchOrder {
  struct OldResults {
    bool whole;      // every result is fetched: they are damaged
    Counts before;   // of the results in force
    ResultFile old;  // which they stand in
  };
  std::string job_id;
  RefetchedFn done;
  std::vector<OldResults> parts;
  std::uint64_t number = 0;  // tells it from a later one of the same job
  bool merging = false;
};

struct Run {
  Job job;
  Config config;  // the router's, with the overrides of the job
  std::vector<RunPart> parts;
  bool active = false;
  bool is_deletion_refused = false;  // of files at the vendor, which was told
  std::unique_ptr<RefetchOrder> refetch;  // nothing of such a run is saved
};

}  // namespace br
