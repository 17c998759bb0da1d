// The table of models of this release, in the format of models.file (docs/models.md).
#pragma once

#include <string_view>

namespace br {

std::string_view built_in_models();

}  // namespace br
