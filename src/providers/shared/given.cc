#include "providers/shared/given.h"

#include <charconv>

#include "codec/json_cursor.h"

namespace br {

std::string_view member_of(std::string_view object, std::string_view name) {
  if (!object.starts_with('{')) return {};
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  std::string_view key, value, found;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (same_key(key, name)) found = value == "null" ? std::string_view() : value;
  }
  return found;
}

double number_of(std::string_view token) {
  double value = 0;
  std::from_chars(token.data(), token.data() + token.size(), value);
  return value;
}

}  // namespace br
