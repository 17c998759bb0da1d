// Anthropic's Message Batches lines: {"custom_id","params"} and their results.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "providers/dialect.h"

namespace br {

bool encode_anthropic_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                           std::vector<std::string>* warnings);
std::unique_ptr<RowReader> make_anthropic_row_reader();

}  // namespace br
