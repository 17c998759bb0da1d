// The request and result lines of OpenAI, as every vendor that copied them reads and writes them. A vendor's own file
// holds a table of its differences.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "providers/provider.h"

namespace br {

struct OpenAiDialect {
  std::string_view vendor = "OpenAI";
  bool body_only_lines = false;  // {"custom_id","body"} without method and url
  std::string_view max_tokens = "max_completion_tokens";
  std::string_view seed = "seed";
  bool top_k = false;
  bool penalties = true;
  int max_stops = 4;
  bool image_url = true;
  bool documents = true;
  bool audio = true;
  bool responses = true;
  bool embeddings = true;
};

// Appends the line of the request. See Provider::encode.
bool encode_openai_line(const OpenAiDialect& dialect, const Request& request, const EncodeOptions& options,
                        std::string* out, Issue* issue, std::vector<std::string>* warnings);

// Rows of the output file and of the error file, of chat completions, responses and embeddings.
std::unique_ptr<RowReader> make_openai_row_reader();

}  // namespace br
