// Together AI: chat completions. Jobs instead of batches, without counters and without metadata.
#include <array>

#include "providers/openai/family.h"

namespace br {
namespace {

constexpr std::array<Property, 2> kProperties = {{
    {"api_key", "", "TOGETHER_API_KEY", true, "The API key."},
    {"base_url", "https://api.together.ai/v1", "TOGETHER_BASE_URL", false, "As the official SDK takes it, …/v1."},
}};

OpenAiVendor vendor() {
  OpenAiVendor v;
  v.name = "together";
  v.properties = kProperties;
  Capability& c = v.capability;
  c.title = "Together AI";
  c.docs = "https://docs.together.ai/docs/batch-inference";
  c.max_requests = 50'000;
  c.max_bytes = 100'000'000;
  c.max_line_bytes = 10'000'000;
  c.marker = Marker::input_file;
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat}, {"/v1/audio/transcriptions"},
               {"/v1/audio/translations"}});

  v.calls.upload_path = "/files/upload";
  v.calls.purpose = "batch-api";
  v.calls.file_name_fields = true;
  v.calls.batch_wrapper = "job";
  v.calls.listing = Listing::whole;
  v.calls.fields.expires = "job_deadline";
  v.calls.metadata = false;
  v.calls.completion_window = false;

  OpenAiLines& d = v.lines;
  d.vendor = c.title;
  d.provider = "together";
  d.body_only_lines = true;
  d.max_tokens = "max_tokens";
  d.top_k = true;
  d.documents = DocumentForm::none;
  d.image_detail = false;
  d.audio = AudioForm::data_or_url;
  d.responses = false;
  d.own_format = "regex";
  d.embeddings = false;
  return v;
}

}  // namespace

std::unique_ptr<Provider> make_together_provider() { return make_openai_family_provider(vendor()); }

}  // namespace br
