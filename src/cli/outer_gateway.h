// The gateway that this process's environment leads to: `exec` inside of `exec`, or behind the variables of `gateway`.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cli {

// Tells programs inside of `exec` which gateway it is.
inline constexpr const char* kGatewayVariable = "BATCHROUTER_GATEWAY";

// Its URL; empty: there is none. Variables that lead to one that is gone are removed from the environment: they would be
// taken for the vendors' addresses.
std::string outer_gateway();

// What a program's environment gets so that its calls go to that gateway. A token that is wanted of every call stands in
// the address.
std::vector<std::pair<std::string, std::string>> program_variables(const std::string& url);

}  // namespace cli
