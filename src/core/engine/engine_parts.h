// What an engine works with and whom it tells.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/engine/executor.h"
#include "core/engine/external_work.h"
#include "core/engine/job_snapshot.h"
#include "core/results/collect.h"
#include "net/http.h"
#include "store/spool.h"
#include "store/state_dir.h"
#include "store/store.h"
#include "sys/clock.h"
#include "sys/random.h"

namespace br {

// What the engine tells; called on the loop's thread, results_grew on any. Must not call back into the engine.
class EngineListener {
 public:
  virtual ~EngineListener() = default;
  virtual void job_changed(SnapshotRef snapshot) = 0;
  virtual void job_event(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text) = 0;
  virtual void results_grew(const std::string& job_id) = 0;
  // To be done on a thread of the caller's, or never when the router is closed before.
  virtual void external_work(ExternalWork work) = 0;
  // The state can no longer be saved: nothing more is done.
  virtual void store_failed(const Error& error) = 0;
  // A line about each exchange with a vendor, where EngineParts::traces.
  virtual void vendor_called(const std::string& line) = 0;
};

struct EngineParts {
  Store* store = nullptr;
  Transport* transport = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  Executor* executor = nullptr;
  EngineListener* listener = nullptr;
  const Spool* spool = nullptr;
  const Config* config = nullptr;
  const StateDirectory* directory = nullptr;  // nullptr: nobody can take it away
  bool traces = false;
};

using Feeds = std::vector<std::shared_ptr<ResultFeed>>;

}  // namespace br
