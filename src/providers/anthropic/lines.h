// Anthropic's Message Batches lines: {"custom_id","params"} and their results; and the body alone, for those who serve
// its models in lines of their own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "providers/dialect.h"

namespace br {

bool encode_anthropic_line(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
                           std::vector<std::string>* warnings);
// What a platform changes about the body.
struct AnthropicBody {
  bool model = true;             // false: the model is named elsewhere
  std::string_view version_json;  // the value of "anthropic_version"; empty: none. provider_kwargs may give another one.
};
// Appends the body of a chat request, as the mapping of unified fields makes it. See Dialect::encode.
bool encode_anthropic_body(const AnthropicBody& form, const Request& request, const EncodeOptions& options,
                           std::string* out, Issue* issue, std::vector<std::string>* warnings);
std::unique_ptr<RowReader> make_anthropic_row_reader();

}  // namespace br
