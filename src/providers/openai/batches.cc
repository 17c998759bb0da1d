#include "providers/openai/batches.h"

#include <algorithm>
#include <charconv>

#include "codec/json_write.h"
#include "net/url.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::string_view kListing = "listing batches";
constexpr const char* kFileSuffix = ".jsonl";
constexpr int kFilesPerPage = 1000;

void give_key(const OpenAiCalls& calls, const Account& account, HttpRequest* request) {
  if (account.api_key.empty() || calls.auth == Auth::none) return;
  if (calls.auth == Auth::api_key)
    request->add_secret_header("api-key", account.api_key);
  else
    request->add_secret_header("Authorization", "Bearer " + account.api_key);
}

std::string create_body(const OpenAiCalls& calls, const CallContext& context) {
  std::string body;
  JsonWriter json(&body);
  json.begin_object().field("input_file_id", context.batch.input_file_id);
  json.field("endpoint", calls.create_endpoint.empty() ? openai_batch_path(context.batch) : calls.create_endpoint);
  if (calls.completion_window) json.field("completion_window", context.account.setting("completion_window"));
  if (calls.metadata) write_metadata("metadata", context.batch, &json);
  if (const auto seconds = context.account.setting("output_expires_after_s"); !seconds.empty()) {
    json.key("output_expires_after").begin_object().field("anchor", "created_at").key("seconds").raw(seconds);
    json.end_object();
  }
  json.end_object();
  return body;
}

// The answer that is a batch.
Result<RemoteStatus> read_status(const OpenAiCalls& calls, const CallContext& context, std::string_view what,
                                 const HttpResponse& response) {
  auto json = read_object(context.account.provider, what, response);
  BR_RETURN_IF_ERROR(json);
  return read_openai_batch(calls, **json, context.account.provider, what);
}

// Where a listing by number stands: the page, and the batches on those before it. Its cursor is "<page>.<seen>".
struct PageMark {
  std::int64_t page = 0, seen = 0;
};

PageMark page_mark(std::string_view cursor) {
  PageMark mark;
  const std::size_t dot = std::min(cursor.find('.'), cursor.size());
  std::from_chars(cursor.data(), cursor.data() + dot, mark.page);
  if (dot < cursor.size()) std::from_chars(cursor.data() + dot + 1, cursor.data() + cursor.size(), mark.seen);
  return mark;
}

std::string list_query(const OpenAiCalls& calls, const PageQuery& query) {
  const std::string limit = std::to_string(query.limit);
  const std::string page = url_encode(query.cursor);
  switch (calls.listing) {
    case Listing::after:
      return "?limit=" + limit + (page.empty() ? "" : "&after=" + page);
    case Listing::cursor:
      return page.empty() ? "" : "?cursor=" + page;
    case Listing::page:
      return "?page=" + std::to_string(page_mark(query.cursor).page) + "&page_size=" + limit + "&order_by=-created";
    case Listing::whole:
      break;
  }
  return {};
}

// A vendor without pages that gives exactly so many may have begun to cut its list.
bool is_page_size(std::size_t items) {
  static constexpr std::size_t kPageSizes[] = {20, 50, 100, 200, 500, 1000};
  return std::find(std::begin(kPageSizes), std::end(kPageSizes), items) != std::end(kPageSizes);
}

Result<std::string> next_page(const OpenAiCalls& calls, std::string_view provider, const PageQuery& query,
                              const Json& answer, std::size_t items, const std::string& last_id) {
  if (calls.listing == Listing::cursor) return answer["paging"]["next_cursor"].string_or("");
  if (calls.listing == Listing::page) {
    // A vendor may give fewer than it is asked for: only what was seen, or an empty page, tells the end.
    PageMark mark = page_mark(query.cursor);
    mark.page += 1;
    mark.seen += static_cast<std::int64_t>(items);
    const auto total = answer["total"].integer();
    if (items == 0 && total && mark.seen < *total)
      return protocol_error(provider, kListing,
                            "an empty page after " + std::to_string(mark.seen) + " of " + std::to_string(*total) + " entries");
    const bool more = items > 0 && mark.seen < total.value_or(mark.seen + 1);
    return more ? std::to_string(mark.page) + "." + std::to_string(mark.seen) : std::string();
  }
  if (calls.listing == Listing::whole && is_page_size(items))
    return protocol_error(provider, kListing,
                          "the answer has " + std::to_string(items) + " entries, which may be a page and not the whole list");
  if (calls.listing != Listing::after) return std::string();
  return next_by_last_id(provider, kListing, query, answer, items, last_id);
}

