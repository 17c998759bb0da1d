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

  OpenAiDialect& d = v.dialect;
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
std::string output_id(const RemoteBatch& batch) { return job_id(batch) + "-out"; }

class FireworksProvider : public OpenAiFamilyProvider {
 public:
  FireworksProvider() : OpenAiFamilyProvider(vendor()) {}

  std::string account_name(const Account& account) const override { return resource_name(account); }

  Result<Step> advance(Op op, const OpContext& context, const HttpResponse* last) const override {
    if (resource_name(context.account).empty())
      return Error(Code::config, "[fireworks] there is no account id; every address of its API holds one",
                   "set fireworks.account_id or the environment variable FIREWORKS_ACCOUNT_ID");
    switch (op) {
      case Op::upload:
        return upload(context, last);
      case Op::create:
        return last == nullptr ? create(context) : read_status(context, "creating the batch", *last);
      case Op::poll:
        if (last != nullptr) return read_status(context, "asking for the batch", *last);
        return send_step(call(context.account, "GET", job_path(context.batch.status.id)));
      case Op::cancel:
        return cancel(context, last);
      case Op::list:
        return list(context, last);
      case Op::find_upload:
        return Step{};  // its jobs have the name that we choose
      case Op::delete_file:
        return delete_file(context, last);
    }
    return Error(Code::unsupported, "no such operation");
  }

  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    const std::string& id = batch.status.output.id;
    if (id.empty()) return {};
    return {{call(account, "GET", openai_path("/datasets", id, ":getDownloadEndpoint")), true, {}}};
  }

  // The addresses are signed: no key goes to them.
  Result<Page> read_page(const Account& account, const RemoteBatch&, const HttpResponse& response) const override {
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

 private:
  // "accounts/A", from the setting or from the base URL.
  static std::string resource_name(const Account& account) {
    constexpr std::string_view kAccounts = "/accounts/";
    const std::size_t at = account.base_url.find(kAccounts);
    if (at != std::string::npos) return account.base_url.substr(at + 1);
    const std::string_view id = account.setting("account_id");
    return id.empty() ? "" : "accounts/" + url_encode(name_in_resource(id));
  }

  HttpRequest call(const Account& account, std::string method, std::string_view path) const {
    const bool whole = account.base_url.find("/accounts/") != std::string::npos;
    const std::string below = (whole ? "" : "/" + resource_name(account)) + std::string(path);
    return openai_request(v_.calls, account, std::move(method), below);
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

  // Makes the dataset, then fills it. One of ours that exists already was made by an earlier attempt, and may be full.
  // scratch: what was asked last.
  Result<Step> upload(const OpContext& context, const HttpResponse* last) const {
    constexpr std::string_view kWhat = "uploading the request file";
    const std::string id = job_id(context.batch) + "-in";
    if (last == nullptr) return make_dataset(context, id);
    const bool made = context.exchange == 1;
    if (made && last->status == 409) return ask(call(context.account, "GET", openai_path("/datasets", id)), "look");
    if (filled_before(context, *last)) return ask(call(context.account, "GET", openai_path("/datasets", id)), "check");
    if (!last->ok()) return upload_refused(context, read_http_error("fireworks", kWhat, *last));
    Step done;
    done.outcome.input_file_id = id;
    if (context.scratch == "put")
      return ask(json_call(context.account, openai_path("/datasets", id, ":validateUpload"), "{}"), "validate");
    // Whoever stands in the way may have answered both: the dataset says whether it has the file.
    if (context.scratch == "validate" || context.scratch == "fill")
      return ask(call(context.account, "GET", openai_path("/datasets", id)), "check");
    auto json = read_object("fireworks", kWhat, *last);
    if (!json) return std::move(json.error());
    if (context.scratch == "address") return put(context, **json, id);
    if (!(**json)["name"].is_string())
      return protocol_error("fireworks", kWhat, "the answer is no dataset: it has no name");
    if (!made && (**json)["state"].string() == "READY") return done;
    if (context.scratch == "check") return not_ready(**json);
    return fill(context, id);
  }

  // The dataset of an earlier attempt refuses to be filled once more: the bytes may have arrived and only the answer was
  // lost. What it has become says more.
  static bool filled_before(const OpContext& context, const HttpResponse& last) {
    constexpr int kAfterLook = 3;  // made, looked at, filled
    return context.scratch == "fill" && context.exchange >= kAfterLook && last.failure == Failure::none &&
           (last.status == 400 || last.status == 409);
  }

  // A signed address that is refused has expired; the next attempt gets another one. It says nothing of the key. What is
  // not valid after its upload may not have arrived, though the storage's address answered well.
  static Error upload_refused(const OpContext& context, Error error) {
    if (context.scratch == "validate" && error.code == Code::provider) error.transient = true;
    if (context.scratch != "put" || error.code != Code::auth) return error;
    error.code = Code::provider;
    error.transient = true;
    error.hint.clear();
    return error;
  }

  Result<Step> fill(const OpContext& context, const std::string& id) const {
    const std::string filename = id + ".jsonl";
    if (context.batch.bytes > most_at_once(context.account)) {
      std::string body;
      JsonWriter json(&body);
      json.begin_object().key("filenameToSize").begin_object().field(filename, context.batch.bytes);
      json.end_object().end_object();
      return ask(json_call(context.account, openai_path("/datasets", id, ":getUploadEndpoint"), body), "address");
    }
    HttpRequest request = call(context.account, "POST", openai_path("/datasets", id, ":upload"));
    request.form.push_back({"file", "", context.batch.request_path, filename, "application/jsonl"});
    return ask(std::move(request), "fill");
  }

  static std::int64_t most_at_once(const Account& account) {
    const std::string_view text = account.setting("direct_upload_bytes");
    std::int64_t most = kMostAtOnce;
    std::from_chars(text.data(), text.data() + text.size(), most);
    return std::clamp<std::int64_t>(most, 0, kMostAtOnce);
  }

  static Result<Step> put(const OpContext& context, const Json& answer, const std::string& id) {
    auto request = fireworks_signed_put(answer, id + ".jsonl", context.batch);
    if (!request) return std::move(request.error());
    return ask(std::move(*request), "put");
  }

  // It looks at the file first; the next attempt finds the dataset, and fills it again only if it still is not ready.
  static Error not_ready(const Json& dataset) {
    Error error(Code::provider, "[fireworks] the dataset is not READY after its upload but " +
                                    dataset["state"].string_or("in no state"));
    error.provider = "fireworks";
    error.transient = true;
    return error;
  }

  static Step ask(HttpRequest request, std::string scratch) {
    Step step = send_step(std::move(request));
    step.outcome.input_file_id = std::move(scratch);
    return step;
  }

  Step make_dataset(const OpContext& context, const std::string& id) const {
    std::string body;
    JsonWriter json(&body);
    json.begin_object().field("datasetId", id).key("dataset").begin_object();
    json.key("userUploaded").begin_object().end_object();
    json.field("exampleCount", std::to_string(context.batch.rows)).end_object().end_object();
    return send_step(json_call(context.account, "/datasets", std::move(body)));
  }

  Result<Step> create(const OpContext& context) const {
    const RemoteBatch& batch = context.batch;
    const std::string datasets = resource_name(context.account) + "/datasets/";
    std::string body;
    JsonWriter json(&body);
    json.begin_object().field("model", batch.model).field("inputDatasetId", datasets + batch.input_file_id);
    json.field("outputDatasetId", datasets + output_id(batch)).field("displayName", batch.marker).end_object();
    HttpRequest request = json_call(context.account, "/batchInferenceJobs?batchInferenceJobId=" + job_id(batch), body);
    return send_step(std::move(request));
  }

  Result<RemoteStatus> read_job(const Account& account, const Json& json, std::string_view what) const {
    auto status = read_fireworks_job(json, what);
    // One dataset holds both kinds of rows; the address says that there is no second file to wait for.
    if (status && is_terminal(status->state) && !status->output.id.empty())
      status->output.url = call(account, "GET", openai_path("/datasets", status->output.id, ":getDownloadEndpoint")).url;
    return status;
  }

  Result<Step> read_status(const OpContext& context, std::string_view what, const HttpResponse& last) const {
    auto json = read_object("fireworks", what, last);
    if (!json) return std::move(json.error());
    auto status = read_job(context.account, **json, what);
    if (!status) return std::move(status.error());
    const std::string& known = context.batch.status.id;
    if (!known.empty() && status->id != known)
      return protocol_error("fireworks", what, "the answer is about another job");
    Step step;
    step.outcome.status = std::move(*status);
    return step;
  }

  // The answer holds no job; the next poll tells what became of it.
  Result<Step> cancel(const OpContext& context, const HttpResponse* last) const {
    if (last == nullptr)
      return send_step(json_call(context.account, job_path(context.batch.status.id, ":cancel"), "{}"));
    if (last->ok()) return Step{};
    return cancel_refused(read_http_error("fireworks", "cancelling the batch", *last));
  }

  // One of ours is asked for by its name, which is proof enough; otherwise the list of all.
  Result<Step> list(const OpContext& context, const HttpResponse* last) const {
    constexpr std::string_view kWhat = "listing batches";
    const bool by_name = !context.batch.marker.empty();
    if (last == nullptr) {
      std::string path = by_name ? job_path(job_id(context.batch))
                                 : "/batchInferenceJobs?pageSize=" + std::to_string(context.list_limit);
      if (!by_name && !context.page.empty()) path += "&pageToken=" + url_encode(context.page);
      return send_step(call(context.account, "GET", path));
    }
    // Its own word, and not that of something before it.
    if (by_name && last->status == 404 && Json::parse(last->body) != nullptr) return Step{};
    auto json = read_object("fireworks", kWhat, *last);
    if (!json) return std::move(json.error());
    Step step;
    if (by_name) {
      auto status = read_job(context.account, **json, kWhat);
      if (!status) return std::move(status.error());
      step.outcome.listed.push_back(std::move(*status));
      return step;
    }
    if (!(*json)->is_object()) return protocol_error("fireworks", kWhat, "the answer has no list");
    for (const Json& item : (**json)["batchInferenceJobs"].items())
      add_listed(read_job(context.account, item, kWhat), &step.outcome);
    step.outcome.next_page = (**json)["nextPageToken"].string_or("");
    return step;
  }

  Result<Step> delete_file(const OpContext& context, const HttpResponse* last) const {
    if (last == nullptr) return send_step(call(context.account, "DELETE", openai_path("/datasets", context.file_id)));
    if (last->ok() || last->status == 404) return Step{};
    return read_http_error("fireworks", "deleting a file", *last);
  }
};

}  // namespace

std::unique_ptr<Provider> make_fireworks_provider() { return std::make_unique<FireworksProvider>(); }

}  // namespace br
