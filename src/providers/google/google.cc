// Google: the Gemini API's batches. A batch is a long-running operation; its request file goes through a resumable
// upload, or, where the caller asks for it and the batch is small, inside the create call.
#include <algorithm>
#include <array>

#include "codec/json_cursor.h"
#include "codec/json_write.h"
#include "net/url.h"
#include "providers/google/dialect.h"
#include "providers/google/upload.h"
#include "providers/google/wire.h"
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
  return c;
}

constexpr std::array<Property, 3> kProperties = {{
    {"api_key", "", "GOOGLE_API_KEY,GEMINI_API_KEY", true, "The API key."},
    {"base_url", "https://generativelanguage.googleapis.com", "GOOGLE_GEMINI_BASE_URL", false,
     "The origin with an optional path, as the official SDK takes it; /v1beta, /upload/v1beta and /download/v1beta are "
     "added."},
    {"mode", "auto", nullptr, false,
     "How requests are sent: auto or file, as an uploaded file; inline, inside the create call where they are small."},
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

Result<Step> upload(const OpContext& context, const HttpResponse* last) {
  if (last == nullptr && goes_inline(context.account, context.batch)) return Step{};
  return advance_google_upload(context, last);
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

Result<std::string> create_body(const OpContext& context) {
  std::string body;
  JsonWriter json(&body);
  json.begin_object().key("batch").begin_object().field("displayName", context.batch.marker);
  json.key("inputConfig").begin_object();
  if (!context.batch.input_file_id.empty()) {
    json.field("fileName", context.batch.input_file_id);
  } else {
    std::string requests = "[";
    if (!append_inline(context.lines, &requests))
      return Error(Code::io, "[google] the request file is damaged: " + context.batch.request_path, "submit it again");
    json.key("requests").begin_object().key("requests").raw(requests + "]").end_object();
  }
  json.end_object().end_object().end_object();
  return body;
}

Result<Step> read_status(const OpContext& context, std::string_view what, const HttpResponse& last) {
  auto json = read_google_answer(context, what, last);
  if (!json) return std::move(json.error());
  auto status = read_google_batch(**json, context.account.provider, what);
  if (!status) return std::move(status.error());
  // The vendor has no word for a batch that is being cancelled.
  if (context.batch.cancel_wanted && !is_terminal(status->state)) status->state = State::cancelling;
  // One file holds the good and the failed rows; with an address at hand nobody waits for a second one.
  if (!status->output.id.empty())
    status->output.url = file_address(context.account, status->output.id);
  else if (status->inlined)
    status->output.url = batch_address(context.account, status->id);
  Step step;
  step.outcome.status = std::move(static_cast<RemoteStatus&>(*status));
  return step;
}

Result<Step> create(const OpContext& context, const HttpResponse* last) {
  if (last != nullptr) return read_status(context, "creating the batch", *last);
  const bool embeds = context.batch.endpoint == Endpoint::embeddings;
  const std::string verb = embeds ? ":asyncBatchEmbedContent" : ":batchGenerateContent";
  HttpRequest request = google_request(context.account, "POST", "", model_path(context.batch.model) + verb);
  auto body = create_body(context);
  if (!body) return std::move(body.error());
  add_google_body(&request, std::move(*body));
  return send_step(std::move(request));
}

// ---- the rest ----

Result<Step> poll(const OpContext& context, const HttpResponse* last) {
  constexpr std::string_view kWhat = "asking for the batch";
  const std::string path = resource("batches", context.batch.status.id);
  if (last == nullptr) {
    HttpRequest request = google_request(context.account, "GET", "", path);
    request.large_answer = true;
    return send_step(std::move(request));
  }
  auto step = read_status(context, kWhat, *last);
  if (step && resource("batches", step->outcome.status->id) != path)
    return protocol_error(context.account.provider, kWhat, "the answer is about another batch");
  return step;
}

Result<Step> cancel(const OpContext& context, const HttpResponse* last) {
  if (last == nullptr) {
    HttpRequest request =
        google_request(context.account, "POST", "", resource("batches", context.batch.status.id) + ":cancel");
    add_google_body(&request, "{}");
    return send_step(std::move(request));
  }
  Step step;
  if (!last->ok()) {
    Error error = refine_google_error(*last, read_http_error(context.account.provider, "cancelling the batch", *last));
    // A batch that has ended is refused: there is nothing to cancel, which is no failure.
    if (error.code != Code::provider && error.http_status != 409) return error;
    step.outcome.already_ended = true;
    return step;
  }
  // The answer says nothing; the flag is kept by us.
  step.outcome.status = context.batch.status;
  if (!is_terminal(step.outcome.status->state)) step.outcome.status->state = State::cancelling;
  return step;
}

Result<Step> list(const OpContext& context, const HttpResponse* last) {
  constexpr std::string_view kWhat = "listing batches";
  if (last == nullptr) {
    std::string path = "/batches?pageSize=" + std::to_string(std::clamp(context.list_limit, 1, kMaxPage));
    if (!context.page.empty()) path += "&pageToken=" + url_encode(context.page);
    HttpRequest request = google_request(context.account, "GET", "", path);
    request.large_answer = true;
    return send_step(std::move(request));
  }
  auto json = read_google_answer(context, kWhat, *last);
  if (!json) return std::move(json.error());
  if (!(*json)->is_object()) return protocol_error(context.account.provider, kWhat, "the answer is no list");
  // Empty lists are left out by Google; an answer of other fields is no list.
  const Json& operations = (**json)["operations"];
  const bool empty = (*json)->fields().empty() || (**json)["nextPageToken"].is_string();
  if (!operations.is_array() && !(**json)["batches"].is_array() && !empty)
    return protocol_error(context.account.provider, kWhat, "the answer has no list");
  Step step;
  for (const Json& item : (operations.is_array() ? operations : (**json)["batches"]).items()) {
    auto status = read_google_batch(item, context.account.provider, kWhat);
    if (!status) add_listed(std::move(status.error()), &step.outcome);
    else add_listed(std::move(static_cast<RemoteStatus&>(*status)), &step.outcome);
  }
  step.outcome.next_page = (**json)["nextPageToken"].string_or("");
  return step;
}

Result<Step> delete_file(const OpContext& context, const HttpResponse* last) {
  if (last == nullptr)
    return send_step(google_request(context.account, "DELETE", "", resource("files", context.file_id)));
  if (last->ok() || last->status == 404) return Step{};
  return refine_google_error(*last, read_http_error(context.account.provider, "deleting a file", *last));
}

class GoogleProvider : public Provider {
 public:
  std::string_view name() const override { return "google"; }
  const Capability& capability() const override { return capability_; }
  std::span<const Property> properties() const override { return kProperties; }

  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    return encode_google_line("Google", request, options, out, issue, warnings);
  }

  Result<Step> advance(Op op, const OpContext& context, const HttpResponse* last) const override {
    switch (op) {
      case Op::upload:
        return upload(context, last);
      case Op::create:
        return create(context, last);
      case Op::poll:
        return poll(context, last);
      case Op::cancel:
        return cancel(context, last);
      case Op::list:
        return list(context, last);
      case Op::find_upload:
        return Step{};  // its batches keep our marker as their name
      case Op::delete_file:
        return delete_file(context, last);
    }
    return Error(Code::unsupported, "no such operation");
  }

  // Without an uploaded file the requests go inline, also when the setting was changed in between.
  bool wants_lines(const Account&, const RemoteBatch& batch) const override { return batch.input_file_id.empty(); }

  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    const RemoteFile& output = batch.status.output;
    if (output.id.empty() && output.url.empty()) return {};
    HttpRequest request = google_request(account, "GET", "", "");
    request.url = output.id.empty() ? batch_address(account, batch.status.id) : file_address(account, output.id);
    request.large_answer = output.id.empty();
    return {{std::move(request), output.id.empty(), {}}};
  }

  Result<Page> read_page(const Account& account, const RemoteBatch&, const HttpResponse& response) const override {
    auto json = read_object(account.provider, "downloading results", response);
    if (!json) return refine_google_error(response, std::move(json.error()));
    Page page;
    append_inlined_rows(**json, &page.lines);
    return page;
  }

  std::unique_ptr<RowReader> row_reader() const override { return make_google_row_reader(); }

 private:
  Capability capability_ = make_capability();
};

}  // namespace

std::unique_ptr<Provider> make_google_provider() { return std::make_unique<GoogleProvider>(); }

}  // namespace br
