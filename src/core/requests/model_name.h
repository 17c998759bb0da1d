// Names of models: how vendors write the same one.
#pragma once

#include <string_view>
#include <vector>

namespace br {

// What a table may call the model, the most exact name first: as it is written; without the path before it
// ("models/…", "publishers/…/models/…", an ARN); without a date ("-2024-08-06", "-20250929", "@20250929") or a revision
// ("-001", "-v1:0") behind it; without Bedrock's region and maker ("us.anthropic."). Never a part of a name: another
// model's may begin with it. Slices of the name.
std::vector<std::string_view> names_of_model(std::string_view model);

}  // namespace br
