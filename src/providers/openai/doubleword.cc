// Doubleword: OpenAI's calls and lines for open models; several models in one file are allowed.
#include <algorithm>
#include <array>

#include "providers/openai/family.h"

namespace br {
namespace {

constexpr std::size_t kMaxId = 64;
constexpr std::string_view kWireIdPrefix = "br-row-";

constexpr std::array<Property, 4> kProperties = {{
    {"api_key", "", "DOUBLEWORD_API_KEY", true, "The API key."},
    {"base_url", "https://api.doubleword.ai/v1", "DOUBLEWORD_BASE_URL", false, "The address of the API, …/v1."},
    {"completion_window", "24h", nullptr, false, "The window the vendor is asked for, 24h or 1h."},
    {"input_expires_after_s", "", nullptr, false, "Seconds after which the vendor deletes the request file."},
}};

OpenAiVendor vendor() {
  OpenAiVendor v;
  v.name = "doubleword";
  v.properties = kProperties;
  Capability& c = v.capability;
  c.title = "Doubleword";
  c.docs = "https://docs.doubleword.ai/batches";
  c.max_bytes = 100'000'000;
  c.max_custom_id = kMaxId;
  c.one_model_per_batch = false;
  c.marker = Marker::input_file;
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat}, {usual_path(Endpoint::responses), Endpoint::responses},
               {usual_path(Endpoint::embeddings), Endpoint::embeddings},
               {usual_path(Endpoint::completions), Endpoint::completions}, {"/v1/messages"}});

  OpenAiLines& d = v.lines;
  d.vendor = c.title;
  d.provider = "";
  d.max_tokens = "max_tokens";
  d.top_k = true;
  d.max_stops = 0;
  d.audio = AudioForm::data_or_url;
  d.own_format = "structural_tag";
  return v;
}

class DoublewordDialect : public OpenAiFamilyDialect {
 public:
  using OpenAiFamilyDialect::OpenAiFamilyDialect;

  // Ids become a header there: at most 64 printable ASCII characters.
  std::string wire_id(std::string_view custom_id, std::uint64_t number, std::string_view) const override {
    const bool printable = std::all_of(custom_id.begin(), custom_id.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (printable && custom_id.size() <= kMaxId && !custom_id.starts_with(kWireIdPrefix)) return {};
    return std::string(kWireIdPrefix) + std::to_string(number);
  }
};

}  // namespace

std::unique_ptr<Provider> make_doubleword_provider() {
  return make_openai_family_provider<DoublewordDialect>(vendor());
}

}  // namespace br
