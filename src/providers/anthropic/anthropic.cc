// Anthropic: Message Batches. The requests go inside the create call. A batch carries no name of ours, so every id on
// the wire carries the job's tag: time and number of requests only say where to look, a result row proves whose it is.
#include <algorithm>
#include <array>

#include "net/url.h"
#include "providers/anthropic/lines.h"
#include "providers/provider.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::string_view kBodyPrefix = "{\"requests\":[", kBodySuffix = "]}";
constexpr std::string_view kWirePrefix = "br-row-", kTagPrefix = "br-";
constexpr std::size_t kMaxId = 64;
constexpr int kMaxPage = 1000;

Capability make_capability() {
  Capability c;
  c.title = "Anthropic";
  c.docs = "https://platform.claude.com/docs/en/build-with-claude/batch-processing";
  c.max_requests = 100'000;
  c.max_bytes = 256'000'000 - static_cast<std::int64_t>(kBodyPrefix.size() + kBodySuffix.size());
  c.file_mode = false;
  c.inline_mode = true;
  c.one_model_per_batch = false;
  c.marker = Marker::none;
  c.line_form = LineForm::anthropic;
  c.caches_when_asked = true;
  c.set_paths({{"/v1/messages", Endpoint::chat}});
  c.retention_days = 29;
  return c;
}

constexpr std::array<Property, 4> kProperties = {{
    {"api_key", "", "ANTHROPIC_API_KEY", true, "The API key."},
    {"base_url", "https://api.anthropic.com", "ANTHROPIC_BASE_URL", false,
     "The origin with an optional path, as the official SDK takes it; /v1 is added unless it ends so."},
    {"version", "2023-06-01", nullptr, false, "Sent as anthropic-version."},
    {"beta", "", nullptr, false, "Sent as anthropic-beta: features, comma separated."},
}};

constexpr std::array<BatchHeader, 2> kBatchHeaders = {{{"anthropic-version", "version"}, {"anthropic-beta", "beta"}}};
constexpr CaptureRules kCapture = {AnswerForm::anthropic, "x-api-key", "", kBatchHeaders};

HttpRequest make_request(const Account& account, std::string method, std::string_view path) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = account.base_url;
  if (!request.url.ends_with("/v1")) request.url += "/v1";
  request.url += path;
  request.add_secret_header("x-api-key", account.api_key);
  request.add_header("anthropic-version", std::string(account.setting("version")));
  if (const auto beta = account.setting("beta"); !beta.empty())
    request.add_header("anthropic-beta", std::string(beta));
  return request;
}

std::string path_of(std::string_view id, std::string_view suffix = {}) {
  return "/messages/batches/" + url_encode(id) + std::string(suffix);
}

// What only Anthropic says: spend limits come as rate limits, an empty account as a wrong request.
Error refine(const HttpResponse& response, Error error) {
  const auto json = Json::parse(response.body);
  if (json == nullptr) return error;
  const Json& inner = (*json)["error"];
  const std::string_view code = inner["details"]["error_code"].string();
  const bool empty = inner["message"].string().find("credit balance is too low") != std::string_view::npos;
  const bool spent = is_billing_code(code) || (error.http_status == 400 && empty);
  if (spent) {
    error.code = Code::quota;
    error.transient = false;
    error.hint = "add credit or raise the limit at the vendor, then resume";
  }
  if (!code.empty()) error.vendor_code = code;
  return error;
}

Result<std::shared_ptr<const Json>> read_answer(const CallContext& context, std::string_view what,
                                                const HttpResponse& response) {
  auto json = read_object(context.account.provider, what, response);
  if (!json) return refine(response, std::move(json.error()));
  return json;
}

std::int64_t count(const Json& counts, std::string_view name) {
  return std::max<std::int64_t>(0, counts[name].integer().value_or(0));
}

// All counters but "processing" stay 0 until the batch has ended; the total is right at any time.
void read_counts(const Json& json, RemoteStatus* status) {
  Counts& c = status->counts;
  c.processing = count(json, "processing");
  c.succeeded = count(json, "succeeded");
  c.errored = count(json, "errored");
  c.cancelled = count(json, "canceled");
  c.expired = count(json, "expired");
  c.total = c.processing + c.succeeded + c.errored + c.cancelled + c.expired;
}

State ended_state(const Counts& c) {
  if (c.cancelled > 0) return State::cancelled;
  if (c.expired > 0 && c.succeeded == 0 && c.errored == 0) return State::expired;
  return State::completed;
}

void read_state(const Json& json, RemoteStatus* status) {
  status->vendor_state = json["processing_status"].string_or("");
  const std::string word = lower_case(status->vendor_state);
  if (word == "ended") status->state = ended_state(status->counts);
  else if (word == "canceling" || word == "cancelling") status->state = State::cancelling;
  else status->state_known = word == "in_progress";
  status->counts_known = word == "ended" && json["request_counts"].is_object();
}

Result<RemoteStatus> read_batch(const Account& account, const Json& json, std::string_view what) {
  RemoteStatus status;
  status.id = json["id"].string_or("");
  if (status.id.empty()) return protocol_error(account.provider, what, "the answer is no batch: it has no id");
  read_counts(json["request_counts"], &status);
  read_state(json, &status);
  status.created_ms = read_time(json["created_at"]);
  status.completed_ms = read_time(json["ended_at"]);
  status.expires_ms = read_time(json["expires_at"]);
  if (is_terminal(status.state))
    status.output.url = json["results_url"].string_or(make_request(account, "GET", path_of(status.id, "/results")).url);
  status.raw = kept_raw(json);
  return status;
}

