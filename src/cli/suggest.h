// Did you mean: the nearest of several names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cli {

// Empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& names);
// "did you mean X?", or `otherwise` if no name is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& names, const std::string& otherwise);

}  // namespace cli
