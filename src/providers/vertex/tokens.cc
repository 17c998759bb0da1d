// VertexHttpApi's access tokens: the credentials' key signs an assertion, which is exchanged for a token of an hour.
#include "providers/vertex/tokens.h"

#include "net/jwt.h"
#include "net/url.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"
#include "providers/vertex/jobs.h"

namespace br {
namespace {

constexpr std::string_view kScope = "https://www.googleapis.com/auth/cloud-platform";

}  // namespace

Error vertex_credentials_error(std::string_view why) {
  return Error(Code::auth, "[vertex] the credentials " + std::string(why),
               "set GOOGLE_APPLICATION_CREDENTIALS to the JSON file of a service account");
}

Result<std::optional<HttpRequest>> VertexHttpApi::token_request(const Account& account, std::int64_t now_ms) const {
  const auto json = Json::parse(account.api_key);
  if (json == nullptr) return vertex_credentials_error("are no JSON object");
  HttpRequest request;
  request.method = "POST";
  request.url = account.setting("token_url");
  request.add_header("Content-Type", "application/x-www-form-urlencoded");
  if ((*json)["type"].string() == "authorized_user") {
    request.body = "grant_type=refresh_token&client_id=" + url_encode((*json)["client_id"].string()) +
                   "&client_secret=" + url_encode((*json)["client_secret"].string()) +
                   "&refresh_token=" + url_encode((*json)["refresh_token"].string());
    return std::optional<HttpRequest>(std::move(request));
  }
  Assertion assertion;
  assertion.issuer = (*json)["client_email"].string_or("");
  assertion.key_id = (*json)["private_key_id"].string_or("");
  assertion.key = (*json)["private_key"].string_or("");
  assertion.audience = (*json)["token_uri"].string_or(kGoogleTokenUrl);
  assertion.scope = kScope;
  auto token = make_assertion(assertion, now_ms);
  if (!token) return vertex_credentials_error("hold no usable private_key: " + token.error().message);
  request.secrets.push_back(*token);
  request.body = "grant_type=" + url_encode("urn:ietf:params:oauth:grant-type:jwt-bearer") + "&assertion=" + *token;
  return std::optional<HttpRequest>(std::move(request));
}

Result<Token> VertexHttpApi::read_token(const Account& account, std::int64_t now_ms, const HttpResponse& response) const {
  constexpr std::string_view kWhat = "asking for an access token";
  auto json = read_object(account.provider, kWhat, response);
  if (!json) {
    Error error = std::move(json.error());
    if (response.failure == Failure::none && (response.status == 400 || response.status == 401)) {
      const auto said = Json::parse(response.body);
      if (said != nullptr) error.message += ": " + (*said)["error_description"].string_or("no description");
      error.code = Code::auth;
      error.transient = false;
      error.hint = "check the credentials and the clock of this machine";
    }
    return error;
  }
  Token token;
  token.value = (**json)["access_token"].string_or("");
  if (token.value.empty() || token.value.find_first_of("\r\n") != std::string::npos)
    return protocol_error(account.provider, kWhat, "the answer has no access token");
  token.expires_ms = now_ms + (**json)["expires_in"].integer().value_or(3600) * 1000;
  return token;
}

// Downloads are named before there is a token, and long before they are made: the token of now counts.
Result<void> VertexHttpApi::sign(const Account& account, std::int64_t, HttpRequest* request) const {
  for (auto& header : request->headers) {
    if (header.name == "Authorization") header.value = "Bearer " + account.token;
  }
  return {};
}

}  // namespace br
