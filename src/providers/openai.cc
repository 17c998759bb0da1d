// OpenAI: chat completions, responses and embeddings through the Batch API.
#include <array>

#include "providers/openai_batches.h"
#include "providers/openai_dialect.h"

namespace br {
namespace {

Capability make_capability() {
  Capability c;
  c.title = "OpenAI";
  c.docs = "https://platform.openai.com/docs/guides/batch";
  c.max_requests = 50'000;
  c.max_bytes = 200'000'000;
  c.marker = Marker::input_file;
  c.endpoints = {Endpoint::chat, Endpoint::responses, Endpoint::embeddings};
  return c;
}

constexpr std::array<Property, 7> kProperties = {{
    {"api_key", "", "OPENAI_API_KEY", true, "The API key."},
    {"base_url", "https://api.openai.com/v1", "OPENAI_BASE_URL", false, "As the official SDK takes it, …/v1."},
    {"organization", "", "OPENAI_ORG_ID", false, "Sent as OpenAI-Organization."},
    {"project", "", "OPENAI_PROJECT_ID", false, "Sent as OpenAI-Project."},
    {"completion_window", "24h", nullptr, false, "The window the vendor is asked for."},
    {"input_expires_after_s", "", nullptr, false, "Seconds after which the vendor deletes the request file."},
    {"output_expires_after_s", "", nullptr, false, "Seconds after which the vendor deletes the result files."},
}};

class OpenAiProvider : public Provider {
 public:
  std::string_view name() const override { return "openai"; }
  const Capability& capability() const override { return capability_; }
  std::span<const Property> properties() const override { return kProperties; }

  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    return encode_openai_line(dialect_, request, options, out, issue, warnings);
  }
  Result<Step> advance(Op op, const OpContext& context, const HttpResponse* last) const override {
    return advance_openai(calls_, op, context, last);
  }
  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    return openai_downloads(calls_, account, batch);
  }
  std::unique_ptr<RowReader> row_reader() const override { return make_openai_row_reader(); }

 private:
  Capability capability_ = make_capability();
  OpenAiCalls calls_;
  OpenAiDialect dialect_;
};

}  // namespace

std::unique_ptr<Provider> make_openai_provider() { return std::make_unique<OpenAiProvider>(); }

}  // namespace br
