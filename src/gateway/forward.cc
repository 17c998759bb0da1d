#include "gateway/forward.h"

#include "gateway/credential.h"
#include "gateway/guard.h"
#include "gateway/reply.h"
#include "gateway/text.h"

namespace br::gateway {

Headers headers_for_vendor(const RequestHead& head, const Options& options, std::string* url) {
  const std::string connection(head.header("connection"));
  Headers out;
  for (const auto& [name, value] : head.headers) {
    const bool framing = equal_ignoring_case(name, "host") || equal_ignoring_case(name, "content-length") ||
                         equal_ignoring_case(name, "expect");
    const bool ours = lowered(name).starts_with("x-batchrouter-") ||
                      (equal_ignoring_case(name, "cookie") && value.find(kTokenCookie) != std::string::npos);
    if (!framing && !ours && !is_hop_header(name, connection)) out.emplace_back(name, value);
  }
  if (options.payer == Payer::kConfigured) remove_credential(&out, url);
  return out;
}

}  // namespace br::gateway
