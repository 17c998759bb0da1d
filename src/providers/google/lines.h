// Gemini's batch lines: {"key","request"} and {"key","response"}, of the Gemini API and of others that took them over.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "providers/dialect.h"

namespace br {

// Appends {"key":…,"request":…} and a newline. See Dialect::encode.
bool encode_google_line(std::string_view vendor, const Request& request, const EncodeOptions& options, std::string* out,
                        Issue* issue, std::vector<std::string>* warnings);
// Appends the request alone, an object, for those who have lines of their own.
bool encode_google_body(std::string_view vendor, const Request& request, const EncodeOptions& options, std::string* out,
                        Issue* issue, std::vector<std::string>* warnings);
std::unique_ptr<RowReader> make_google_row_reader();

// Of result lines that we made of answers without keys, where they may be joined: the number of the request, from 0.
inline constexpr std::string_view kPositionField = "batchrouter_position";

// The HTTP status of a google.rpc.Code; a number that is a status already stays as it is.
int http_status_of_rpc_code(std::int64_t code);

}  // namespace br
