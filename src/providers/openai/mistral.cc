// Mistral: chat completions and embeddings, from a file or, for small batches, with the requests in the create call.
#include <array>
#include <charconv>

#include "providers/openai/family.h"
#include "providers/shared/http_error.h"

namespace br {
namespace {

constexpr std::int64_t kMaxInline = 10'000;

constexpr std::array<Property, 5> kProperties = {{
    {"api_key", "", "MISTRAL_API_KEY", true, "The API key."},
    {"base_url", "https://api.mistral.ai", "MISTRAL_BASE_URL", false, "As the official SDK takes it; /v1 is added."},
    {"mode", "auto", nullptr, false, "auto, file, or inline: the requests go into the create call, at most 10000."},
    {"timeout_hours", "24", nullptr, false, "After how many hours the vendor ends the batch, 1 to 168."},
    {"input_expires_after_h", "", nullptr, false, "Hours after which the vendor deletes the request file."},
}};

constexpr std::array<StateWord, 5> kWords = {{
    {"queued", State::validating},
    {"running", State::in_progress},
    {"success", State::completed},
    {"timeout_exceeded", State::expired},
    {"cancellation_requested", State::cancelling},
}};

OpenAiCalls make_calls() {
  OpenAiCalls calls;
  calls.version = "/v1";
  calls.batches_path = "/batch/jobs";
  calls.listing = Listing::page;
  calls.words = kWords;
  BatchFields& f = calls.fields;
  f.counts = "";
  f.total = "total_requests", f.succeeded = "succeeded_requests", f.failed = "failed_requests";
  f.input_file = "input_files", f.output_file = "output_file", f.error_file = "error_file";
  return calls;
}

OpenAiVendor vendor() {
  OpenAiVendor v;
  v.name = "mistral";
  v.properties = kProperties;
  Capability& c = v.capability;
  c.title = "Mistral";
  c.docs = "https://docs.mistral.ai/capabilities/batch";
  c.max_requests = 100'000;  // one page says a million, another a hundred thousand
  c.max_bytes = 512'000'000;
  c.inline_mode = true;
  c.retention_days = 1;  // "available 24 h"; another page says that results do not expire
  c.marker = Marker::metadata;
  c.model_in_body = false;  // the job's counts, whatever a body names
  // ApiEndpoint of the vendor's OpenAPI file, 2026-03.
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat},
               {usual_path(Endpoint::embeddings), Endpoint::embeddings},
               {usual_path(Endpoint::moderations), Endpoint::moderations}, {"/v1/fim/completions"},
               {"/v1/chat/moderations"}, {"/v1/ocr"}, {"/v1/classifications"}, {"/v1/chat/classifications"},
               {"/v1/conversations"}, {"/v1/audio/transcriptions"}});
  v.calls = make_calls();

  OpenAiLines& d = v.lines;
  d.vendor = c.title;
  d.provider = "mistral";
  d.plain_tool_names = true;
  d.body_only_lines = true;
  d.body_model = BodyModel::in_job;
  d.max_tokens = "max_tokens";
  d.seed = "random_seed";
  d.max_temperature = 1.5;
  d.max_stops = 0;
  d.image_as_string = true;
  d.documents = DocumentForm::document_url;
  d.call_ids = CallIds::nine_letters;
  d.named_results = true;
  d.audio = AudioForm::text;
  d.responses = false;
  return v;
}

bool is_inline(const Account& account) { return account.setting("mode") == "inline"; }

std::string timeout_hours(const Account& account) {
  const std::string_view text = account.setting("timeout_hours");
  int hours = 24;
  std::from_chars(text.data(), text.data() + text.size(), hours);
  return std::to_string(hours);
}

class MistralHttpApi : public OpenAiHttpApi {
 public:
  using OpenAiHttpApi::OpenAiHttpApi;

