// xAI: chat completions and responses. A batch is a container with counters instead of a status word, and its results
// are pages instead of a file.
#include <algorithm>
#include <array>

#include "net/url.h"
#include "providers/openai/family.h"
#include "providers/shared/http_error.h"
#include "sys/clock.h"

namespace br {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr int kResultsPerPage = 200;  // the vendor takes 1000, but such a page may be larger than a control answer

constexpr std::array<Property, 3> kProperties = {{
    {"api_key", "", "XAI_API_KEY", true, "The API key."},
    {"base_url", "https://api.x.ai/v1", "XAI_BASE_URL", false, "As the official SDK takes it, …/v1."},
    {"input_expires_after_s", "", nullptr, false, "Seconds after which the vendor deletes the request file."},
}};

OpenAiVendor vendor() {
  OpenAiVendor v;
  v.name = "xai";
  v.properties = kProperties;
  Capability& c = v.capability;
  c.title = "xAI";
  c.docs = "https://docs.x.ai/docs/guides/batch-api";
  c.max_requests = 50'000;
  c.max_bytes = 200'000'000;
  c.max_line_bytes = 25'000'000;
  c.one_model_per_batch = false;
  c.one_endpoint_per_batch = false;
  c.marker = Marker::display_name;
  c.window_hours = 720;
  c.discount_percent = 20;  // of the newest models; more of some
  c.set_paths({{usual_path(Endpoint::chat), Endpoint::chat}, {usual_path(Endpoint::responses), Endpoint::responses},
               {"/v1/images/generations"}, {"/v1/images/edits"}, {"/v1/videos/"}});

  v.calls.purpose = "";
  v.calls.expiry_anchor = "";
  v.calls.expiry_seconds = "expires_after";

  OpenAiLines& d = v.lines;
  d.answer_schemas = d.tool_schemas = &kXaiSchema;
  d.vendor = c.title;
  d.provider = "xai";
  d.max_stops = 0;
  d.documents = DocumentForm::file_url;
  d.thoughts = "reasoning_content";
  d.audio = AudioForm::none;
  d.embeddings = false;
  v.rows.batch_results = true;
  v.rows.reasoning_is_extra = true;
  return v;
}

// By the vendor's clock.
std::int64_t time_of(const HttpResponse& response) { return parse_http_date(std::string(response.header("date"))); }

// A date without a time means the end of that day.
std::int64_t read_expiry(const Json& value) {
  const std::int64_t ms = read_time(value);
  return ms >= 0 && value.string().size() == std::string_view("2026-01-31").size() ? ms + kDayMs : ms;
}

Counts read_counts(const Json& state) {
  const auto count = [&state](std::string_view name) {
    return std::max<std::int64_t>(0, state[name].integer().value_or(0));
  };
  Counts c;
  c.total = count("num_requests");
  c.processing = count("num_pending");
  c.succeeded = count("num_success");
  c.errored = count("num_error");
  c.cancelled = count("num_cancelled");
  return c;
}

bool same(const Counts& a, const Counts& b) {
  return a.total == b.total && a.processing == b.processing && a.succeeded == b.succeeded && a.errored == b.errored &&
         a.cancelled == b.cancelled;
}

bool is_set(const Json& value) { return value.is_string() && !value.string().empty(); }

// What the counters and dates of a batch mean. before: what was known of it, for a cancelled batch's counters go on
// changing for a while. vendor_ms: the vendor's time; -1 where it did not say it, and then nothing expires, for requests
// that are said to have expired are asked, and paid, once more.
State derive_state(const Json& json, const RemoteStatus& now, const RemoteStatus& before, std::int64_t vendor_ms) {
  const Counts& c = now.counts;
  const bool rows = c.succeeded + c.errored > 0;
  if (rows && c.processing == 0 && c.cancelled == 0) return State::completed;
  if (is_set(json["cancel_by_xai_message"]) && !rows) return State::failed;
  if (is_set(json["cancel_time"])) {
    if (before.state == State::cancelled) return State::cancelled;
    const bool repeated = before.state == State::cancelling && before.counts_known && same(before.counts, c);
    return repeated ? State::cancelled : State::cancelling;
  }
  if (now.expires_ms >= 0 && vendor_ms >= now.expires_ms && (c.processing > 0 || c.total == 0)) return State::expired;
  return c.total == 0 ? State::validating : State::in_progress;
}

Result<RemoteStatus> read_batch(const Json& json, const CallContext& context, std::string_view what,
                                const RemoteStatus& before, std::int64_t vendor_ms) {
  RemoteStatus status;
  status.id = json["batch_id"].string_or(json["id"].string());
  if (status.id.empty()) return protocol_error("xai", what, "the answer is no batch: it has no batch_id");
  status.marker = json["name"].string_or("");
  status.input_file_id = json["input_file_id"].string_or("");
  status.created_ms = read_time(json["create_time"]);
  status.expires_ms = read_expiry(json["expire_time"]);
  status.counts_known = json["state"].is_object();
  status.counts = read_counts(json["state"]);
  status.state = derive_state(json, status, before, vendor_ms);
  status.vendor_state = state_name(status.state);
  if (status.state == State::failed) status.failure = batch_failure(json["cancel_by_xai_message"].string(), "");
  // The results stand in no file; the address says that there is nothing to wait for.
  if (is_terminal(status.state))
    status.output.url = context.account.base_url + openai_path("/batches", status.id, "/results");
  status.raw = kept_raw(json);
  return status;
}

// xAI answers a wrong key with 400.
Error reclassify(Error error) {
  if (error.http_status == 400 && error.message.find("API key") != std::string::npos) {
    error.code = Code::auth;
    error.hint = "check the API key and what it may do";
  }
  return error;
}

template <class T>
Result<T> reclassified(Result<T> result) {
  if (!result) return reclassify(std::move(result.error()));
  return result;
}

Result<RemoteStatus> read_status(const CallContext& context, std::string_view what, const HttpResponse& response) {
  auto json = read_object("xai", what, response);
  if (!json) return reclassify(std::move(json.error()));
  return reclassified(read_batch(**json, context, what, context.batch.status, time_of(response)));
}

// Its files are OpenAI's, its batches are not.
class XaiHttpApi : public OpenAiHttpApi {
 public:
  using OpenAiHttpApi::OpenAiHttpApi;

