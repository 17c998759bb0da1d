#include "providers/bedrock/jobs.h"

#include <algorithm>

#include "codec/json_write.h"
#include "net/sigv4.h"
#include "net/url.h"
#include "providers/bedrock/aws.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::string_view kJob = "/model-invocation-job";
constexpr std::string_view kJobs = "/model-invocation-jobs";

S3Place with_slash(S3Place place) {
  if (!place.key.empty() && !place.key.ends_with('/')) place.key.push_back('/');
  return place;
}

S3Place input_directory(const Account& account) { return with_slash(read_s3_uri(account.setting("input_s3_uri"))); }

S3Place output_directory(const Account& account) {
  const std::string_view own = account.setting("output_s3_uri");
  if (!own.empty()) return with_slash(read_s3_uri(own));
  S3Place place = input_directory(account);
  place.key += "results/";
  return place;
}

std::string address(const Account& account, std::string_view path) { return account.base_url + std::string(path); }

std::string job_path(std::string_view id) { return std::string(kJob) + "/" + url_encode(id); }

State read_state(std::string_view word, bool* known) {
  static constexpr std::pair<std::string_view, State> kStates[] = {
      {"submitted", State::validating},   {"validating", State::validating}, {"scheduled", State::validating},
      {"inprogress", State::in_progress}, {"completed", State::completed},   {"partiallycompleted", State::completed},
      {"failed", State::failed},          {"stopping", State::cancelling},   {"stopped", State::cancelled},
      {"expired", State::expired}};
  const std::string name = lower_case(word);
  for (const auto& [state_word, state] : kStates) {
    if (state_word == name) return state;
  }
  *known = false;
  return State::in_progress;
}

void read_counts(const Json& json, RemoteStatus* status) {
  const auto total = json["totalRecordCount"].integer();
  if (!total || *total <= 0) return;
  Counts& counts = status->counts;
  counts.total = *total;
  counts.succeeded = std::max<std::int64_t>(0, json["successRecordCount"].integer().value_or(0));
  counts.errored = std::max<std::int64_t>(0, json["errorRecordCount"].integer().value_or(0));
  counts.processing = std::max<std::int64_t>(0, counts.total - counts.succeeded - counts.errored);
  status->counts_known = true;
}

// "s3://bucket/out/<job id>/", where the job writes its results.
std::string results_of(S3Place directory, std::string_view job_arn) {
  directory = with_slash(std::move(directory));
  directory.key += std::string(job_arn.substr(job_arn.rfind('/') + 1)) + "/";
  return s3_uri(directory);
}

