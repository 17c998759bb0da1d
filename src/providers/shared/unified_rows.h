// Result lines that are in the unified format already.
#pragma once

#include <memory>

#include "providers/provider.h"

namespace br {

std::unique_ptr<RowReader> make_unified_row_reader();

}  // namespace br
