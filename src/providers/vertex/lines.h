// Vertex AI's lines: Gemini's {"key","request"} with the id as a label too, because the request is what surely comes
// back.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "providers/dialect.h"

namespace br {

// Whether the id can be a label's value: [a-z0-9_-], at most 63.
bool is_label_value(std::string_view id);

bool encode_vertex_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                        std::vector<std::string>* warnings);
std::unique_ptr<RowReader> make_vertex_row_reader();

}  // namespace br
