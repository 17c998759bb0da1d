// What is told of captured calls to whoever looks: figures of all, and how one of them stands. JSON.
#pragma once

#include <cstdint>
#include <string>

#include "capture/batch_runner.h"
#include "capture/intake.h"
#include "capture/open_calls.h"
#include "core/router/router.h"

namespace br {

std::string capture_stats_json(Router& router, OpenCalls* open_calls, Intake* intake, BatchRunner* runner);
// Empty: nobody waits with that ticket.
std::string captured_call_json(Router& router, OpenCalls* open_calls, BatchRunner* runner, std::int64_t ticket);

}  // namespace br
