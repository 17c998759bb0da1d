// ResultFiles: the results of a job from its files, for cursors: from the first, apart from what is handed out once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/jobs/gate.h"
#include "core/jobs/job_table.h"
#include "core/jobs/monitor.h"
#include "core/results/input_order.h"
#include "core/results/raw_rows.h"
#include "sys/mutex.h"
#include "sys/random.h"

namespace br {

class ResultFiles {
 public:
  struct Parts {
    const Config* config;
    Random* random;
    Monitor* monitor;
    Gate* gate;
    RouterState* state;
    JobTable* jobs;
  };
  explicit ResultFiles(const Parts& parts) : p_(parts) {}

  // Of a job that is done. A refetch puts other files in force; those that were opened stay as they are.
  Result<Feeds> finished(const std::string& job_id);
  // The same of a job that may still run: they grow.
  Result<Feeds> growing(const std::string& job_id);
  // Waits until has_more(), which is asked without a lock. The error is why the job is blocked.
  Result<Wait> wait(const std::string& job_id, std::int64_t timeout_ms, const std::function<bool()>& has_more);
  // Where each result of a job that is done lies, in the order of its requests.
  Result<std::vector<ResultPlace>> input_order(const std::string& job_id);
  // The requests of a job that is done and that did not succeed. each() is called without a lock, and may close the router.
  Result<void> for_each_failed_request(const std::string& job_id,
                                       const std::function<Result<void>(std::string_view line)>& each);
  // The vendor's own row behind the result of that id, byte for byte as it was downloaded; nothing where there is none.
  // batch_id: the vendor's, of the remote batch that it came from; empty: whichever has it. Reads files without a lock.
  Result<std::optional<std::string>> raw_row(const std::string& job_id, std::string_view batch_id,
                                             std::string_view custom_id);

 private:
  struct Known {
    std::string job_id;
    std::int32_t part;
    std::shared_ptr<RawRows> rows;
  };
  std::shared_ptr<RawRows> rows_of(const Job& job, const RemoteBatch& batch);
  Result<SnapshotRef> find(const std::string& job_id);

  const Parts p_;
  Mutex mutex_;
  std::vector<Known> known_ GUARDED_BY(mutex_);  // the newest last
};

}  // namespace br
