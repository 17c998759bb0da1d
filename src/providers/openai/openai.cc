// OpenAI: chat completions, responses and embeddings through the Batch API.
#include <array>

#include "providers/openai/family.h"

namespace br {
namespace {

Capability make_capability() {
  Capability c;
  c.title = "OpenAI";
  c.docs = "https://platform.openai.com/docs/guides/batch";
  c.max_requests = 50'000;
  c.max_bytes = 200'000'000;
  c.marker = Marker::input_file;
  // The list of "endpoint" in the API reference of POST /v1/batches, 2026-03.
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat}, {usual_path(Endpoint::responses), Endpoint::responses},
               {usual_path(Endpoint::embeddings), Endpoint::embeddings},
               {usual_path(Endpoint::completions), Endpoint::completions},
               {usual_path(Endpoint::moderations), Endpoint::moderations}, {"/v1/images/generations"},
               {"/v1/images/edits"}, {"/v1/videos"}});
  c.max_inputs = 2'048;
  c.max_batch_inputs = 50'000;
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

OpenAiLines make_lines() {
  OpenAiLines lines;
  lines.plain_tool_names = true;
  lines.strict_schemas = &kOpenAiStrictSchema;
  return lines;
}

}  // namespace

std::unique_ptr<Provider> make_openai_provider() {
  return make_openai_family_provider({"openai", make_capability(), kProperties, {}, make_lines(), {}});
}

}  // namespace br
