// What an external provider says of itself: the capabilities of its table.
#pragma once

#include <string>

#include "model/capability.h"
#include "model/error.h"

namespace br {

// The titles of capability stand beside it.
struct ExternalAbilities {
  Capability capability;
  std::string title, docs;
};

// text: a JSON object, or nullptr. Code::invalid_argument names the field that is wrong.
Result<ExternalAbilities> read_abilities(const char* text);

}  // namespace br
