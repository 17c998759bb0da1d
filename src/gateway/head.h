#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace br::gateway {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first header of that name, whatever its case; nullptr if there is none.
const std::string* find_header(const Headers& headers, std::string_view name);
size_t count_headers(const Headers& headers, std::string_view name);

// The head of a request, in the caller's order and spelling.
struct RequestHead {
  std::string method;
  std::string target;
  Headers headers;
  int version = 11;  // 10 or 11
  bool keep_alive = true;
  std::optional<uint64_t> content_length;
  bool chunked = false;

  // Empty if there is none.
  std::string_view header(std::string_view name) const;
  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

}  // namespace br::gateway
