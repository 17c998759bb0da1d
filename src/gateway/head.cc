#include "gateway/head.h"

#include "gateway/text.h"

namespace br::gateway {

const std::string* find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return &value;
  }
  return nullptr;
}

size_t count_headers(const Headers& headers, std::string_view name) {
  size_t count = 0;
  for (const auto& entry : headers) count += equal_ignoring_case(entry.first, name) ? 1 : 0;
  return count;
}

std::string_view RequestHead::header(std::string_view name) const {
  const std::string* value = find_header(headers, name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

}  // namespace br::gateway
