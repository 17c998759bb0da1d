#include "providers/fireworks/api.h"

#include <algorithm>

#include "codec/json_write.h"
#include "net/url.h"
#include "providers/fireworks/status.h"

namespace br {
namespace {

// Ids take lower-case letters, digits and hyphens only.
std::string job_id(const RemoteBatch& batch) {
  std::string id = lower_case(batch.marker);
  std::replace_if(
      id.begin(), id.end(), [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')); }, '-');
  return id;
}
std::string output_id(const RemoteBatch& batch) { return job_id(batch) + "-out"; }

}  // namespace

std::string fireworks_account(const Account& account) {
  constexpr std::string_view kAccounts = "/accounts/";
  const std::size_t at = account.base_url.find(kAccounts);
  if (at != std::string::npos) return account.base_url.substr(at + 1);
  const std::string_view id = account.setting("account_id");
  return id.empty() ? "" : "accounts/" + url_encode(name_in_resource(id));
}

Error no_fireworks_account() {
  return Error(Code::config, "[fireworks] there is no account id; every address of its API holds one",
               "set fireworks.account_id or the environment variable FIREWORKS_ACCOUNT_ID");
}

Result<HttpRequest> FireworksHttpApi::checked(const Account& account, HttpRequest request) {
  if (!fireworks_account(account).empty()) return request;
  return no_fireworks_account();
}

HttpRequest FireworksHttpApi::call(const Account& account, std::string method, std::string_view path) const {
  const bool whole = account.base_url.find("/accounts/") != std::string::npos;
  const std::string below = (whole ? "" : "/" + fireworks_account(account)) + std::string(path);
  return openai_request(calls_, account, std::move(method), below);
}

HttpRequest FireworksHttpApi::json_call(const Account& account, std::string_view path, std::string body) const {
  HttpRequest request = call(account, "POST", path);
  request.add_header("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

std::string FireworksHttpApi::input_id(const RemoteBatch& batch) { return job_id(batch) + "-in"; }

Result<std::optional<HttpRequest>> FireworksHttpApi::delete_request(const CallContext& context,
                                                                std::string_view file_id) const {
  auto request = checked(context.account, call(context.account, "DELETE", openai_path("/datasets", file_id)));
  BR_RETURN_IF_ERROR(request);
  return std::optional(std::move(*request));
}

Result<void> FireworksHttpApi::read_delete(const CallContext&, const HttpResponse& response) const {
  if (response.ok() || response.status == 404) return {};
  return read_http_error("fireworks", "deleting a file", response);
}

// ---- the job ----

Result<HttpRequest> FireworksHttpApi::create_request(const CallContext& context, std::string_view) const {
  const RemoteBatch& batch = context.batch;
  const std::string datasets = fireworks_account(context.account) + "/datasets/";
  std::string body;
  JsonWriter json(&body);
  json.begin_object().field("model", batch.model).field("inputDatasetId", datasets + batch.input_file_id);
  json.field("outputDatasetId", datasets + output_id(batch)).field("displayName", batch.marker).end_object();
  return checked(context.account,
                 json_call(context.account, "/batchInferenceJobs?batchInferenceJobId=" + job_id(batch), body));
}

Result<RemoteStatus> FireworksHttpApi::read_job(const Account& account, const Json& json, std::string_view what) const {
  auto status = read_fireworks_job(json, what);
  // One dataset holds both kinds of rows; the address says that there is no second file to wait for.
  if (status && is_terminal(status->state) && !status->output.id.empty())
    status->output.url = call(account, "GET", openai_path("/datasets", status->output.id, ":getDownloadEndpoint")).url;
  return status;
}

Result<RemoteStatus> FireworksHttpApi::read_status(const CallContext& context, std::string_view what,
                                               const HttpResponse& response) const {
  auto json = read_object("fireworks", what, response);
  BR_RETURN_IF_ERROR(json);
  auto status = read_job(context.account, **json, what);
  if (!status) return status;
  const std::string& known = context.batch.status.id;
  if (!known.empty() && status->id != known)
    return protocol_error("fireworks", what, "the answer is about another job");
  return status;
}

Result<HttpRequest> FireworksHttpApi::list_request(const CallContext& context, const PageQuery& query) const {
  const bool by_name = !context.batch.marker.empty();
  std::string path = by_name ? job_path(job_id(context.batch))
                             : "/batchInferenceJobs?pageSize=" + std::to_string(query.limit);
  if (!by_name && !query.cursor.empty()) path += "&pageToken=" + url_encode(query.cursor);
  return checked(context.account, call(context.account, "GET", path));
}

Result<BatchPage> FireworksHttpApi::read_list(const CallContext& context, const PageQuery&,
                                          const HttpResponse& response) const {
  constexpr std::string_view kWhat = "listing batches";
  const bool by_name = !context.batch.marker.empty();
  // Its own word, and not that of something before it.
  if (by_name && response.status == 404 && Json::parse(response.body) != nullptr) return BatchPage{};
  auto json = read_object("fireworks", kWhat, response);
  BR_RETURN_IF_ERROR(json);
  BatchPage page;
  if (by_name) {
    auto status = read_job(context.account, **json, kWhat);
    BR_RETURN_IF_ERROR(status);
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
Result<Page> FireworksHttpApi::read_page(const Account& account, const RemoteBatch&, const HttpResponse& response) const {
  auto json = read_object(account.provider, "asking for the result files", response);
  BR_RETURN_IF_ERROR(json);
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

}  // namespace br
