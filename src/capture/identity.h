// Identity: which calls are the same. 32 bytes, equal for calls of one key to one path with the same batch headers and
// the same body: of JSON the tokens in their order with the blanks between them left out, numbers as they were written;
// of any other body every byte.
#pragma once

#include <string>
#include <string_view>

#include "capture/http_call.h"

namespace br {

// The same JSON without blanks between its tokens; the text itself where it is no JSON.
std::string without_blanks(std::string_view body);

struct IdentityParts {
  std::string_view account;  // whose key: a hash of it, or the name of a configured one
  std::string_view method;
  std::string_view path;                 // with the query, without keys
  const HttpHeaders* headers = nullptr;  // those that hold for a whole batch
  std::string_view body;
};
std::string identity_of(const IdentityParts& parts);

}  // namespace br