Result<RemoteStatus> read_job(const Json& json, std::string_view provider, std::string_view what) {
  RemoteStatus status;
  status.id = json["jobArn"].string_or("");
  if (status.id.empty()) return protocol_error(provider, what, "the answer is no job: it has no jobArn");
  status.vendor_state = json["status"].string_or("");
  status.state = read_state(status.vendor_state, &status.state_known);
  read_counts(json, &status);
  status.created_ms = read_time(json["submitTime"]);
  status.completed_ms = read_time(json["endTime"]);
  status.expires_ms = read_time(json["jobExpirationTime"]);
  status.model = json["modelId"].string_or("");
  status.marker = json["clientRequestToken"].string_or(json["jobName"].string());
  status.input_file_id = json["inputDataConfig"]["s3InputDataConfig"]["s3Uri"].string_or("");
  const std::string output = json["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].string_or("");
  if (!output.empty()) status.output.url = results_of(read_s3_uri(output), status.id);
  if (status.state == State::failed) {
    const std::string why = json["message"].string_or("the vendor gave no reason");
    status.failure = Error(Code::provider, "the batch failed at the vendor: " + why);
  }
  status.raw = kept_raw(json);
  return status;
}

Result<std::shared_ptr<const Json>> read_answer(const CallContext& context, std::string_view what,
                                                const HttpResponse& response) {
  if (!response.ok()) return read_aws_error(context.account.provider, what, response);
  return read_object(context.account.provider, what, response);
}

S3Place request_file(const CallContext& context) {
  S3Place place = input_directory(context.account);
  place.key += context.batch.marker + ".jsonl";
  return place;
}

std::string create_body(const CallContext& context) {
  const Account& account = context.account;
  std::string body;
  JsonWriter json(&body);
  json.begin_object().field("jobName", context.batch.marker).field("roleArn", account.setting("role_arn"));
  json.field("modelId", context.batch.model).field("clientRequestToken", context.batch.marker);
  if (account.setting("invocation_type") == "Converse") json.field("modelInvocationType", "Converse");
  json.key("inputDataConfig").begin_object().key("s3InputDataConfig").begin_object();
  json.field("s3InputFormat", "JSONL").field("s3Uri", context.batch.input_file_id).end_object().end_object();
  json.key("outputDataConfig").begin_object().key("s3OutputDataConfig").begin_object();
  json.field("s3Uri", s3_uri(output_directory(account))).end_object().end_object();
  if (const auto hours = account.setting("timeout_hours"); !hours.empty())
    json.key("timeoutDurationInHours").raw(hours);
  json.end_object();
  return body;
}

Download list_results(const Account& account, const RemoteBatch& batch, std::string_view token) {
  const std::string& known = batch.status.output.url;
  const S3Place place = read_s3_uri(known.empty() ? results_of(output_directory(account), batch.status.id) : known);
  Download download;
  download.page = true;
  download.request.url =
      s3_address(account.setting("s3_url"), {place.bucket, ""}) + "?list-type=2&prefix=" + url_encode(place.key);
  if (!token.empty()) download.request.url += "&continuation-token=" + url_encode(token);
  return download;
}

// Whether the address is one of Bedrock's own, not one of S3.
bool is_bedrock_call(const Account& account, std::string_view url) { return url.starts_with(address(account, kJob)); }

}  // namespace

// ---- the request file ----

Result<std::optional<UploadCall>> BedrockHttpApi::upload_request(const CallContext& context) const {
  HttpRequest request;
  request.method = "PUT";
  request.url = s3_address(context.account.setting("s3_url"), request_file(context));
  request.add_header("Content-Type", "application/jsonl");
  request.body_path = context.batch.request_path;
  return one_exchange(std::move(request));
}

Result<UploadStep> BedrockHttpApi::read_upload(const CallContext& context, const UploadState&,
                                           const HttpResponse& response) const {
  constexpr std::string_view kWhat = "uploading the request file to S3";
  if (!response.ok()) return read_aws_error(context.account.provider, kWhat, response);
  if (response.header("etag").empty())
    return protocol_error(context.account.provider, kWhat, "the answer has no ETag, so it is not S3's");
  return UploadStep(UploadedFile{s3_uri(request_file(context))});
}

Result<std::optional<HttpRequest>> BedrockHttpApi::delete_request(const CallContext& context,
                                                              std::string_view file_id) const {
  if (read_s3_uri(file_id).key.empty())
    return Error(Code::not_found, "[bedrock] " + std::string(file_id) + " is no object in S3");
  HttpRequest request;
  request.method = "DELETE";
  request.url = s3_address(context.account.setting("s3_url"), read_s3_uri(file_id));
  return std::optional(std::move(request));
}

Result<void> BedrockHttpApi::read_delete(const CallContext& context, const HttpResponse& response) const {
  if (response.ok() || response.status == 404) return {};
  return read_aws_error(context.account.provider, "deleting a file", response);
}

// ---- the job ----

Result<HttpRequest> BedrockHttpApi::create_request(const CallContext& context, std::string_view) const {
  HttpRequest request;
  request.method = "POST";
  request.url = address(context.account, kJob);
  request.add_header("Content-Type", "application/json");
  request.body = create_body(context);
  return request;
}

Result<RemoteStatus> BedrockHttpApi::read_create(const CallContext& context, const HttpResponse& response) const {
  constexpr std::string_view kWhat = "creating the job";
  auto json = read_answer(context, kWhat, response);
  BR_RETURN_IF_ERROR(json);
  auto status = read_job(**json, context.account.provider, kWhat);
  if (!status) return status;
  status->vendor_state = "Submitted";
  status->state = State::validating;
  status->state_known = true;
  status->output.url = results_of(output_directory(context.account), status->id);
  return status;
}

