// The lines of Bedrock's batch inference: {"recordId","modelInput"} and their results, for Claude models.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "providers/provider.h"

namespace br {

bool encode_bedrock_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                         std::vector<std::string>* warnings);
std::unique_ptr<RowReader> make_bedrock_row_reader();

}  // namespace br
