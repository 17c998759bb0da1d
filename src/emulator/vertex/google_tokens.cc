#include "emulator/vertex/google_tokens.h"

#include <utility>

#include "emulator/base/json.h"

namespace br::emulator {
namespace {

constexpr char kPublicAddress[] = "https://oauth2.googleapis.com/token";
constexpr std::string_view kJwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr std::string_view kScope = "https://www.googleapis.com/auth/cloud-platform";
constexpr int64_t kLifeS = 3599;
constexpr int64_t kMostLifeS = 3600;
constexpr int64_t kMostSkewS = 300;

// The three parts of a token.
struct Jwt {
  json::Document header;
  json::Document claims;
  std::string signed_text;
  std::string signature;

  bool read(const std::string& text) {
    const size_t first = text.find('.');
    const size_t second = first == std::string::npos ? first : text.find('.', first + 1);
    if (second == std::string::npos || text.find('.', second + 1) != std::string::npos) return false;
    signed_text = text.substr(0, second);
    std::string one, two;
    return base64url_decode(text.substr(0, first), one) &&
           base64url_decode(text.substr(first + 1, second - first - 1), two) &&
           base64url_decode(text.substr(second + 1), signature) && json::parse(one, header) &&
           json::parse(two, claims) && header.IsObject() && claims.IsObject();
  }

  // -1: there is no such time.
  int64_t time(const char* name) const {
    const json::Value* const value = json::member(claims, name);
    return value != nullptr && value->IsInt64() ? value->GetInt64() : -1;
  }
};

bool holds_scope(std::string_view scopes) {
  for (size_t at = 0; at < scopes.size();) {
    const size_t end = std::min(scopes.find(' ', at), scopes.size());
    if (scopes.substr(at, end - at) == kScope) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

Opening GoogleTokens::begin(const RequestHead& head) {
  if (head.method != "POST") return Opening::answered(refusal(404, "not_found", "Tokens are asked for with POST."));
  return with_body([this, head](const std::string& form) { return exchange(head, form); });
}

bool GoogleTokens::is_live(std::string_view token) const {
  const auto at = expires_ms_.find(token);
  return at != expires_ms_.end() && world_.clock.now_ms() < at->second;
}

Reply GoogleTokens::refusal(int status, std::string_view error, std::string_view description) const {
  json::Writer out;
  Reply reply;
  reply.status = status;
  reply.body = out.begin_object().field("error", error).field("error_description", description).end_object().str();
  return reply;
}

Reply GoogleTokens::exchange(const RequestHead& head, const std::string& form) {
  RequestHead fields;
  parse_target("/?" + form, fields);
  const auto field = [&](const char* name) {
    const std::string* const value = fields.query_value(name);
    return value == nullptr ? std::string() : *value;
  };
  if (head.header("content-type").substr(0, 33) != "application/x-www-form-urlencoded") {
    return refusal(400, "invalid_request", "The body must be a form: application/x-www-form-urlencoded.");
  }
  const std::string grant = field("grant_type");
  if (grant == kJwtGrant) return read_assertion(field("assertion"), origin_of(head) + head.path);
  if (grant != "refresh_token") return refusal(400, "unsupported_grant_type", "Invalid grant_type: " + grant);
  if (field("client_id").empty() || field("client_secret").empty()) {
    return refusal(401, "invalid_client", "The OAuth client was not found.");
  }
  if (key_is_known(world_.options, field("refresh_token"))) return fresh_token();
  return refusal(400, "invalid_grant", "Bad Request");
}

// What is dated is dated by the machine's clock; the life of the token it leads to passes by the virtual one.
Reply GoogleTokens::read_assertion(const std::string& assertion, const std::string& own_address) {
  const auto invalid = [this](std::string_view why) {
    return refusal(400, "invalid_grant", "Invalid JWT: " + std::string(why));
  };
  Jwt jwt;
  if (!jwt.read(assertion)) return invalid("it has no three parts of base64url, the first two JSON.");
  if (json::string_member(jwt.header, "alg") != "RS256") return invalid("the algorithm must be RS256.");
  ServiceAccount& account = world_.service_account;
  const std::string_view key_id = json::string_member(jwt.header, "kid");
  if (!key_id.empty() && key_id != account.key_id()) return refusal(400, "invalid_grant", "Invalid JWT Signature.");
  if (json::string_member(jwt.claims, "iss") != account.email()) {
    return refusal(400, "invalid_grant", "Invalid grant: account not found");
  }
  if (!account.key().verifies(jwt.signed_text, jwt.signature)) {
    return refusal(400, "invalid_grant", "Invalid JWT Signature.");
  }
  const std::string_view audience = json::string_member(jwt.claims, "aud");
  if (audience != kPublicAddress && audience != own_address) return invalid("the audience is not this endpoint.");
  const int64_t issued_s = jwt.time("iat");
  const int64_t expires_s = jwt.time("exp");
  const int64_t now_s = world_.clock.wall_ms() / 1000;
  const bool timely = issued_s >= 0 && issued_s <= now_s + kMostSkewS && expires_s + kMostSkewS > now_s;
  if (!timely || expires_s <= issued_s || expires_s > issued_s + kMostLifeS) {
    return invalid("Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check iat and exp.");
  }
  if (holds_scope(json::string_member(jwt.claims, "scope"))) return fresh_token();
  return refusal(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
}

Reply GoogleTokens::fresh_token() {
  const std::string token = world_.ids.next("ya29.", 40);
  expires_ms_[token] = world_.clock.now_ms() + kLifeS * 1000;
  json::Writer out;
  out.begin_object().field("access_token", token).field("expires_in", kLifeS).field("token_type", "Bearer");
  Reply reply;
  reply.body = out.end_object().str();
  return reply;
}

}  // namespace br::emulator
