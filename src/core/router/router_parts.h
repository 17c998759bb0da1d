// RouterParts: what an open router is made of, each part over those above it. Made when the state directory is open.
#pragma once

#include <functional>
#include <memory>

#include "core/config.h"
#include "core/engine/engine.h"
#include "core/engine/executor.h"
#include "core/jobs/event_queue.h"
#include "core/jobs/gate.h"
#include "core/jobs/job_table.h"
#include "core/jobs/monitor.h"
#include "core/jobs/router_state.h"
#include "core/jobs/worked_jobs.h"
#include "core/requests/prices.h"
#include "core/router/accounts.h"
#include "core/router/engine_events.h"
#include "core/router/job_control.h"
#include "core/router/job_views.h"
#include "core/router/outbox.h"
#include "core/router/prepared_job.h"
#include "core/router/refetcher.h"
#include "core/router/repeated_work.h"
#include "core/router/result_files.h"
#include "core/router/submission.h"
#include "core/world.h"

namespace br {

// What the parts stand on; outlives them.
struct RouterBase {
  const Config* config;
  const World* world;
  Monitor* monitor;
  Gate* gate;
  EventQueue* events;
  RouterState* state;
  const Prices* prices;
};

struct RouterParts {
  // failed(what): a piece of work threw on a thread of the executor's.
  RouterParts(const RouterBase& base, std::unique_ptr<Transport> http, std::function<void(const char* what)> failed);

  // These three end, in the opposite order, when the router is closed; the others stay while handles hold the router.
  std::unique_ptr<Transport> transport;
  std::unique_ptr<Executor> executor;
  EngineEvents engine_events;
  std::unique_ptr<Engine> engine;
  WorkedJobs worked;
  JobTable jobs;
  Outbox outbox;
  Accounts accounts;
  RepeatedWork repeats;
  JobControl control;
  JobPreparer preparer;
  Submission submission;
  JobViews views;
  ResultFiles files;
  Refetcher refetcher;
};

}  // namespace br
