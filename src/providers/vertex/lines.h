// Vertex AI's lines. Of Gemini models {"key","request"} with the id as a label too, because the request is what surely comes
// back; of Claude models {"custom_id","request"} with Anthropic's body.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "providers/dialect.h"

namespace br {

// Whether it is a model of Anthropic's: those have a form of their own, and another publisher in the job.
bool is_vertex_claude(std::string_view model);

// Whether the id can be a label's value: [a-z0-9_-], at most 63.
bool is_label_value(std::string_view id);

bool encode_vertex_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                        std::vector<std::string>* warnings);
std::unique_ptr<RowReader> make_vertex_row_reader();

}  // namespace br
