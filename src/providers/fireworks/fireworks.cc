// Fireworks: its settings, and what it is put together of.
#include <array>

#include "providers/fireworks/api.h"
#include "providers/openai/family.h"

namespace br {
namespace {

constexpr std::array<Property, 4> kProperties = {{
    {"api_key", "", "FIREWORKS_API_KEY", true, "The API key."},
    {"base_url", "https://api.fireworks.ai/v1", "FIREWORKS_BASE_URL", false,
     "The address of the API, …/v1; /accounts/ACCOUNT is added where it is missing."},
    {"account_id", "", "FIREWORKS_ACCOUNT_ID", false, "The account that owns datasets and jobs."},
    {"direct_upload_bytes", "150000000", nullptr, false,
     "Request files above that go to a signed address of the vendor's storage; in a call of its own it takes no more."},
}};

OpenAiVendor vendor() {
  OpenAiVendor v;
  v.name = "fireworks";
  v.properties = kProperties;
  Capability& c = v.capability;
  c.title = "Fireworks";
  c.docs = "https://docs.fireworks.ai/guides/batch-inference";
  c.max_bytes = 1'000'000'000;
  c.marker = Marker::display_name;
  c.model_in_body = false;
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat}});

  OpenAiLines& d = v.lines;
  d.vendor = c.title;
  d.provider = "fireworks";
  d.body_only_lines = true;
  d.model_in_body = false;  // the job has it
  d.body_model = BodyModel::in_job;
  d.max_tokens = "max_tokens";
  d.top_k = true;
  d.max_stops = 0;
  d.documents = DocumentForm::none;
  d.thoughts = "reasoning_content";
  d.audio = AudioForm::none;
  d.responses = false;
  d.own_format = "grammar";
  d.answer_schemas = &kFireworksSchema;
  d.embeddings = false;
  return v;
}

class FireworksDialect : public OpenAiFamilyDialect {
 public:
  using OpenAiFamilyDialect::OpenAiFamilyDialect;
  std::string account_name(const Account& account) const override { return fireworks_account(account); }
  // Before anything is made: a job without it could not even be looked for.
  Result<void> complete(Account* account) const override {
    BR_RETURN_IF_ERROR(OpenAiFamilyDialect::complete(account));
    return fireworks_account(*account).empty() ? Result<void>(no_fireworks_account()) : Result<void>();
  }
  // Its batch API names the model in the job and has another address than its calls.
  const CaptureRules* capture_rules() const override { return nullptr; }
};

}  // namespace

std::unique_ptr<Provider> make_fireworks_provider() {
  return make_openai_family_provider<FireworksDialect, FireworksHttpApi>(vendor());
}

}  // namespace br
