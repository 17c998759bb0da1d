// Reads one line of the unified format (docs/format.md), or of a vendor's own batch file, into a Request, checking everything that holds for every
// provider: JSON, UTF-8, escapes, field names, types, ranges. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "model/request.h"

namespace br {

// One thing wrong with a line. Rendered as "<file>:<line>:<column>: <what>, <why>, <fix>".
struct Issue {
  std::uint32_t column = 1;  // 1-based, in bytes
  std::string custom_id;     // empty when it is not known
  std::string field;         // "generation_config.temperature"; empty when it is the whole line
  std::string message;       // what, why, fix: one line
};

class RequestReader {
 public:
  RequestReader();
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // The model of lines that name none; empty: such a line is refused where the vendor needs one.
  void set_default_model(std::string_view model);

  // `line` needs kJsonPadding readable bytes behind it and must stay unchanged while *request is used.
  // false: *issue says what is wrong (the first thing found).
  bool read(char* line, std::size_t size, Request* request, Issue* issue);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace br