  Result<UploadStep> read_upload(const CallContext& context, const UploadState& state,
                                 const HttpResponse& response) const override {
    return reclassified(OpenAiHttpApi::read_upload(context, state, response));
  }
  Result<FilePage> read_find_upload(const CallContext& context, const HttpResponse& response) const override {
    return reclassified(OpenAiHttpApi::read_find_upload(context, response));
  }
  Result<void> read_delete(const CallContext& context, const HttpResponse& response) const override {
    auto deleted = OpenAiHttpApi::read_delete(context, response);
    if (!deleted) return reclassify(std::move(deleted.error()));
    return deleted;
  }

  Result<HttpRequest> create_request(const CallContext& context, std::string_view) const override {
    std::string body;
    JsonWriter json(&body);
    json.begin_object().field("name", context.batch.marker).field("input_file_id", context.batch.input_file_id);
    json.end_object();
    return openai_create_request(calls_, context.account, std::move(body));
  }
  Result<RemoteStatus> read_create(const CallContext& context, const HttpResponse& response) const override {
    return read_status(context, "creating the batch", response);
  }

  Result<HttpRequest> poll_request(const CallContext& context) const override { return batch_call(context, "GET", ""); }
  Result<RemoteStatus> read_poll(const CallContext& context, const HttpResponse& response) const override {
    auto status = read_status(context, "asking for the batch", response);
    if (status && status->id != context.batch.status.id)
      return protocol_error("xai", "asking for the batch", "the answer is about another batch");
    return status;
  }

  Result<HttpRequest> cancel_request(const CallContext& context) const override {
    return batch_call(context, "POST", ":cancel");
  }
  Result<Cancelled> read_cancel(const CallContext& context, const HttpResponse& response) const override {
    auto status = read_status(context, "cancelling the batch", response);
    if (status) return cancelled_batch(std::move(*status));
    if (status.error().code == Code::auth) return std::move(status.error());
    return cancel_refused(std::move(status.error()));
  }

  Result<HttpRequest> list_request(const CallContext& context, const PageQuery& query) const override {
    std::string path = "/batches?limit=" + std::to_string(query.limit);
    if (!query.cursor.empty()) path += "&pagination_token=" + url_encode(query.cursor);
    return openai_request(calls_, context.account, "GET", path);
  }
  Result<BatchPage> read_list(const CallContext& context, const PageQuery&,
                              const HttpResponse& response) const override {
    constexpr std::string_view kWhat = "listing batches";
    auto json = read_object("xai", kWhat, response);
    if (!json) return reclassify(std::move(json.error()));
    const Json& batches = (**json)["batches"];
    if (!batches.is_array()) return protocol_error("xai", kWhat, "the answer has no list");
    BatchPage page;
    for (const Json& item : batches.items()) add_listed(read_batch(item, context, kWhat, {}, time_of(response)), &page);
    page.next = (**json)["pagination_token"].string_or("");
    return page;
  }

  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    return {results(account, batch.status.id, {})};
  }
  Result<Page> read_page(const Account& account, const RemoteBatch& batch,
                         const HttpResponse& response) const override {
    auto json = read_object(account.provider, "downloading results", response);
    if (!json) return reclassify(std::move(json.error()));
    const Json& rows = (**json)["results"];
    if (!rows.is_array()) return protocol_error("xai", "downloading results", "the answer is no page of results");
    Page page;
    for (const Json& row : rows.items()) append_line(row.raw(), &page.lines);
    const std::string token = (**json)["pagination_token"].string_or("");
    if (!token.empty()) page.next.push_back(results(account, batch.status.id, token));
    return page;
  }

 private:
  Download results(const Account& account, std::string_view id, std::string_view token) const {
    std::string path = openai_path("/batches", id, "/results?limit=" + std::to_string(kResultsPerPage));
    if (!token.empty()) path += "&pagination_token=" + url_encode(token);
    Download download{openai_request(calls_, account, "GET", path), true};
    download.request.large_answer = true;
    return download;
  }

  HttpRequest batch_call(const CallContext& context, std::string method, std::string_view suffix) const {
    return openai_request(calls_, context.account, std::move(method),
                          openai_path("/batches", context.batch.status.id, suffix));
  }
};

}  // namespace

std::unique_ptr<Provider> make_xai_provider() {
  return make_openai_family_provider<OpenAiFamilyDialect, XaiHttpApi>(vendor());
}

}  // namespace br
