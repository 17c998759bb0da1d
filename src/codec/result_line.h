// One result as a line of the unified format (docs/format.md), without the newline.
#pragma once

#include <string>
#include <string_view>

#include "model/result.h"

namespace br {

// What is the same for all rows of a remote batch, written once.
class ResultContext {
 public:
  ResultContext() : ResultContext("", "", "") {}
  ResultContext(std::string_view provider, std::string_view job_id, std::string_view batch_id);
  // The fields, each with a comma before it.
  const std::string& fields() const { return fields_; }

 private:
  std::string fields_;
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
