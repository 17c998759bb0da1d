// The lines of Bedrock's batch inference: {"recordId","modelInput"} and their results. Bodies are those of Claude,
// Nova, Titan and Cohere embedding models, or the Converse API's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "providers/dialect.h"

namespace br {

bool encode_bedrock_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                         std::vector<std::string>* warnings);
std::unique_ptr<RowReader> make_bedrock_row_reader();

}  // namespace br
