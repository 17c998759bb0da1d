// Groq: chat completions; several models in one batch are allowed.
#include <array>

#include "providers/openai/family.h"

namespace br {
namespace {

constexpr std::array<Property, 3> kProperties = {{
    {"api_key", "", "GROQ_API_KEY", true, "The API key."},
    {"base_url", "https://api.groq.com/openai/v1", "GROQ_BASE_URL", false,
     "The origin as the official SDK takes it, or …/openai/v1."},
    {"completion_window", "24h", nullptr, false, "The window the vendor is asked for, 24h to 7d."},
}};

OpenAiVendor vendor() {
  OpenAiVendor v;
  v.name = "groq";
  v.properties = kProperties;
  Capability& c = v.capability;
  c.title = "Groq";
  c.docs = "https://console.groq.com/docs/batch";
  c.max_requests = 50'000;
  c.max_bytes = 100'000'000;  // the guide says 200 MB, the API reference 100 MB
  c.one_model_per_batch = true;  // the guide shows mixed files, the create call names one endpoint: the sure way
  c.marker = Marker::input_file;
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat}, {"/v1/audio/transcriptions"},
               {"/v1/audio/translations"}});

  v.calls.version = "/openai/v1";
  v.calls.listing = Listing::cursor;

  OpenAiLines& d = v.lines;
  d.vendor = c.title;
  d.provider = "groq";
  d.documents = DocumentForm::none;
  d.thoughts = "reasoning";
  d.audio = AudioForm::none;
  d.responses = false;
  d.embeddings = false;
  d.strict_schemas = &kGroqStrictSchema;
  return v;
}

}  // namespace

std::unique_ptr<Provider> make_groq_provider() { return make_openai_family_provider(vendor()); }

}  // namespace br
