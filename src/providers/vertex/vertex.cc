// Google Vertex AI batch prediction with Gemini models: access tokens, and what the jobs need.
#include <array>

#include "net/jwt.h"
#include "net/url.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"
#include "providers/vertex/jobs.h"
#include "providers/vertex/lines.h"

namespace br {
namespace {

constexpr std::string_view kScope = "https://www.googleapis.com/auth/cloud-platform";
constexpr std::string_view kTokenUrl = "https://oauth2.googleapis.com/token";
constexpr std::size_t kIdDigits = 10;

Capability make_capability() {
  Capability c;
  c.title = "Google Vertex AI (Gemini models)";
  c.docs = "https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini";
  c.max_requests = 200'000;
  c.max_bytes = 1'000'000'000;
  c.marker = Marker::display_name;
  c.window_hours = 72;
  return c;
}

constexpr std::array<Property, 8> kProperties = {{
    {"api_key", "", "GOOGLE_APPLICATION_CREDENTIALS", true,
     "Path of the JSON file of a service account or of a user's credentials, or that JSON itself.", true},
    {"base_url", "", nullptr, false,
     "Empty: the address of the location, https://<location>-aiplatform.googleapis.com."},
    {"project", "", "GOOGLE_CLOUD_PROJECT", false, "The project; empty: the one in the credentials."},
    {"location", "us-central1", "GOOGLE_CLOUD_LOCATION", false, "Where the jobs run: a region, us, eu or global."},
    {"storage_url", "https://storage.googleapis.com", nullptr, false, "The address of Cloud Storage."},
    {"token_url", "", nullptr, false, "Where access tokens come from; empty: the token_uri of the credentials."},
    {"input_gcs_uri", "", nullptr, false, "Where request files go: gs://bucket/prefix, or a bucket."},
    {"output_gcs_uri", "", nullptr, false, "Where results go; empty: results/ below input_gcs_uri."},
}};

std::string host_of(std::string_view location) {
  if (location == "global") return "https://aiplatform.googleapis.com";
  if (location == "us" || location == "eu")
    return "https://aiplatform." + std::string(location) + ".rep.googleapis.com";
  return "https://" + std::string(location) + "-aiplatform.googleapis.com";
}

Error credentials_error(std::string_view why) {
  return Error(Code::auth, "[vertex] the credentials " + std::string(why),
               "set GOOGLE_APPLICATION_CREDENTIALS to the JSON file of a service account");
}

void set_if_empty(Account* account, std::string_view name, std::string_view value) {
  for (auto& [key, current] : account->settings) {
    if (key == name && current.empty()) current = value;
  }
}

// "r" and digits: what wire_id() gives to ids that no label can hold.
bool looks_made(std::string_view id) {
  return id.size() > kIdDigits && id.front() == 'r' && id.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

class VertexProvider : public Provider {
 public:
  std::string_view name() const override { return "vertex"; }
  const Capability& capability() const override { return capability_; }
  std::span<const Property> properties() const override { return kProperties; }
  Result<void> complete(Account* account) const override;

  std::string account_name(const Account& account) const override {
    return account.project + "\n" + std::string(account.setting("location"));
  }
  std::string wire_id(std::string_view custom_id, std::uint64_t number, std::string_view) const override {
    if (is_label_value(custom_id) && !looks_made(custom_id)) return {};
    const std::string digits = std::to_string(number);
    return "r" + std::string(digits.size() < kIdDigits ? kIdDigits - digits.size() : 0, '0') + digits;
  }
  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    return encode_vertex_line(request, options, out, issue, warnings);
  }
  std::unique_ptr<RowReader> row_reader() const override { return make_vertex_row_reader(); }
  Result<Step> advance(Op op, const OpContext& context, const HttpResponse* last) const override {
    return advance_vertex(op, context, last);
  }
  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    return vertex_downloads(account, batch);
  }
  Result<Page> read_page(const Account& account, const RemoteBatch& batch,
                         const HttpResponse& response) const override {
    return read_vertex_page(account, batch, response);
  }
  Result<std::optional<HttpRequest>> token_request(const Account& account, std::int64_t now_ms) const override;
  Result<Token> read_token(const Account& account, std::int64_t now_ms, const HttpResponse& response) const override;
  Result<void> sign(const Account& account, std::int64_t now_ms, HttpRequest* request) const override;

 private:
  Capability capability_ = make_capability();
};

Result<void> VertexProvider::complete(Account* account) const {
  if (account->api_key.empty()) return credentials_error("are missing");
  const auto json = Json::parse(account->api_key);
  if (json == nullptr || !json->is_object()) return credentials_error("are no JSON object");
  const std::string type = (*json)["type"].string_or("");
  if (type != "service_account" && type != "authorized_user")
    return credentials_error("are of the type \"" + type + "\"; service_account and authorized_user are known");
  if (account->project.empty()) account->project = (*json)["project_id"].string_or("");
  if (account->project.empty())
    return Error(Code::config, "[vertex] vertex.project is not set",
                 "set the environment variable GOOGLE_CLOUD_PROJECT");
  if (account->setting("input_gcs_uri").empty())
    return Error(Code::config, "[vertex] vertex.input_gcs_uri is not set", "set it to gs://bucket/prefix");
  if (account->base_url.empty()) account->base_url = host_of(account->setting("location"));
  set_if_empty(account, "token_url", (*json)["token_uri"].string_or(kTokenUrl));
  return {};
}

Result<std::optional<HttpRequest>> VertexProvider::token_request(const Account& account, std::int64_t now_ms) const {
  const auto json = Json::parse(account.api_key);
  if (json == nullptr) return credentials_error("are no JSON object");
  HttpRequest request;
  request.method = "POST";
  request.url = account.setting("token_url");
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded", false});
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
  assertion.audience = (*json)["token_uri"].string_or(kTokenUrl);
  assertion.scope = kScope;
  auto token = make_assertion(assertion, now_ms);
  if (!token) return credentials_error("hold no usable private_key: " + token.error().message);
  request.secrets.push_back(*token);
  request.body = "grant_type=" + url_encode("urn:ietf:params:oauth:grant-type:jwt-bearer") + "&assertion=" + *token;
  return std::optional<HttpRequest>(std::move(request));
}

Result<Token> VertexProvider::read_token(const Account& account, std::int64_t now_ms,
                                         const HttpResponse& response) const {
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
Result<void> VertexProvider::sign(const Account& account, std::int64_t, HttpRequest* request) const {
  for (auto& header : request->headers) {
    if (header.name == "Authorization") header.value = "Bearer " + account.token;
  }
  return {};
}

}  // namespace

std::unique_ptr<Provider> make_vertex_provider() { return std::make_unique<VertexProvider>(); }

}  // namespace br
