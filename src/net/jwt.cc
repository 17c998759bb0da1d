#include "net/jwt.h"

#include "codec/json_write.h"
#include "net/crypto.h"

namespace br {
namespace {

constexpr std::int64_t kLifetimeS = 3600;  // the most that is accepted

}  // namespace

Result<std::string> make_assertion(const Assertion& assertion, std::int64_t now_ms) {
  std::string header, claims;
  JsonWriter head(&header);
  head.begin_object().field("alg", "RS256").field("typ", "JWT");
  if (!assertion.key_id.empty()) head.field("kid", assertion.key_id);
  head.end_object();
  const std::int64_t now_s = now_ms / 1000;
  JsonWriter body(&claims);
  body.begin_object().field("iss", assertion.issuer).field("scope", assertion.scope);
  body.field("aud", assertion.audience).field("iat", now_s).field("exp", now_s + kLifetimeS).end_object();
  std::string token = base64url(header) + "." + base64url(claims);
  auto signature = rsa_sha256_sign(assertion.key, token);
  if (!signature) return signature;
  return token + "." + base64url(*signature);
}

}  // namespace br
