// Google Vertex AI batch prediction with Gemini models: its settings, and what it is put together of.
#include <array>

#include "codec/json_read.h"
#include "providers/provider.h"
#include "providers/vertex/jobs.h"
#include "providers/vertex/lines.h"
#include "providers/vertex/tokens.h"

namespace br {
namespace {

constexpr std::size_t kIdDigits = 10;

Capability make_capability() {
  Capability c;
  c.model_in_body = false;
  c.line_form = LineForm::gemini;
  c.caches_when_asked = true;
  c.title = "Google Vertex AI (Gemini and Claude models)";
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

void set_if_empty(Account* account, std::string_view name, std::string_view value) {
  for (auto& [key, current] : account->settings) {
    if (key == name && current.empty()) current = value;
  }
}

// "r" and digits: what wire_id() gives to ids that no label can hold.
bool looks_made(std::string_view id) {
  return id.size() > kIdDigits && id.front() == 'r' && id.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

class VertexDialect : public Dialect {
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

 private:
  const Capability capability_ = make_capability();
};

Result<void> VertexDialect::complete(Account* account) const {
  if (account->api_key.empty()) return vertex_credentials_error("are missing");
  const auto json = Json::parse(account->api_key);
  if (json == nullptr || !json->is_object()) return vertex_credentials_error("are no JSON object");
  const std::string type = (*json)["type"].string_or("");
  if (type != "service_account" && type != "authorized_user")
    return vertex_credentials_error("are of the type \"" + type + "\"; service_account and authorized_user are known");
  if (account->project.empty()) account->project = (*json)["project_id"].string_or("");
  if (account->project.empty())
    return Error(Code::config, "[vertex] vertex.project is not set",
                 "set the environment variable GOOGLE_CLOUD_PROJECT");
  if (account->setting("input_gcs_uri").empty())
    return Error(Code::config, "[vertex] vertex.input_gcs_uri is not set", "set it to gs://bucket/prefix");
  if (account->base_url.empty()) account->base_url = host_of(account->setting("location"));
  set_if_empty(account, "token_url", (*json)["token_uri"].string_or(kGoogleTokenUrl));
  return {};
}

}  // namespace

std::unique_ptr<Provider> make_vertex_provider() {
  return std::make_unique<Provider>(std::make_unique<VertexDialect>(), std::make_unique<VertexHttpApi>());
}

}  // namespace br
