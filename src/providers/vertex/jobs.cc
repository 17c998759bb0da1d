#include "providers/vertex/jobs.h"

#include <algorithm>

#include "codec/json_write.h"
#include "net/url.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"
#include "providers/vertex/lines.h"
#include "providers/vertex/status.h"

namespace br {
namespace {

constexpr std::string_view kScheme = "gs://";

struct GcsPlace {
  std::string bucket, object;
};

GcsPlace read_place(std::string_view uri) {
  if (uri.starts_with(kScheme)) uri.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(uri.find('/'), uri.size());
  return {std::string(uri.substr(0, slash)), std::string(slash < uri.size() ? uri.substr(slash + 1) : "")};
}

std::string uri_of(const GcsPlace& place) { return std::string(kScheme) + place.bucket + "/" + place.object; }

GcsPlace directory(std::string_view uri) {
  GcsPlace place = read_place(uri);
  if (!place.object.empty() && !place.object.ends_with('/')) place.object.push_back('/');
  return place;
}

std::string output_prefix(const CallContext& context) {
  const std::string_view own = context.account.setting("output_gcs_uri");
  GcsPlace place = directory(own.empty() ? context.account.setting("input_gcs_uri") : own);
  if (own.empty()) place.object += "results/";
  return uri_of({place.bucket, place.object + context.batch.marker});
}

HttpRequest make_request(const Account& account, std::string method, std::string url) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.add_secret_header("Authorization", "Bearer " + account.token);
  return request;
}

// The base URL with its version.
std::string api(const Account& account) {
  const bool versioned = account.base_url.ends_with("/v1") || account.base_url.ends_with("/v1beta1");
  return versioned ? account.base_url : account.base_url + "/v1";
}

std::string jobs_url(const Account& account) {
  return api(account) + "/projects/" + url_encode(account.project) + "/locations/" +
         url_encode(account.setting("location")) + "/batchPredictionJobs";
}

// "projects/…/batchPredictionJobs/456", or only the number of a job that was made elsewhere.
std::string job_url(const Account& account, std::string_view name) {
  if (name.find('/') == std::string_view::npos) return jobs_url(account) + "/" + url_encode(name);
  std::string url = api(account);
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    url += "/" + url_encode(name.substr(at, end - at));
    at = end + 1;
  }
  return url;
}

std::string objects_url(const Account& account, std::string_view bucket) {
  return std::string(account.setting("storage_url")) + "/storage/v1/b/" + url_encode(bucket) + "/o";
}

Result<RemoteStatus> read_status(const CallContext& context, std::string_view what, const HttpResponse& response) {
  auto json = read_object(context.account.provider, what, response);
  BR_RETURN_IF_ERROR(json);
  return read_vertex_job(**json, context.account.provider, what);
}

GcsPlace request_file(const CallContext& context) {
  GcsPlace place = directory(context.account.setting("input_gcs_uri"));
  place.object += context.batch.marker + ".jsonl";
  return place;
}

std::string create_body(const CallContext& context) {
  const RemoteBatch& batch = context.batch;
  std::string body;
  JsonWriter json(&body);
  const bool whole = batch.model.find('/') != std::string::npos;
  const std::string publisher = is_vertex_claude(batch.model) ? "publishers/anthropic/models/" : "publishers/google/models/";
  json.begin_object().field("displayName", batch.marker);
  json.field("model", whole ? batch.model : publisher + batch.model);
  json.key("inputConfig").begin_object().field("instancesFormat", "jsonl").key("gcsSource").begin_object();
  json.key("uris").begin_array().string(batch.input_file_id).end_array().end_object().end_object();
  json.key("outputConfig").begin_object().field("predictionsFormat", "jsonl").key("gcsDestination").begin_object();
  json.field("outputUriPrefix", output_prefix(context)).end_object().end_object();
  json.key("labels").begin_object().field(kMarkerKey, batch.marker).end_object().end_object();
  return body;
}

// predictions.jsonl, predictions_0001.jsonl and 000000000000.jsonl hold rows; errors_… and …errors_stats… do not.
bool holds_rows(std::string_view object) {
  const std::string_view name = object.substr(object.rfind('/') + 1);
  return name.ends_with(".jsonl") && name.find("errors") == std::string_view::npos;
}

Download list_results(const Account& account, const RemoteBatch& batch, std::string_view token) {
  const GcsPlace place = directory(batch.status.output.url);
  std::string url = objects_url(account, place.bucket) + "?prefix=" + url_encode(place.object);
  if (!token.empty()) url += "&pageToken=" + url_encode(token);
  Download download;
  download.page = true;
  download.request = make_request(account, "GET", std::move(url));
  return download;
}

}  // namespace

// ---- the request file ----

// Made only where it is not there yet: the same file is never written twice.
Result<std::optional<UploadCall>> VertexHttpApi::upload_request(const CallContext& context) const {
  const GcsPlace place = request_file(context);
  HttpRequest request = make_request(
      context.account, "POST",
      std::string(context.account.setting("storage_url")) + "/upload/storage/v1/b/" + url_encode(place.bucket) +
          "/o?uploadType=media&name=" + url_encode(place.object) + "&ifGenerationMatch=0");
  request.add_header("Content-Type", "application/jsonl");
  request.body_path = context.batch.request_path;
  return one_exchange(std::move(request));
}

Result<UploadStep> VertexHttpApi::read_upload(const CallContext& context, const UploadState&,
                                          const HttpResponse& response) const {
  constexpr std::string_view kWhat = "uploading the request file to Cloud Storage";
  const GcsPlace place = request_file(context);
  const UploadStep done = UploadedFile{uri_of(place)};
  if (response.failure == Failure::none && response.status == 412) return done;
  auto json = read_object(context.account.provider, kWhat, response);
  BR_RETURN_IF_ERROR(json);
  if ((**json)["name"].string() != place.object)
    return protocol_error(context.account.provider, kWhat, "the answer is not about the object");
  return done;
}

