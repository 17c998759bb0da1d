#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/spill.h"

namespace br::emulator {

// The head of a request, taken apart.
struct RequestHead {
  std::string method;
  std::string path;                                        // without the query
  std::vector<std::string> segments;                       // of the path, percent-decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::vector<std::pair<std::string, std::string>> headers;
  int64_t content_length = -1;  // -1: chunked or none

  // The first header of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const;
  const std::string* query_value(std::string_view name) const;
};

// Splits a request target into path, segments and query.
void parse_target(std::string_view target, RequestHead& out);

bool equal_ignoring_case(std::string_view a, std::string_view b);

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const Blob> blob;  // sent instead of `body`, piece by piece
};

// One request on its way: the body comes in pieces, then finish() does the work and answers. Dropping it without
// finish() leaves no trace, as a vendor that never got the whole request.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void body(std::string_view piece) = 0;
  virtual Reply finish() = 0;
};

}  // namespace br::emulator