Result<HttpRequest> BedrockHttpApi::poll_request(const CallContext& context) const {
  HttpRequest request;
  request.url = address(context.account, job_path(context.batch.status.id));
  return request;
}

Result<RemoteStatus> BedrockHttpApi::read_poll(const CallContext& context, const HttpResponse& response) const {
  constexpr std::string_view kWhat = "asking for the job";
  auto json = read_answer(context, kWhat, response);
  BR_RETURN_IF_ERROR(json);
  auto status = read_job(**json, context.account.provider, kWhat);
  if (!status) return status;
  // An id was enough to attach the job; the vendor answers with the whole ARN.
  const std::string& id = context.batch.status.id;
  if (status->id != id && !status->id.ends_with("/" + id))
    return protocol_error(context.account.provider, kWhat, "the answer is about another job");
  status->id = id;
  return status;
}

Result<HttpRequest> BedrockHttpApi::cancel_request(const CallContext& context) const {
  HttpRequest request;
  request.method = "POST";
  request.url = address(context.account, job_path(context.batch.status.id) + "/stop");
  request.add_header("Content-Type", "application/json");
  return request;
}

Result<Cancelled> BedrockHttpApi::read_cancel(const CallContext& context, const HttpResponse& response) const {
  if (response.ok()) return Cancelled{};
  Error error = read_aws_error(context.account.provider, "stopping the job", response);
  // A job that has ended is refused: there is nothing to stop, which is no failure.
  if (response.status == 409 || error.vendor_code == "ConflictException") return Cancelled{{}, true};
  return error;
}

Result<HttpRequest> BedrockHttpApi::list_request(const CallContext& context, const PageQuery& query) const {
  HttpRequest request;
  request.url = address(context.account, kJobs) + "?maxResults=" + std::to_string(query.limit) +
                "&sortBy=CreationTime&sortOrder=Descending";
  if (!query.cursor.empty()) request.url += "&nextToken=" + url_encode(query.cursor);
  return request;
}

Result<BatchPage> BedrockHttpApi::read_list(const CallContext& context, const PageQuery&,
                                        const HttpResponse& response) const {
  constexpr std::string_view kWhat = "listing jobs";
  auto json = read_answer(context, kWhat, response);
  BR_RETURN_IF_ERROR(json);
  const Json& jobs = (**json)["invocationJobSummaries"];
  if (!jobs.is_array()) return protocol_error(context.account.provider, kWhat, "the answer has no list");
  BatchPage page;
  for (const Json& item : jobs.items()) add_listed(read_job(item, context.account.provider, kWhat), &page);
  page.next = (**json)["nextToken"].string_or("");
  return page;
}

// ---- the results ----

std::vector<Download> BedrockHttpApi::downloads(const Account& account, const RemoteBatch& batch) const {
  return {list_results(account, batch, {})};
}

Result<Page> BedrockHttpApi::read_page(const Account& account, const RemoteBatch& batch,
                                   const HttpResponse& response) const {
  auto listed = read_s3_list(account.provider, "listing the results in S3", response);
  BR_RETURN_IF_ERROR(listed);
  const std::string bucket =
      read_s3_uri(batch.status.output.url.empty() ? s3_uri(output_directory(account)) : batch.status.output.url).bucket;
  Page page;
  for (const std::string& key : listed->keys) {
    // manifest.json.out stands beside the results.
    if (!key.ends_with(".jsonl.out")) continue;
    page.next.emplace_back().request.url = s3_address(account.setting("s3_url"), {bucket, key});
  }
  if (!listed->next.empty()) page.next.push_back(list_results(account, batch, listed->next));
  return page;
}

// ---- signatures ----

Result<void> BedrockHttpApi::sign(const Account& account, std::int64_t now_ms, HttpRequest* request) const {
  const bool control = is_bedrock_call(account, request->url);
  const std::string bearer(account.setting("bearer_token"));
  if (control && !bearer.empty()) {
    request->add_secret_header("Authorization", "Bearer " + bearer);
    return {};
  }
  const AwsKey key = {std::string(account.setting("access_key_id")), account.api_key,
                      std::string(account.setting("session_token"))};
  return sign_aws_request(key, {std::string(account.setting("region")), control ? "bedrock" : "s3"}, now_ms, request);
}

}  // namespace br
