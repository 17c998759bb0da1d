// Conversion: what can be done with a batch without a router and without a network: check it, turn it into the vendor's
// lines, say what it will bring and cost.
#pragma once

#include <functional>
#include <string_view>

#include "core/config.h"
#include "core/requests/estimate.h"
#include "core/requests/intake.h"
#include "core/world.h"
#include "model/error.h"

namespace br {

// All checks of a submission, limits included.
Result<void> validate_batch(const World& world, const Config& router, const BatchSpec& spec);

// Calls write() with blocks of whole native lines, in the order of the requests. Its error ends the work.
using WriteBlock = std::function<Result<void>(std::string_view block)>;
Result<void> convert_batch(const World& world, const Config& router, const BatchSpec& spec, const WriteBlock& write);

// The batches that the requests would become.
Result<Estimate> plan_batch(const World& world, const Config& router, const BatchSpec& spec);

}  // namespace br
