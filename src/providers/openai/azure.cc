// Azure OpenAI: OpenAI's calls and lines under a resource of the customer; model is the name of a deployment.
#include <algorithm>
#include <array>

#include "net/url.h"
#include "providers/openai/family.h"
#include "providers/shared/http_error.h"

namespace br {
namespace {

constexpr std::array<Property, 8> kProperties = {{
    {"api_key", "", "AZURE_OPENAI_API_KEY", true, "The key of the resource."},
    {"base_url", "", "AZURE_OPENAI_ENDPOINT", false, "https://RESOURCE.openai.azure.com; /openai/v1 is added."},
    {"api_version", "", nullptr, false, "An api-version of the calls before v1, 2024-10-21 for example."},
    {"endpoint", "/chat/completions", nullptr, false, "The endpoint of the create call."},
    {"line_endpoint", "", nullptr, false, "The address in the lines; empty: /v1/chat/completions or /v1/responses."},
    {"completion_window", "24h", nullptr, false, "The window the vendor is asked for."},
    {"input_expires_after_s", "", nullptr, false, "Seconds after which the vendor deletes the request file."},
    {"output_expires_after_s", "", nullptr, false, "Seconds after which the vendor deletes the result files."},
}};

OpenAiVendor vendor() {
  OpenAiVendor v;
  v.name = "azure";
  v.properties = kProperties;
  Capability& c = v.capability;
  c.title = "Azure OpenAI";
  c.docs = "https://learn.microsoft.com/azure/ai-foundry/openai/how-to/batch";
  c.max_requests = 100'000;
  c.max_bytes = 200'000'000;
  c.marker = Marker::input_file;
  // Older pages have the paths without a version. A line has the one that it is given.
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat}, {usual_path(Endpoint::responses), Endpoint::responses},
               {"/chat/completions", Endpoint::chat}, {"/responses", Endpoint::responses}});
  c.endpoints = {Endpoint::chat, Endpoint::responses};

  v.calls.content_type = "application/json";  // a file part without one is refused
  v.calls.expiry_anchor = "expires_after.anchor";
  v.calls.expiry_seconds = "expires_after.seconds";
  v.calls.auth = Auth::api_key;
  v.lines.vendor = c.title;
  v.lines.plain_tool_names = true;
  v.lines.documents = DocumentForm::none;
  v.lines.embeddings = false;
  v.lines.strict_schemas = &kAzureStrictSchema;
  return v;
}

class AzureDialect : public OpenAiFamilyDialect {
 public:
  using OpenAiFamilyDialect::OpenAiFamilyDialect;

  // The resource is the host of its address.
  std::string account_name(const Account& account) const override {
    const auto url = parse_url(account.base_url);
    return url ? url->host : std::string();
  }
  const CaptureRules* capture_rules() const override {
    static constexpr CaptureRules kRules = {AnswerForm::openai, "api-key", "", {}};
    return &kRules;
  }
  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    OpenAiLines lines = v_.lines;
    if (options.account != nullptr) lines.line_url = options.account->setting("line_endpoint");
    return encode_openai_line(lines, request, options, out, issue, warnings);
  }
};

class AzureHttpApi : public OpenAiHttpApi {
 public:
  using OpenAiHttpApi::OpenAiHttpApi;

  // A batch that names a file which is still being imported is refused, so that is not tried.
  Result<std::optional<HttpRequest>> ready_request(const CallContext& context) const override {
    const OpenAiCalls calls = calls_of(context.account);
    const std::string path = openai_path(calls.files_path, context.batch.input_file_id);
    return std::optional(openai_request(calls, context.account, "GET", path));
  }

  Result<void> read_ready(const CallContext& context, const HttpResponse& response) const override {
    constexpr std::string_view kWhat = "looking whether the request file was imported";
    auto json = read_object("azure", kWhat, response);
    if (!json) {
      json.error().not_executed = true;
      return std::move(json.error());
    }
    const std::string status = lower_case((**json)["status"].string());
    if (status.empty() || status == "processed") return {};
    if (status == "error" || status == "failed" || status == "deleted") {
      Error error(Code::provider, "[azure] " + std::string(kWhat) + ": the vendor says " + status + ": " +
                                      (**json)["status_details"].string_or("no reason given"));
      error.not_executed = true;
      return error;
    }
    Error wait(Code::network, "[azure] " + std::string(kWhat) + ": the vendor says " + status);
    wait.transient = wait.not_executed = true;
    // The wait doubles: it is as long as the file has been there already.
    constexpr std::int64_t kLeast = 1000, kMost = 60'000;
    wait.retry_after_ms = std::clamp(context.now_ms - read_time((**json)["created_at"]), kLeast, kMost);
    return wait;
  }

 protected:
  // Before v1 every call named its version, and the path had none.
  OpenAiCalls calls_of(const Account& account) const override {
    OpenAiCalls calls = calls_;
    const auto version = account.setting("api_version");
    if (!version.empty()) calls.query = "api-version=" + std::string(version);
    calls.version = version.empty() ? "/openai/v1" : "/openai";
    calls.create_endpoint = account.setting("endpoint");
    return calls;
  }
};

}  // namespace

std::unique_ptr<Provider> make_azure_provider() {
  return make_openai_family_provider<AzureDialect, AzureHttpApi>(vendor());
}

}  // namespace br
