// Fireworks: datasets and jobs whose names we choose; results behind signed addresses of another host.
#include <algorithm>
#include <array>
#include <charconv>

#include "net/url.h"
#include "providers/fireworks/status.h"
#include "providers/fireworks/upload.h"
#include "providers/openai/family.h"
#include "providers/shared/http_error.h"

namespace br {
namespace {

constexpr std::string_view kUploading = "uploading the request file";
constexpr std::int64_t kMostAtOnce = 150'000'000;  // what datasets/…:upload takes in one call

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

  OpenAiLines& d = v.lines;
  d.vendor = c.title;
  d.body_only_lines = true;
  d.model_in_body = false;  // the job has it
  d.max_tokens = "max_tokens";
  d.top_k = true;
  d.max_stops = 0;
  d.documents = DocumentForm::none;
  d.audio = AudioForm::none;
  d.responses = false;
  d.own_format = "grammar";
  d.embeddings = false;
  return v;
}

// Ids take lower-case letters, digits and hyphens only.
std::string job_id(const RemoteBatch& batch) {
  std::string id = lower_case(batch.marker);
  std::replace_if(
      id.begin(), id.end(), [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')); }, '-');
  return id;
}
std::string input_id(const RemoteBatch& batch) { return job_id(batch) + "-in"; }
std::string output_id(const RemoteBatch& batch) { return job_id(batch) + "-out"; }

// "accounts/A", from the setting or from the base URL.
std::string resource_name(const Account& account) {
  constexpr std::string_view kAccounts = "/accounts/";
  const std::size_t at = account.base_url.find(kAccounts);
  if (at != std::string::npos) return account.base_url.substr(at + 1);
  const std::string_view id = account.setting("account_id");
  return id.empty() ? "" : "accounts/" + url_encode(name_in_resource(id));
}

std::int64_t most_at_once(const Account& account) {
  const std::string_view text = account.setting("direct_upload_bytes");
  std::int64_t most = kMostAtOnce;
  std::from_chars(text.data(), text.data() + text.size(), most);
  return std::clamp<std::int64_t>(most, 0, kMostAtOnce);
}

// A signed address that is refused has expired; the next attempt gets another one. It says nothing of the key. What is
// not valid after its upload may not have arrived, though the storage's address answered well.
Error upload_refused(const UploadState& state, Error error) {
  if (state.stage == UploadStage::confirm && error.code == Code::provider) error.transient = true;
  if (state.stage != UploadStage::storage || error.code != Code::auth) return error;
  error.code = Code::provider;
  error.transient = true;
  error.hint.clear();
  return error;
}

// It looks at the file first; the next attempt finds the dataset, and fills it again only if it still is not ready.
Error not_ready(const Json& dataset) {
  Error error(Code::provider, "[fireworks] the dataset is not READY after its upload but " +
                                  dataset["state"].string_or("in no state"));
  error.provider = "fireworks";
  error.transient = true;
  return error;
}

UploadStep ask(HttpRequest request, UploadStage stage) { return UploadCall{std::move(request), {stage}}; }

class FireworksDialect : public OpenAiFamilyDialect {
 public:
  using OpenAiFamilyDialect::OpenAiFamilyDialect;
  std::string account_name(const Account& account) const override { return resource_name(account); }
};

// There is no list of uploads to search: its jobs have the name that we choose.
class FireworksApi : public HttpApi {
 public:
  explicit FireworksApi(OpenAiCalls calls) : calls_(std::move(calls)) {}

  // Makes the dataset, then fills it. One of ours that exists already was made by an earlier attempt, and may be full.
  Result<std::optional<UploadCall>> upload_request(const CallContext& context) const override;
  Result<UploadStep> read_upload(const CallContext& context, const UploadState& state,
                                 const HttpResponse& response) const override;
  Result<std::optional<HttpRequest>> delete_request(const CallContext& context,
                                                    std::string_view file_id) const override;
  Result<void> read_delete(const CallContext& context, const HttpResponse& response) const override;

  Result<HttpRequest> create_request(const CallContext& context, std::string_view lines) const override;
  Result<RemoteStatus> read_create(const CallContext& context, const HttpResponse& response) const override {
    return read_status(context, "creating the batch", response);
  }
  Result<HttpRequest> poll_request(const CallContext& context) const override {
    return checked(context.account, call(context.account, "GET", job_path(context.batch.status.id)));
  }
  Result<RemoteStatus> read_poll(const CallContext& context, const HttpResponse& response) const override {
    return read_status(context, "asking for the batch", response);
  }
  Result<HttpRequest> cancel_request(const CallContext& context) const override {
    return checked(context.account, json_call(context.account, job_path(context.batch.status.id, ":cancel"), "{}"));
  }
  // The answer holds no job; the next poll tells what became of it.
  Result<Cancelled> read_cancel(const CallContext&, const HttpResponse& response) const override {
    if (response.ok()) return Cancelled{};
    return cancel_refused(read_http_error("fireworks", "cancelling the batch", response));
  }
  // One of ours is asked for by its name, which is proof enough; otherwise the list of all.
  Result<HttpRequest> list_request(const CallContext& context, const PageQuery& query) const override;
  Result<BatchPage> read_list(const CallContext& context, const PageQuery& query,
                              const HttpResponse& response) const override;

  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    const std::string& id = batch.status.output.id;
    if (id.empty()) return {};
    return {{call(account, "GET", openai_path("/datasets", id, ":getDownloadEndpoint")), true}};
  }
  Result<Page> read_page(const Account& account, const RemoteBatch& batch, const HttpResponse& response) const override;

 private:
  // Every address holds the account's id.
  static Result<HttpRequest> checked(const Account& account, HttpRequest request) {
    if (!resource_name(account).empty()) return request;
    return Error(Code::config, "[fireworks] there is no account id; every address of its API holds one",
                 "set fireworks.account_id or the environment variable FIREWORKS_ACCOUNT_ID");
  }

  HttpRequest call(const Account& account, std::string method, std::string_view path) const {
    const bool whole = account.base_url.find("/accounts/") != std::string::npos;
    const std::string below = (whole ? "" : "/" + resource_name(account)) + std::string(path);
    return openai_request(calls_, account, std::move(method), below);
  }

  HttpRequest json_call(const Account& account, std::string_view path, std::string body) const {
    HttpRequest request = call(account, "POST", path);
    request.headers.push_back({"Content-Type", "application/json", false});
    request.body = std::move(body);
    return request;
  }

  static std::string job_path(std::string_view id, std::string_view suffix = {}) {
    return openai_path("/batchInferenceJobs", id, suffix);
  }

  HttpRequest dataset_call(const CallContext& context) const {
    return call(context.account, "GET", openai_path("/datasets", input_id(context.batch)));
  }

  UploadStep fill(const CallContext& context, UploadStage stage) const;
  Result<UploadStep> read_dataset(const CallContext& context, UploadStage asked, const HttpResponse& response) const;
  Result<RemoteStatus> read_job(const Account& account, const Json& json, std::string_view what) const;
  Result<RemoteStatus> read_status(const CallContext& context, std::string_view what,
                                   const HttpResponse& response) const;

  const OpenAiCalls calls_;
};

// ---- the request file ----

Result<std::optional<UploadCall>> FireworksApi::upload_request(const CallContext& context) const {
  std::string body;
  JsonWriter json(&body);
  json.begin_object().field("datasetId", input_id(context.batch)).key("dataset").begin_object();
  json.key("userUploaded").begin_object().end_object();
  json.field("exampleCount", std::to_string(context.batch.rows)).end_object().end_object();
  auto request = checked(context.account, json_call(context.account, "/datasets", std::move(body)));
  if (!request) return std::move(request.error());
  return one_exchange(std::move(*request));
}

Result<UploadStep> FireworksApi::read_upload(const CallContext& context, const UploadState& state,
                                             const HttpResponse& response) const {
  const UploadStage asked = state.stage;
  if (asked == UploadStage::announce && response.status == 409) return ask(dataset_call(context), UploadStage::look);
  // The dataset of an earlier attempt refuses to be filled once more: the bytes may have arrived and only the answer was
  // lost. What it has become says more.
  const bool was_filled = asked == UploadStage::bytes_again && response.failure == Failure::none &&
                          (response.status == 400 || response.status == 409);
  if (was_filled) return ask(dataset_call(context), UploadStage::check);
  if (!response.ok()) return upload_refused(state, read_http_error("fireworks", kUploading, response));
  if (asked == UploadStage::storage) {
    const std::string path = openai_path("/datasets", input_id(context.batch), ":validateUpload");
    return ask(json_call(context.account, path, "{}"), UploadStage::confirm);
  }
  // Whoever stands in the way may have answered all of them: the dataset says whether it has the file.
  if (asked == UploadStage::confirm || asked == UploadStage::bytes || asked == UploadStage::bytes_again)
    return ask(dataset_call(context), UploadStage::check);
  return read_dataset(context, asked, response);
}

Result<UploadStep> FireworksApi::read_dataset(const CallContext& context, UploadStage asked,
                                              const HttpResponse& response) const {
  auto json = read_object("fireworks", kUploading, response);
  if (!json) return std::move(json.error());
  if (asked == UploadStage::address) {
    auto request = fireworks_signed_put(**json, input_id(context.batch) + ".jsonl", context.batch);
    if (!request) return std::move(request.error());
    return ask(std::move(*request), UploadStage::storage);
  }
  if (!(**json)["name"].is_string())
    return protocol_error("fireworks", kUploading, "the answer is no dataset: it has no name");
  if (asked == UploadStage::announce) return fill(context, UploadStage::bytes);
  if ((**json)["state"].string() == "READY") return UploadStep(UploadedFile{input_id(context.batch)});
  if (asked == UploadStage::check) return not_ready(**json);
  return fill(context, UploadStage::bytes_again);
}

UploadStep FireworksApi::fill(const CallContext& context, UploadStage stage) const {
  const std::string id = input_id(context.batch), filename = id + ".jsonl";
  if (context.batch.bytes > most_at_once(context.account)) {
    std::string body;
    JsonWriter json(&body);
    json.begin_object().key("filenameToSize").begin_object().field(filename, context.batch.bytes);
    json.end_object().end_object();
    return ask(json_call(context.account, openai_path("/datasets", id, ":getUploadEndpoint"), body),
               UploadStage::address);
  }
  HttpRequest request = call(context.account, "POST", openai_path("/datasets", id, ":upload"));
  request.form.push_back({"file", "", context.batch.request_path, filename, "application/jsonl"});
  return ask(std::move(request), stage);
}

Result<std::optional<HttpRequest>> FireworksApi::delete_request(const CallContext& context,
                                                                std::string_view file_id) const {
  auto request = checked(context.account, call(context.account, "DELETE", openai_path("/datasets", file_id)));
  if (!request) return std::move(request.error());
  return std::optional(std::move(*request));
}

Result<void> FireworksApi::read_delete(const CallContext&, const HttpResponse& response) const {
  if (response.ok() || response.status == 404) return {};
  return read_http_error("fireworks", "deleting a file", response);
}

// ---- the job ----

Result<HttpRequest> FireworksApi::create_request(const CallContext& context, std::string_view) const {
  const RemoteBatch& batch = context.batch;
  const std::string datasets = resource_name(context.account) + "/datasets/";
  std::string body;
  JsonWriter json(&body);
  json.begin_object().field("model", batch.model).field("inputDatasetId", datasets + batch.input_file_id);
  json.field("outputDatasetId", datasets + output_id(batch)).field("displayName", batch.marker).end_object();
  return checked(context.account,
                 json_call(context.account, "/batchInferenceJobs?batchInferenceJobId=" + job_id(batch), body));
}

Result<RemoteStatus> FireworksApi::read_job(const Account& account, const Json& json, std::string_view what) const {
  auto status = read_fireworks_job(json, what);
  // One dataset holds both kinds of rows; the address says that there is no second file to wait for.
  if (status && is_terminal(status->state) && !status->output.id.empty())
    status->output.url = call(account, "GET", openai_path("/datasets", status->output.id, ":getDownloadEndpoint")).url;
  return status;
}

Result<RemoteStatus> FireworksApi::read_status(const CallContext& context, std::string_view what,
                                               const HttpResponse& response) const {
  auto json = read_object("fireworks", what, response);
  if (!json) return std::move(json.error());
  auto status = read_job(context.account, **json, what);
  if (!status) return status;
  const std::string& known = context.batch.status.id;
  if (!known.empty() && status->id != known)
    return protocol_error("fireworks", what, "the answer is about another job");
  return status;
}

Result<HttpRequest> FireworksApi::list_request(const CallContext& context, const PageQuery& query) const {
  const bool by_name = !context.batch.marker.empty();
  std::string path = by_name ? job_path(job_id(context.batch))
                             : "/batchInferenceJobs?pageSize=" + std::to_string(query.limit);
  if (!by_name && !query.cursor.empty()) path += "&pageToken=" + url_encode(query.cursor);
  return checked(context.account, call(context.account, "GET", path));
}

Result<BatchPage> FireworksApi::read_list(const CallContext& context, const PageQuery&,
                                          const HttpResponse& response) const {
  constexpr std::string_view kWhat = "listing batches";
  const bool by_name = !context.batch.marker.empty();
  // Its own word, and not that of something before it.
  if (by_name && response.status == 404 && Json::parse(response.body) != nullptr) return BatchPage{};
  auto json = read_object("fireworks", kWhat, response);
  if (!json) return std::move(json.error());
  BatchPage page;
  if (by_name) {
    auto status = read_job(context.account, **json, kWhat);
    if (!status) return std::move(status.error());
    page.batches.push_back(std::move(*status));
    return page;
  }
  if (!(*json)->is_object()) return protocol_error("fireworks", kWhat, "the answer has no list");
  for (const Json& item : (**json)["batchInferenceJobs"].items())
    add_listed(read_job(context.account, item, kWhat), &page);
  page.next = (**json)["nextPageToken"].string_or("");
  return page;
}

// ---- the results ----

// The addresses are signed: no key goes to them.
Result<Page> FireworksApi::read_page(const Account& account, const RemoteBatch&, const HttpResponse& response) const {
  auto json = read_object(account.provider, "asking for the result files", response);
  if (!json) return std::move(json.error());
  if (!(**json)["filenameToSignedUrls"].is_object())
    return protocol_error("fireworks", "asking for the result files", "the answer names no files");
  Page page;
  for (const auto& [name, url] : (**json)["filenameToSignedUrls"].fields()) {
    if (!url.is_string() || url.string().empty()) continue;
    Download download;
    download.request.url = url.string_or("");
    page.next.push_back(std::move(download));
  }
  return page;
}

}  // namespace

std::unique_ptr<Provider> make_fireworks_provider() {
  return make_openai_family_provider<FireworksDialect, FireworksApi>(vendor());
}

}  // namespace br
