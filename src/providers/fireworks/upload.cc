#include "providers/fireworks/upload.h"

#include <string>

#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

// The names in …SignedHeaders=content-type%3Bhost, as they stand in the address but in lower case; empty: it names
// none.
std::string signed_headers(std::string_view url) {
  constexpr std::string_view kMark = "signedheaders=";
  const std::string address = lower_case(url);
  const std::size_t at = address.find(kMark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kMark.size();
  return address.substr(begin, address.find('&', begin) - begin);
}

}  // namespace

Result<HttpRequest> fireworks_signed_put(const Json& answer, std::string_view filename, const RemoteBatch& batch) {
  HttpRequest request;
  request.method = "PUT";
  for (const auto& [name, url] : answer["filenameToSignedUrls"].fields()) {
    const bool ours = name == filename || name.ends_with("/" + std::string(filename));
    if (ours) request.url = url.string_or("");
  }
  if (request.url.empty())
    return protocol_error("fireworks", "asking where the request file goes", "the answer has no address for it");
  // The key stays here. A header that the signature does not cover is not sent, one that it covers has this value.
  const std::string covered = signed_headers(request.url);
  if (covered.find("content-type") != std::string::npos)
    request.headers.push_back({"Content-Type", "application/octet-stream", false});
  if (covered.find("x-goog-content-length-range") != std::string::npos) {
    const std::string size = std::to_string(batch.bytes);
    request.headers.push_back({"x-goog-content-length-range", size + "," + size, false});
  }
  request.body_path = batch.request_path;
  return request;
}

}  // namespace br
