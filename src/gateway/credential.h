#pragma once

#include <string>
#include <string_view>

#include "gateway/head.h"

namespace br::gateway {

// The key that a call carries. In memory only: it is in no log, page, file or message.
struct Credential {
  std::string header;  // the header it stood in, lower case; "key": the query parameter; empty: there is none
  std::string value;   // without "Bearer "

  bool empty() const { return value.empty(); }
};

// Where the vendors' clients put it: Authorization: Bearer, x-api-key, api-key, x-goog-api-key, ?key=.
Credential find_credential(const Headers& headers, std::string_view url);

// Takes every credential out of the headers and the URL.
void remove_credential(Headers* headers, std::string* url);
// Puts a key where the vendor expects it.
void add_credential(std::string_view provider, const std::string& key, Headers* headers);

}  // namespace br::gateway
