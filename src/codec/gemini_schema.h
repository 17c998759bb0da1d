// The schemas that Gemini has (a part of OpenAPI's: types in capitals, nullable) as JSON Schema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/gemini_contents.h"

namespace br {

// Appends the schema. What JSON Schema cannot say is added to *faults.
void append_json_schema(std::string_view gemini, std::string* out, std::vector<Untranslatable>* faults);

}  // namespace br
