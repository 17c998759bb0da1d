// AWS Bedrock batch inference: its settings, and what it is put together of.
#include <array>
#include <charconv>

#include "providers/bedrock/jobs.h"
#include "providers/bedrock/lines.h"
#include "providers/provider.h"

namespace br {
namespace {

constexpr std::size_t kIdDigits = 10;

Capability make_capability() {
  Capability c;
  c.title = "AWS Bedrock";
  c.docs = "https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html";
  c.min_requests = 100;
  c.max_requests = 50'000;
  c.max_bytes = 1'000'000'000;
  c.marker = Marker::idempotency_key;
  c.endpoints = {Endpoint::chat, Endpoint::embeddings};
  c.model_in_body = false;
  c.line_form = LineForm::bedrock;
  c.caches_when_asked = true;
  return c;
}

constexpr std::array<Property, 12> kProperties = {{
    {"api_key", "", "AWS_SECRET_ACCESS_KEY", true, "The secret access key."},
    {"access_key_id", "", "AWS_ACCESS_KEY_ID", true, "The id of the access key."},
    {"session_token", "", "AWS_SESSION_TOKEN", true, "The token of temporary credentials."},
    {"bearer_token", "", "AWS_BEARER_TOKEN_BEDROCK", true,
     "A Bedrock API key, used for Bedrock's own calls in place of a signature; S3 needs the access key all the same."},
    {"region", "", "AWS_REGION,AWS_DEFAULT_REGION", false, "The region of the jobs and of the bucket: us-east-1."},
    {"base_url", "", "AWS_ENDPOINT_URL_BEDROCK", false, "Empty: https://bedrock.<region>.amazonaws.com."},
    {"s3_url", "", "AWS_ENDPOINT_URL_S3", false, "Empty: https://s3.<region>.amazonaws.com."},
    {"role_arn", "", nullptr, false, "The role that Bedrock takes on to read and write the bucket."},
    {"input_s3_uri", "", nullptr, false, "Where request files go: s3://bucket/prefix, or a bucket."},
    {"output_s3_uri", "", nullptr, false, "Where results go; empty: results/ below input_s3_uri."},
    {"invocation_type", "InvokeModel", nullptr, false,
     "InvokeModel: the models' own bodies, of Claude, Nova, Titan and Cohere embeddings. Converse: one form for every "
     "chat model that Bedrock's Converse API serves, without tools; also for body."},
    {"timeout_hours", "", nullptr, false, "Hours after which Bedrock gives up, 24 to 168; empty: the vendor's own 24."},
}};

Error setting_error(std::string_view name, const char* fix) {
  return Error(Code::config, "[bedrock] bedrock." + std::string(name) + " is not set", fix);
}

class BedrockDialect : public Dialect {
 public:
  std::string_view name() const override { return "bedrock"; }
  const Capability& capability() const override { return capability_; }
  std::span<const Property> properties() const override { return kProperties; }
  Result<void> complete(Account* account) const override;

  std::string account_name(const Account& account) const override {
    std::string name;
    for (const char* part : {"role_arn", "region", "input_s3_uri", "output_s3_uri"})
      name.append(account.setting(part)).push_back('\n');
    return name;
  }
  std::string wire_id(std::string_view, std::uint64_t number, std::string_view) const override {
    const std::string digits = std::to_string(number);
    return "R" + std::string(digits.size() < kIdDigits ? kIdDigits - digits.size() : 0, '0') + digits;
  }
  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    return encode_bedrock_line(request, options, out, issue, warnings);
  }
  std::unique_ptr<RowReader> row_reader() const override { return make_bedrock_row_reader(); }

 private:
  const Capability capability_ = make_capability();
};

Result<void> BedrockDialect::complete(Account* account) const {
  const std::string region(account->setting("region"));
  if (region.empty()) return setting_error("region", "set the environment variable AWS_REGION");
  if (account->setting("access_key_id").empty())
    return Error(Code::auth, "[bedrock] there is no access key id", "set the environment variable AWS_ACCESS_KEY_ID");
  if (account->setting("role_arn").empty())
    return setting_error("role_arn", "set it to the ARN of a role that Bedrock may take on");
  if (account->setting("input_s3_uri").empty()) return setting_error("input_s3_uri", "set it to s3://bucket/prefix");
  const std::string_view hours = account->setting("timeout_hours");
  int number = 24;
  const auto [end, code] = std::from_chars(hours.data(), hours.data() + hours.size(), number);
  if (!hours.empty() && (code != std::errc() || end != hours.data() + hours.size() || number < 24 || number > 168))
    return Error(Code::config, "bedrock.timeout_hours: is no number from 24 to 168", "give one, or leave it out");
  const std::string_view type = account->setting("invocation_type");
  if (!type.empty() && type != "InvokeModel" && type != "Converse")
    return Error(Code::config, "bedrock.invocation_type: is neither InvokeModel nor Converse", "give one of them");
  if (account->base_url.empty()) account->base_url = "https://bedrock." + region + ".amazonaws.com";
  for (auto& [name, value] : account->settings) {
    if (name == "s3_url" && value.empty()) value = "https://s3." + region + ".amazonaws.com";
  }
  return {};
}

}  // namespace

std::unique_ptr<Provider> make_bedrock_provider() {
  return std::make_unique<Provider>(std::make_unique<BedrockDialect>(), std::make_unique<BedrockHttpApi>());
}

}  // namespace br
