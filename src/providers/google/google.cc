// Google: the Gemini API's batches. A batch is a long-running operation; its request file goes through a resumable
// upload, or, where the caller asks for it and the batch is small, inside the create call.
#include <algorithm>
#include <array>

#include "codec/json_cursor.h"
#include "codec/json_write.h"
#include "net/url.h"
#include "providers/google/lines.h"
#include "providers/google/upload.h"
#include "providers/google/wire.h"
#include "providers/provider.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::int64_t kMaxInlineBytes = 20'000'000;
constexpr std::int64_t kInlineRowBytes = 64;  // what a row grows by inside the create call, at most
constexpr int kMaxPage = 100;

Capability make_capability() {
  Capability c;
  c.title = "Google Gemini";
  c.docs = "https://ai.google.dev/gemini-api/docs/batch-api";
  c.max_bytes = 2'000'000'000;
  c.inline_mode = true;
  c.partial_results = false;
  c.marker = Marker::display_name;
  c.window_hours = 48;
  c.retention_days = 2;
  c.endpoints = {Endpoint::chat, Endpoint::embeddings};
  c.model_in_body = false;
  c.line_form = LineForm::gemini;
  return c;
}

constexpr std::array<Property, 4> kProperties = {{
    {"api_key", "", "GOOGLE_API_KEY,GEMINI_API_KEY", true, "The API key."},
    {"base_url", "https://generativelanguage.googleapis.com", "GOOGLE_GEMINI_BASE_URL", false,
     "The origin with an optional path, as the official SDK takes it; /v1beta, /upload/v1beta and /download/v1beta are "
     "added."},
    {"mode", "auto", nullptr, false,
     "How requests are sent: auto or file, as an uploaded file; inline, inside the create call where they are small."},
    {"join", "key", nullptr, false,
     "How inline answers find their requests. key: by the key that comes back with them; one without a key, of a batch of "
     "several, is an error of the type unidentified. position: where no answer has a key and there are as many as "
     "requests, the first belongs to the first, and so on; the vendor does not promise that order."},
}};

// "/<collection>/<id>", whether the id names its collection or not.
std::string resource(std::string_view collection, std::string_view id) {
  if (id.starts_with(collection) && id.substr(collection.size()).starts_with('/'))
    id.remove_prefix(collection.size() + 1);
  return "/" + std::string(collection) + "/" + url_encode(id);
}

std::string model_path(std::string_view model) {
  return model.starts_with("tunedModels/") ? resource("tunedModels", model) : resource("models", model);
}

std::string file_address(const Account& account, std::string_view file) {
  return google_request(account, "GET", "/download", resource("files", file) + ":download?alt=media").url;
}

std::string batch_address(const Account& account, std::string_view id) {
  return google_request(account, "GET", "", resource("batches", id)).url;
}

bool goes_inline(const Account& account, const RemoteBatch& batch) {
  return account.setting("mode") == "inline" && batch.bytes + batch.rows * kInlineRowBytes < kMaxInlineBytes;
}

// {"key":K,"request":R} becomes {"request":R,"metadata":{"key":K}}.
bool append_inline(std::string_view lines, std::string* out) {
  bool first = true;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string line = std::string(lines.substr(at, end - at)) + std::string(kJsonPadding, ' ');
    JsonCursor cursor(line.data(), end - at);
    at = end + 1;
    if (!cursor.enter_object()) return false;
    std::string_view name, value, key, request;
    while (cursor.next_key(&name) && cursor.skip(&value)) (name == "\"key\"" ? key : request) = value;
    if (cursor.failed() || key.empty() || request.empty()) return false;
    out->append(first ? "{\"request\":" : ",{\"request\":").append(request);
    out->append(",\"metadata\":{\"key\":").append(key).append("}}");
    first = false;
  }
  return true;
}

Result<std::string> create_body(const CallContext& context, std::string_view lines) {
  std::string body;
  JsonWriter json(&body);
  json.begin_object().key("batch").begin_object().field("displayName", context.batch.marker);
  json.key("inputConfig").begin_object();
  if (!context.batch.input_file_id.empty()) {
    json.field("fileName", context.batch.input_file_id);
  } else {
    std::string requests = "[";
    if (!append_inline(lines, &requests))
      return Error(Code::io, "[google] the request file is damaged: " + context.batch.request_path, "submit it again");
    json.key("requests").begin_object().key("requests").raw(requests + "]").end_object();
  }
  json.end_object().end_object().end_object();
  return body;
}

