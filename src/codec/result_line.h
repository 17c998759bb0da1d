// One result as a line of the unified format (docs/format.md), without the newline.
#pragma once

#include <string>
#include <string_view>

#include "model/result.h"

namespace br {

// What is the same for all rows of a remote batch.
struct ResultContext {
  std::string provider, job_id, batch_id;
};

// Whether the line, written by the functions below, tells of a success; reads no further than it must.
bool is_success_line(std::string_view line);

void append_result_line(const Row& row, const ResultContext& context, std::string* out);

// A result that no row of the vendor stands behind.
struct SyntheticError {
  ResultStatus status = ResultStatus::errored;
  std::string_view type, code, message;
  int http_status = 0;
  bool transient = false;
};

void append_synthetic_line(std::string_view custom_id_json, const SyntheticError& error, const ResultContext& context,
                           std::string* out);

}  // namespace br
