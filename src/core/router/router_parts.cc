#include "core/router/router_parts.h"

#include <utility>

#include "batchrouter.h"

namespace br {

RouterParts::RouterParts(const RouterBase& base, std::unique_ptr<Transport> http,
                         std::function<void(const char* what)> failed)
    : transport(std::move(http)),
      executor(std::make_unique<Executor>(
          std::move(failed), base.world->has_threads ? Executor::Worker::own_thread : Executor::Worker::caller)),
      engine_events(base.monitor, base.events),
      engine(std::make_unique<Engine>(EngineParts{
          .store = &base.state->store(),
          .transport = transport.get(),
          .clock = base.world->clock.get(),
          .random = base.world->random,
          .executor = executor.get(),
          .listener = &engine_events,
          .spool = &base.state->spool(),
          .config = base.config,
          .directory = &base.state->directory(),
          .traces = base.events->logs(BR_LOG_DEBUG),
      })),
      jobs({base.config, base.state, base.events, base.monitor, engine.get()},
           [this](const std::string& job_id) { outbox.enter(job_id); }),
      outbox({base.config, base.world->clock.get(), base.monitor, base.gate, base.state, base.events, engine.get(),
              transport.get(), &jobs, &worked}),
      accounts(base.config, base.world->random),
      repeats(base.state, &jobs, &worked),
      control({base.monitor, base.gate, base.state, engine.get(), &jobs, &outbox}),
      preparer({base.config, base.world, base.state, &accounts}),
      submission({base.config, base.world->random, base.monitor, base.gate, base.state, base.events, &accounts, &preparer,
                  &repeats, &jobs, &control, &worked}),
      views({base.monitor, base.gate, base.state, engine.get(), &jobs, &outbox, &repeats, &accounts, base.prices}),
      files({base.config, base.world->random, base.monitor, base.gate, base.state, &jobs}),
      refetcher({base.config, base.world->random, base.monitor, base.gate, base.state, engine.get(), &jobs, &outbox}) {
  engine_events.connect(&jobs, &outbox);
}

}  // namespace br
