// From the options of `gateway` and `exec` to what the library and the server are told.
#pragma once

#include <string>

#include "cli/handles.h"
#include "cli/options.h"
#include "gateway/gateway.h"

namespace cli {

// The state directory, the default one where none is given; it is made, for its owner alone.
std::string prepare_state_dir(const std::string& given);

// `options.state_dir` is that directory.
Config gateway_config(const Options& options);
br::gateway::Options server_options(const Options& options, const br_config* config);

// As many connections as the system allows.
void raise_descriptor_limit();

// What a dry run would have sent, and cost; `stats`: what the library says at its end.
void print_plan(const std::string& stats, bool json);

// What processes that share a gateway have to agree on, because it decides where calls go, who pays and what answers
// them: a line for each option.
std::string gateway_profile(const Options& options, const br::gateway::Options& server);

}  // namespace cli