  Result<std::optional<UploadCall>> upload_request(const CallContext& context) const override {
    if (is_inline(context.account)) return std::optional<UploadCall>();  // the requests travel with the create call
    auto call = OpenAiHttpApi::upload_request(context);
    const auto hours = context.account.setting("input_expires_after_h");
    if (call && *call && !hours.empty()) {
      auto& form = (*call)->request.form;
      form.insert(form.begin(), {"expiry", std::string(hours), "", "", ""});
    }
    return call;
  }

  Result<HttpRequest> create_request(const CallContext& context, std::string_view) const override {
    const RemoteBatch& batch = context.batch;
    const std::string fields = create_fields(context);
    if (!is_inline(context.account)) return openai_create_request(calls_, context.account, fields);
    if (batch.rows > kMaxInline)
      return Error(Code::limit, "[mistral] creating the batch: " + std::to_string(batch.rows) +
                                    " requests are more than the 10000 that go into a create call",
                   "set mistral.mode to file");
    HttpRequest request = openai_create_request(calls_, context.account, {});
    request.body_prefix = "{\"requests\":[";
    request.body_path = batch.request_path;
    request.join_lines = true;
    request.body_suffix = "]," + fields.substr(1);
    return request;
  }
  Result<RemoteStatus> read_create(const CallContext& context, const HttpResponse& response) const override {
    return named(context.account, OpenAiHttpApi::read_create(context, response));
  }
  Result<RemoteStatus> read_poll(const CallContext& context, const HttpResponse& response) const override {
    return named(context.account, OpenAiHttpApi::read_poll(context, response));
  }
  Result<Cancelled> read_cancel(const CallContext& context, const HttpResponse& response) const override {
    auto cancelled = OpenAiHttpApi::read_cancel(context, response);
    // A cancelled or finished job is refused as a wrong request.
    if (!cancelled && cancelled.error().http_status == 422) return Cancelled{{}, true};
    if (cancelled && cancelled->status) name_inline_results(context.account, &*cancelled->status);
    return cancelled;
  }

  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    auto files = OpenAiHttpApi::downloads(account, batch);
    if (files.empty() && !batch.status.output.url.empty())
      files.push_back({openai_request(calls_, account, "GET", inline_path(batch.status.id)), true});
    return files;
  }

  Result<Page> read_page(const Account& account, const RemoteBatch&, const HttpResponse& response) const override {
    auto json = read_object(account.provider, "downloading results", response);
    BR_RETURN_IF_ERROR(json);
    Page page;
    for (const Json& row : (**json)["outputs"].items()) append_line(row.raw(), &page.lines);
    return page;
  }

 private:
  static std::string inline_path(std::string_view id) { return openai_path("/batch/jobs", id, "?inline=true"); }

  static std::string create_fields(const CallContext& context) {
    const RemoteBatch& batch = context.batch;
    std::string fields;
    JsonWriter json(&fields);
    json.begin_object();
    if (!is_inline(context.account)) json.key("input_files").begin_array().string(batch.input_file_id).end_array();
    if (!batch.model.empty()) json.field("model", batch.model);
    json.field("endpoint", openai_batch_path(batch));
    write_metadata("metadata", batch, &json);
    json.key("timeout_hours").raw(timeout_hours(context.account)).end_object();
    return fields;
  }

  Result<RemoteStatus> named(const Account& account, Result<RemoteStatus> status) const {
    if (status) name_inline_results(account, &*status);
    return status;
  }

  // A job without request files has its results in itself.
  void name_inline_results(const Account& account, RemoteStatus* status) const {
    if (!is_terminal(status->state) || !status->input_file_id.empty()) return;
    if (!status->output.id.empty() || !status->errors.id.empty()) return;
    status->output.url = openai_root(calls_, account) + inline_path(status->id);
  }
};

}  // namespace

std::unique_ptr<Provider> make_mistral_provider() {
  return make_openai_family_provider<OpenAiFamilyDialect, MistralHttpApi>(vendor());
}

}  // namespace br