// A vendor without a list of files is told by its answer; where batches keep our metadata, that list is not needed.
bool has_no_file_list(const HttpResponse& answer) {
  return answer.failure == Failure::none && (answer.status == 404 || answer.status == 405 || answer.status == 501);
}

}  // namespace

std::string openai_root(const OpenAiCalls& calls, const Account& account) {
  const std::string& base = account.base_url;
  if (calls.version.empty() || base.ends_with("/v1")) return base;
  constexpr std::string_view kOpenAi = "/openai";
  const bool half = base.ends_with(kOpenAi) && calls.version.starts_with(kOpenAi);
  return base + std::string(half ? calls.version.substr(kOpenAi.size()) : calls.version);
}

HttpRequest openai_request(const OpenAiCalls& calls, const Account& account, std::string method,
                           std::string_view path) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = openai_root(calls, account).append(path);
  if (!calls.query.empty())
    request.url.append(path.find('?') == std::string_view::npos ? "?" : "&").append(calls.query);
  give_key(calls, account, &request);
  if (!account.organization.empty()) request.add_header("OpenAI-Organization", account.organization);
  if (!account.project.empty()) request.add_header("OpenAI-Project", account.project);
  return request;
}

HttpRequest openai_create_request(const OpenAiCalls& calls, const Account& account, std::string body) {
  HttpRequest request = openai_request(calls, account, "POST", calls.batches_path);
  request.add_header("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

std::string openai_path(std::string_view prefix, std::string_view id, std::string_view suffix) {
  return std::string(prefix) + "/" + url_encode(id) + std::string(suffix);
}

OpenAiCalls OpenAiHttpApi::calls_of(const Account&) const { return calls_; }

// ---- the request file ----

Result<std::optional<UploadCall>> OpenAiHttpApi::upload_request(const CallContext& context) const {
  const OpenAiCalls calls = calls_of(context.account);
  HttpRequest request = openai_request(calls, context.account, "POST", calls.upload_path);
  const auto field = [&request](std::string_view name, std::string_view value) {
    if (!name.empty()) request.form.push_back({std::string(name), std::string(value), "", "", ""});
  };
  const std::string file_name = context.batch.marker + kFileSuffix;
  if (!calls.purpose.empty()) field("purpose", calls.purpose);
  if (calls.file_name_fields) field("file_name", file_name), field("file_type", "jsonl");
  if (const auto seconds = context.account.setting("input_expires_after_s"); !seconds.empty()) {
    field(calls.expiry_anchor, "created_at");
    field(calls.expiry_seconds, seconds);
  }
  request.form.push_back({"file", "", context.batch.request_path, file_name, std::string(calls.content_type)});
  return one_exchange(std::move(request));
}

Result<UploadStep> OpenAiHttpApi::read_upload(const CallContext& context, const UploadState&,
                                          const HttpResponse& response) const {
  constexpr std::string_view kWhat = "uploading the request file";
  auto json = read_object(context.account.provider, kWhat, response);
  BR_RETURN_IF_ERROR(json);
  std::string id = (**json)["id"].string_or("");
  if (id.empty()) return protocol_error(context.account.provider, kWhat, "the answer has no file id");
  return UploadStep(UploadedFile{std::move(id)});
}

Result<std::optional<HttpRequest>> OpenAiHttpApi::find_upload_request(const CallContext& context,
                                                                  const PageQuery& query) const {
  const OpenAiCalls calls = calls_of(context.account);
  std::string path = std::string(calls.files_path) + "?limit=" + std::to_string(kFilesPerPage);
  if (!calls.purpose.empty()) path += "&purpose=" + url_encode(calls.purpose);
  if (!query.cursor.empty()) path += "&after=" + url_encode(query.cursor);
  return std::optional(openai_request(calls, context.account, "GET", path));
}

Result<FilePage> OpenAiHttpApi::read_find_upload(const CallContext& context, const HttpResponse& response) const {
  constexpr std::string_view kWhat = "listing uploaded files";
  if (calls_of(context.account).metadata && has_no_file_list(response)) return FilePage{};
  auto json = read_object(context.account.provider, kWhat, response);
  BR_RETURN_IF_ERROR(json);
  const Json& data = (*json)->is_array() ? **json : (**json)["data"];
  if (!data.is_array()) return protocol_error(context.account.provider, kWhat, "the answer has no list");
  FilePage page;
  std::string last_id;
  for (const Json& item : data.items()) {
    last_id = item["id"].string_or("");
    if (last_id.empty()) return protocol_error(context.account.provider, kWhat, "an entry has no id");
    if (item["filename"].string() == context.batch.marker + kFileSuffix) page.ids.push_back(last_id);
  }
  // Only a vendor that says so has more: one that leaves "has_more" out gives all files at once.
  if ((**json)["has_more"].boolean()) page.next = (**json)["last_id"].string_or(last_id);
  return page;
}

Result<std::optional<HttpRequest>> OpenAiHttpApi::delete_request(const CallContext& context,
                                                             std::string_view file_id) const {
  const OpenAiCalls calls = calls_of(context.account);
  return std::optional(openai_request(calls, context.account, "DELETE", openai_path(calls.files_path, file_id)));
}

Result<void> OpenAiHttpApi::read_delete(const CallContext& context, const HttpResponse& response) const {
  if (response.ok() || response.status == 404) return {};
  return read_http_error(context.account.provider, "deleting a file", response);
}

// ---- the batch ----

Result<HttpRequest> OpenAiHttpApi::create_request(const CallContext& context, std::string_view) const {
  const OpenAiCalls calls = calls_of(context.account);
  return openai_create_request(calls, context.account, create_body(calls, context));
}

Result<RemoteStatus> OpenAiHttpApi::read_create(const CallContext& context, const HttpResponse& response) const {
  return read_status(calls_of(context.account), context, "creating the batch", response);
}

Result<HttpRequest> OpenAiHttpApi::poll_request(const CallContext& context) const {
  const OpenAiCalls calls = calls_of(context.account);
  return openai_request(calls, context.account, "GET", openai_path(calls.batches_path, context.batch.status.id));
}

Result<RemoteStatus> OpenAiHttpApi::read_poll(const CallContext& context, const HttpResponse& response) const {
  constexpr std::string_view kWhat = "asking for the batch";
  auto status = read_status(calls_of(context.account), context, kWhat, response);
  if (status && status->id != context.batch.status.id)
    return protocol_error(context.account.provider, kWhat, "the answer is about another batch");
  return status;
}

Result<HttpRequest> OpenAiHttpApi::cancel_request(const CallContext& context) const {
  const OpenAiCalls calls = calls_of(context.account);
  const std::string path = openai_path(calls.batches_path, context.batch.status.id, "/cancel");
  return openai_request(calls, context.account, "POST", path);
}

Result<Cancelled> OpenAiHttpApi::read_cancel(const CallContext& context, const HttpResponse& response) const {
  auto status = read_status(calls_of(context.account), context, "cancelling the batch", response);
  if (!status) return cancel_refused(std::move(status.error()));
  return cancelled_batch(std::move(*status));
}

Result<HttpRequest> OpenAiHttpApi::list_request(const CallContext& context, const PageQuery& query) const {
  const OpenAiCalls calls = calls_of(context.account);
  const std::string path = std::string(calls.batches_path) + list_query(calls, query);
  return openai_request(calls, context.account, "GET", path);
}

Result<BatchPage> OpenAiHttpApi::read_list(const CallContext& context, const PageQuery& query,
                                       const HttpResponse& response) const {
  const std::string& provider = context.account.provider;
  const OpenAiCalls calls = calls_of(context.account);
  auto json = read_object(provider, kListing, response);
  BR_RETURN_IF_ERROR(json);
  const Json& named = (**json)["data"].is_array() ? (**json)["data"] : (**json)["value"];
  const bool bare = calls.listing == Listing::whole && (*json)->is_array();
  const Json& data = bare ? **json : named;
  if (!data.is_array()) return protocol_error(provider, kListing, "the answer has no list");
  BatchPage page;
  for (const Json& item : data.items()) add_listed(read_openai_batch(calls, item, provider, kListing), &page);
  const std::string last_id = page.batches.empty() ? "" : page.batches.back().id;
  auto next = next_page(calls, provider, query, **json, data.items().size(), last_id);
  BR_RETURN_IF_ERROR(next);
  page.next = std::move(*next);
  return page;
}

// ---- the results ----

std::vector<Download> OpenAiHttpApi::downloads(const Account& account, const RemoteBatch& batch) const {
  const OpenAiCalls calls = calls_of(account);
  std::vector<Download> downloads;
  for (const RemoteFile* file : {&batch.status.output, &batch.status.errors}) {
    if (file->id.empty()) continue;
    downloads.push_back({openai_request(calls, account, "GET", openai_path(calls.files_path, file->id, "/content"))});
  }
  return downloads;
}

}  // namespace br