Result<RemoteStatus> read_status(const CallContext& context, std::string_view what, const HttpResponse& response) {
  auto json = read_google_answer(context, what, response);
  BR_RETURN_IF_ERROR(json);
  auto status = read_google_batch(**json, context.account.provider, what);
  BR_RETURN_IF_ERROR(status);
  // The vendor has no word for a batch that is being cancelled.
  if (context.batch.cancel_wanted && !is_terminal(status->state)) status->state = State::cancelling;
  // One file holds the good and the failed rows; with an address at hand nobody waits for a second one.
  if (!status->output.id.empty())
    status->output.url = file_address(context.account, status->output.id);
  else if (status->inlined)
    status->output.url = batch_address(context.account, status->id);
  return std::move(static_cast<RemoteStatus&>(*status));
}

class GoogleDialect : public Dialect {
 public:
  std::string_view name() const override { return "google"; }
  const Capability& capability() const override { return capability_; }
  std::span<const Property> properties() const override { return kProperties; }
  const CaptureRules* capture_rules() const override {
    static constexpr CaptureRules kRules = {AnswerForm::gemini, "x-goog-api-key", "key", {}};
    return &kRules;
  }

  Result<void> complete(Account* account) const override {
    const std::string_view join = account->setting("join");
    if (join.empty() || join == "key" || join == "position") return {};
    return Error(Code::config, "google.join: \"" + std::string(join) + "\" is no way to join answers to requests",
                 "give key or position");
  }

  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    return encode_google_line("Google", request, options, out, issue, warnings);
  }
  std::string_view join_setting() const override { return "google.join"; }
  std::unique_ptr<RowReader> row_reader() const override { return make_google_row_reader(); }

 private:
  const Capability capability_ = make_capability();
};

class GoogleHttpApi : public HttpApi {
 public:
  Result<std::optional<UploadCall>> upload_request(const CallContext& context) const override {
    if (goes_inline(context.account, context.batch)) return std::optional<UploadCall>();
    return std::optional(begin_google_upload(context));
  }
  Result<UploadStep> read_upload(const CallContext& context, const UploadState& state,
                                 const HttpResponse& response) const override {
    return read_google_upload(context, state, response);
  }

  // Without an uploaded file the requests go inline, also when the setting was changed in between.
  bool wants_lines(const Account&, const RemoteBatch& batch) const override { return batch.input_file_id.empty(); }

  Result<HttpRequest> create_request(const CallContext& context, std::string_view lines) const override;
  Result<RemoteStatus> read_create(const CallContext& context, const HttpResponse& response) const override {
    return read_status(context, "creating the batch", response);
  }
  Result<HttpRequest> poll_request(const CallContext& context) const override;
  Result<RemoteStatus> read_poll(const CallContext& context, const HttpResponse& response) const override;
  Result<HttpRequest> cancel_request(const CallContext& context) const override;
  Result<Cancelled> read_cancel(const CallContext& context, const HttpResponse& response) const override;
  Result<HttpRequest> list_request(const CallContext& context, const PageQuery& query) const override;
  Result<BatchPage> read_list(const CallContext& context, const PageQuery& query,
                              const HttpResponse& response) const override;

  Result<std::optional<HttpRequest>> delete_request(const CallContext& context,
                                                    std::string_view file_id) const override {
    return std::optional(google_request(context.account, "DELETE", "", resource("files", file_id)));
  }
  Result<void> read_delete(const CallContext& context, const HttpResponse& response) const override {
    if (response.ok() || response.status == 404) return {};
    return refine_google_error(response, read_http_error(context.account.provider, "deleting a file", response));
  }

  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override;
  Result<Page> read_page(const Account& account, const RemoteBatch& batch, const HttpResponse& response) const override;
};

Result<HttpRequest> GoogleHttpApi::create_request(const CallContext& context, std::string_view lines) const {
  const bool embeds = context.batch.endpoint == Endpoint::embeddings;
  const std::string verb = embeds ? ":asyncBatchEmbedContent" : ":batchGenerateContent";
  HttpRequest request = google_request(context.account, "POST", "", model_path(context.batch.model) + verb);
  auto body = create_body(context, lines);
  BR_RETURN_IF_ERROR(body);
  add_google_body(&request, std::move(*body));
  return request;
}