Result<std::optional<HttpRequest>> VertexHttpApi::delete_request(const CallContext& context,
                                                             std::string_view file_id) const {
  const GcsPlace place = read_place(file_id);
  if (place.object.empty())
    return Error(Code::not_found, "[vertex] " + std::string(file_id) + " is no object in Cloud Storage");
  return std::optional(make_request(context.account, "DELETE",
                                    objects_url(context.account, place.bucket) + "/" + url_encode(place.object)));
}

Result<void> VertexHttpApi::read_delete(const CallContext& context, const HttpResponse& response) const {
  if (response.ok() || response.status == 404) return {};
  return read_http_error(context.account.provider, "deleting a file", response);
}

// ---- the job ----

Result<HttpRequest> VertexHttpApi::create_request(const CallContext& context, std::string_view) const {
  HttpRequest request = make_request(context.account, "POST", jobs_url(context.account));
  request.add_header("Content-Type", "application/json");
  request.body = create_body(context);
  return request;
}

Result<RemoteStatus> VertexHttpApi::read_create(const CallContext& context, const HttpResponse& response) const {
  return read_status(context, "creating the job", response);
}

Result<HttpRequest> VertexHttpApi::poll_request(const CallContext& context) const {
  return make_request(context.account, "GET", job_url(context.account, context.batch.status.id));
}

Result<RemoteStatus> VertexHttpApi::read_poll(const CallContext& context, const HttpResponse& response) const {
  constexpr std::string_view kWhat = "asking for the job";
  auto status = read_status(context, kWhat, response);
  if (!status) return status;
  // The project may stand in the name by its number or by its id: the job's own number has to agree.
  const std::string& id = context.batch.status.id;
  const std::string& name = status->id;
  if (name.substr(name.rfind('/') + 1) != id.substr(id.rfind('/') + 1))
    return protocol_error(context.account.provider, kWhat, "the answer is about another job");
  status->id = id;
  return status;
}

Result<HttpRequest> VertexHttpApi::cancel_request(const CallContext& context) const {
  HttpRequest request =
      make_request(context.account, "POST", job_url(context.account, context.batch.status.id) + ":cancel");
  request.add_header("Content-Type", "application/json");
  request.body = "{}";
  return request;
}

Result<Cancelled> VertexHttpApi::read_cancel(const CallContext& context, const HttpResponse& response) const {
  if (response.ok()) return Cancelled{};
  Error error = read_http_error(context.account.provider, "cancelling the job", response);
  if (error.vendor_code == "FAILED_PRECONDITION" || response.status == 409) return Cancelled{{}, true};
  return error;
}

Result<HttpRequest> VertexHttpApi::list_request(const CallContext& context, const PageQuery& query) const {
  std::string url = jobs_url(context.account) + "?pageSize=" + std::to_string(query.limit);
  if (!context.batch.marker.empty()) url += "&filter=" + url_encode("display_name=\"" + context.batch.marker + "\"");
  if (!query.cursor.empty()) url += "&pageToken=" + url_encode(query.cursor);
  return make_request(context.account, "GET", std::move(url));
}

Result<BatchPage> VertexHttpApi::read_list(const CallContext& context, const PageQuery&,
                                       const HttpResponse& response) const {
  constexpr std::string_view kWhat = "listing jobs";
  auto json = read_object(context.account.provider, kWhat, response);
  BR_RETURN_IF_ERROR(json);
  // Empty lists are left out by Google; an answer of other fields is no list.
  const Json& jobs = (**json)["batchPredictionJobs"];
  const bool empty = (*json)->is_object() && ((*json)->fields().empty() || (**json)["nextPageToken"].is_string());
  if (!jobs.is_array() && !empty) return protocol_error(context.account.provider, kWhat, "the answer has no list");
  BatchPage page;
  for (const Json& item : jobs.items()) add_listed(read_vertex_job(item, context.account.provider, kWhat), &page);
  page.next = (**json)["nextPageToken"].string_or("");
  return page;
}

// ---- the results ----

std::vector<Download> VertexHttpApi::downloads(const Account& account, const RemoteBatch& batch) const {
  if (batch.status.output.url.empty()) return {};
  return {list_results(account, batch, {})};
}

Result<Page> VertexHttpApi::read_page(const Account& account, const RemoteBatch& batch,
                                  const HttpResponse& response) const {
  constexpr std::string_view kWhat = "listing the results in Cloud Storage";
  auto json = read_object(account.provider, kWhat, response);
  BR_RETURN_IF_ERROR(json);
  // An empty list may leave out everything; what says something else is none.
  const bool is_list = (**json)["items"].is_array() || (**json)["kind"].string() == "storage#objects" ||
                       (**json)["nextPageToken"].is_string() || (**json)["prefixes"].is_array();
  if (!is_list && !(**json).fields().empty())
    return protocol_error(account.provider, kWhat, "the answer is no list of objects");
  const GcsPlace place = read_place(batch.status.output.url);
  Page page;
  for (const Json& item : (**json)["items"].items()) {
    const std::string object = item["name"].string_or("");
    if (!holds_rows(object)) continue;
    const std::string url = objects_url(account, place.bucket) + "/" + url_encode(object) + "?alt=media";
    page.next.emplace_back().request = make_request(account, "GET", url);
  }
  if (const auto token = (**json)["nextPageToken"].string(); !token.empty())
    page.next.push_back(list_results(account, batch, token));
  return page;
}

}  // namespace br
