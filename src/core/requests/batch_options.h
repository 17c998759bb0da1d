// What a caller says of one batch beside its requests: options, which are properties of the configuration for this batch
// alone, and metadata. Wrong values are refused where they are set.
#pragma once

#include <string>
#include <string_view>

#include "core/config.h"
#include "core/requests/intake.h"
#include "model/error.h"

namespace br {

// Code::config for what is no property, a value it does not take, a property of the router, or a key: options of a batch
// are kept on disk.
Result<void> set_batch_option(std::string_view name, std::string_view value, BatchSpec* spec);
// Vendors take 16 pairs at the least, of which some are ours.
Result<void> set_batch_metadata(std::string_view key, std::string_view value, BatchSpec* spec);

// The value in force of a property that is set for batches alone.
std::string batch_option(const BatchSpec& spec, std::string_view name);
// The router's configuration with the options of the batch in place of its own.
Result<Config> config_for_batch(const Config& router, const BatchSpec& spec);

}  // namespace br