Result<HttpRequest> GoogleHttpApi::poll_request(const CallContext& context) const {
  HttpRequest request = google_request(context.account, "GET", "", resource("batches", context.batch.status.id));
  request.large_answer = true;
  return request;
}

Result<RemoteStatus> GoogleHttpApi::read_poll(const CallContext& context, const HttpResponse& response) const {
  constexpr std::string_view kWhat = "asking for the batch";
  auto status = read_status(context, kWhat, response);
  if (status && resource("batches", status->id) != resource("batches", context.batch.status.id))
    return protocol_error(context.account.provider, kWhat, "the answer is about another batch");
  return status;
}

Result<HttpRequest> GoogleHttpApi::cancel_request(const CallContext& context) const {
  HttpRequest request =
      google_request(context.account, "POST", "", resource("batches", context.batch.status.id) + ":cancel");
  add_google_body(&request, "{}");
  return request;
}

Result<Cancelled> GoogleHttpApi::read_cancel(const CallContext& context, const HttpResponse& response) const {
  if (!response.ok()) {
    Error error =
        refine_google_error(response, read_http_error(context.account.provider, "cancelling the batch", response));
    // A batch that has ended is refused: there is nothing to cancel, which is no failure.
    if (error.code != Code::provider && error.http_status != 409) return error;
    return Cancelled{{}, true};
  }
  // The answer says nothing; the flag is kept by us.
  Cancelled cancelled{context.batch.status};
  if (!is_terminal(cancelled.status->state)) cancelled.status->state = State::cancelling;
  return cancelled;
}

Result<HttpRequest> GoogleHttpApi::list_request(const CallContext& context, const PageQuery& query) const {
  std::string path = "/batches?pageSize=" + std::to_string(std::clamp(query.limit, 1, kMaxPage));
  if (!query.cursor.empty()) path += "&pageToken=" + url_encode(query.cursor);
  HttpRequest request = google_request(context.account, "GET", "", path);
  request.large_answer = true;
  return request;
}

Result<BatchPage> GoogleHttpApi::read_list(const CallContext& context, const PageQuery&,
                                       const HttpResponse& response) const {
  constexpr std::string_view kWhat = "listing batches";
  auto json = read_google_answer(context, kWhat, response);
  BR_RETURN_IF_ERROR(json);
  if (!(*json)->is_object()) return protocol_error(context.account.provider, kWhat, "the answer is no list");
  // Empty lists are left out by Google; an answer of other fields is no list.
  const Json& operations = (**json)["operations"];
  const bool empty = (*json)->fields().empty() || (**json)["nextPageToken"].is_string();
  if (!operations.is_array() && !(**json)["batches"].is_array() && !empty)
    return protocol_error(context.account.provider, kWhat, "the answer has no list");
  BatchPage page;
  for (const Json& item : (operations.is_array() ? operations : (**json)["batches"]).items()) {
    auto status = read_google_batch(item, context.account.provider, kWhat);
    if (!status) add_listed(std::move(status.error()), &page);
    else add_listed(std::move(static_cast<RemoteStatus&>(*status)), &page);
  }
  page.next = (**json)["nextPageToken"].string_or("");
  return page;
}

std::vector<Download> GoogleHttpApi::downloads(const Account& account, const RemoteBatch& batch) const {
  const RemoteFile& output = batch.status.output;
  if (output.id.empty() && output.url.empty()) return {};
  HttpRequest request = google_request(account, "GET", "", "");
  request.url = output.id.empty() ? batch_address(account, batch.status.id) : file_address(account, output.id);
  request.large_answer = output.id.empty();
  return {{std::move(request), output.id.empty()}};
}

// Answers without keys are joined by their position where the user wants it. Of one request there can be but one answer,
// if it is the batch that we made.
Result<Page> GoogleHttpApi::read_page(const Account& account, const RemoteBatch& batch, const HttpResponse& response) const {
  auto json = read_object(account.provider, "downloading results", response);
  if (!json) return refine_google_error(response, std::move(json.error()));
  Page page;
  const bool only_one = batch.rows == 1 && !batch.adopted_by_person;
  append_inlined_rows(**json, batch.rows, only_one || account.setting("join") == "position", &page.lines);
  return page;
}

}  // namespace

std::unique_ptr<Provider> make_google_provider() {
  return std::make_unique<Provider>(std::make_unique<GoogleDialect>(), std::make_unique<GoogleHttpApi>());
}

}  // namespace br