Result<RemoteStatus> read_status(const CallContext& context, std::string_view what, const HttpResponse& response) {
  auto json = read_answer(context, what, response);
  BR_RETURN_IF_ERROR(json);
  return read_batch(context.account, **json, what);
}

// The address the vendor gives is used where it is on our own origin; behind a proxy it may be out of reach, and it
// must not get the key.
std::string results_address(const Account& account, const RemoteBatch& batch) {
  const std::string& given = batch.status.output.url;
  const auto url = parse_url(given);
  const auto base = parse_url(account.base_url);
  if (url && base && url->origin() == base->origin()) return given;
  return make_request(account, "GET", path_of(batch.status.id, "/results")).url;
}

class AnthropicDialect : public Dialect {
 public:
  std::string_view name() const override { return "anthropic"; }
  const Capability& capability() const override { return capability_; }
  std::span<const Property> properties() const override { return kProperties; }
  const CaptureRules* capture_rules() const override { return &kCapture; }

  // "br-<tag>-<caller's id>", so that a person can read it, or "br-<tag>_<number>" where that does not fit.
  std::string wire_id(std::string_view custom_id, std::uint64_t number, std::string_view tag) const override {
    const bool plain = !custom_id.empty() && std::all_of(custom_id.begin(), custom_id.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (tag.empty()) {
      const bool fits = plain && custom_id.size() <= kMaxId && !custom_id.starts_with(kWirePrefix);
      return fits ? std::string() : std::string(kWirePrefix) + std::to_string(number);
    }
    std::string id = std::string(kTagPrefix) + std::string(tag);
    if (plain && id.size() + 1 + custom_id.size() <= kMaxId) return id.append("-").append(custom_id);
    return id.append("_").append(std::to_string(number));
  }

  bool encode(const Request& request, const EncodeOptions& options, std::string* out, Issue* issue,
              std::vector<std::string>* warnings) const override {
    return encode_anthropic_line(request, options, out, issue, warnings);
  }

  std::unique_ptr<RowReader> row_reader() const override { return make_anthropic_row_reader(); }

 private:
  const Capability capability_ = make_capability();
};

// The requests travel with the create call: there are no files, neither to upload nor to delete.
class AnthropicHttpApi : public HttpApi {
 public:
  Result<HttpRequest> create_request(const CallContext& context, std::string_view) const override {
    HttpRequest request = make_request(context.account, "POST", "/messages/batches");
    request.add_header("Content-Type", "application/json");
    request.body_prefix = kBodyPrefix;
    request.body_path = context.batch.request_path;
    request.join_lines = true;
    request.body_suffix = kBodySuffix;
    return request;
  }
  Result<RemoteStatus> read_create(const CallContext& context, const HttpResponse& response) const override {
    return read_status(context, "creating the batch", response);
  }

  Result<HttpRequest> poll_request(const CallContext& context) const override {
    return make_request(context.account, "GET", path_of(context.batch.status.id));
  }
  Result<RemoteStatus> read_poll(const CallContext& context, const HttpResponse& response) const override {
    constexpr std::string_view kWhat = "asking for the batch";
    auto status = read_status(context, kWhat, response);
    if (status && status->id != context.batch.status.id)
      return protocol_error(context.account.provider, kWhat, "the answer is about another batch");
    return status;
  }

  Result<HttpRequest> cancel_request(const CallContext& context) const override {
    return make_request(context.account, "POST", path_of(context.batch.status.id, "/cancel"));
  }
  Result<Cancelled> read_cancel(const CallContext& context, const HttpResponse& response) const override {
    auto status = read_status(context, "cancelling the batch", response);
    if (status) return cancelled_batch(std::move(*status));
    // A batch that has ended is refused: there is nothing to cancel, which is no failure.
    if (status.error().code == Code::quota) return std::move(status.error());
    return cancel_refused(std::move(status.error()));
  }

  Result<HttpRequest> list_request(const CallContext& context, const PageQuery& query) const override {
    std::string path = "/messages/batches?limit=" + std::to_string(std::clamp(query.limit, 1, kMaxPage));
    if (!query.cursor.empty()) path += "&after_id=" + url_encode(query.cursor);
    return make_request(context.account, "GET", path);
  }
  Result<BatchPage> read_list(const CallContext& context, const PageQuery& query,
                              const HttpResponse& response) const override {
    constexpr std::string_view kWhat = "listing batches";
    auto json = read_answer(context, kWhat, response);
    BR_RETURN_IF_ERROR(json);
    const Json& data = (**json)["data"];
    if (!data.is_array()) return protocol_error(context.account.provider, kWhat, "the answer has no list");
    BatchPage page;
    for (const Json& item : data.items()) add_listed(read_batch(context.account, item, kWhat), &page);
    const std::string last_id = page.batches.empty() ? "" : page.batches.back().id;
    auto next = next_by_last_id(context.account.provider, kWhat, query, **json, data.items().size(), last_id);
    BR_RETURN_IF_ERROR(next);
    page.next = std::move(*next);
    return page;
  }

  std::vector<Download> downloads(const Account& account, const RemoteBatch& batch) const override {
    if (batch.status.output.url.empty()) return {};
    HttpRequest request = make_request(account, "GET", "");
    request.url = results_address(account, batch);
    return {{std::move(request)}};
  }
};

}  // namespace

std::unique_ptr<Provider> make_anthropic_provider() {
  return std::make_unique<Provider>(std::make_unique<AnthropicDialect>(), std::make_unique<AnthropicHttpApi>());
}

}  // namespace br
