// Addresses: what a base URL may be, and where a key may go.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/error.h"
#include "net/http.h"

namespace br {

struct Url {
  std::string scheme;  // lower case
  std::string host;    // lower case, brackets of an IPv6 address kept
  std::string port;    // the scheme's own when none is written
  std::string path;    // from the first slash, query included; may be empty
  std::string origin() const { return scheme + "://" + host + ":" + port; }
};

// http and https only, no user, no fragment, no blanks or control characters.
Result<Url> parse_url(std::string_view text);
bool is_loopback(const Url& url);

// A base URL as a user gives it: https, or http on a loopback address; no query. Trailing slashes are cut.
Result<std::string> check_base_url(std::string_view text);

// The last look before a request leaves. true: it goes to the origin of one of the account's own addresses, by their
// rules. false: to another one, which must be https, and its secret headers are gone.
Result<bool> guard_destination(std::span<const std::string> own_urls, HttpRequest* request);

// Percent-encodes everything but letters, digits and -._~ .
std::string url_encode(std::string_view text);

}  // namespace br
