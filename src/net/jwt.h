// Signed assertions that Google's token server exchanges for an access token (RFC 7523 with RS256).
#pragma once

#include <cstdint>
#include <string>

#include "model/error.h"

namespace br {

struct Assertion {
  std::string issuer;    // client_email
  std::string key_id;    // private_key_id; may be empty
  std::string key;       // private_key: PEM
  std::string audience;  // token_uri
  std::string scope;     // blank separated
};

// The signed token, valid for an hour from now. Code::config where the key is none.
Result<std::string> make_assertion(const Assertion& assertion, std::int64_t now_ms);

}  // namespace br
