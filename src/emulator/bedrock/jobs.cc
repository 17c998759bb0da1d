#include <algorithm>
#include <utility>

#include "emulator/base/hash.h"
#include "emulator/base/times.h"
#include "emulator/bedrock/api.h"
#include "emulator/bedrock/bodies.h"

namespace br::emulator {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr char kAccount[] = "111122223333";

// The number of the account that a project's keys belong to.
std::string account_of(const std::string& project) {
  constexpr uint64_t kTwelveDigits = 1'000'000'000'000;
  if (project.empty()) return kAccount;
  const std::string number = std::to_string(hash_of(project) % kTwelveDigits);
  return std::string(12 - number.size(), '1') + number;
}
constexpr std::string_view kFields[] = {"jobName",
                                        "roleArn",
                                        "clientRequestToken",
                                        "modelId",
                                        "inputDataConfig",
                                        "outputDataConfig",
                                        "vpcConfig",
                                        "tags",
                                        "timeoutDurationInHours",
                                        "modelInvocationType"};

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_job_name(std::string_view name) {
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; });
  return plain && !name.empty() && name.size() <= 63 && is_alnum(name.front());
}

bool is_request_token(std::string_view token) {
  const bool plain = std::all_of(token.begin(), token.end(), [](char c) { return is_alnum(c) || c == '-'; });
  return plain && !token.empty() && token.size() <= 256 && is_alnum(token.front()) && is_alnum(token.back());
}

bool is_role(std::string_view arn) {
  return arn.substr(0, 7) == "arn:aws" && arn.find(":iam::") != std::string_view::npos &&
         arn.find(":role/") != std::string_view::npos;
}

bool is_s3_uri(std::string_view uri) {
  if (uri.substr(0, 5) != "s3://" || uri.size() > 1024) return false;
  const ObjectPlace place = ObjectPlace::of(uri);
  const auto in_bucket = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  const auto in_key = [](char c) {
    return is_alnum(c) || std::string_view("-!_*'()./").find(c) != std::string_view::npos;
  };
  return place.bucket.size() >= 3 && std::all_of(place.bucket.begin(), place.bucket.end(), in_bucket) &&
         std::all_of(place.key.begin(), place.key.end(), in_key) && place.key.find("//") == std::string::npos;
}

std::string uri_in(const json::Value& body, const char* config, const char* kind) {
  const json::Value* const outer = json::member(body, config);
  const json::Value* const inner = outer == nullptr ? nullptr : json::member(*outer, kind);
  return inner == nullptr ? std::string() : std::string(json::string_member(*inner, "s3Uri"));
}

std::string state_word(const Batch& batch) {
  static constexpr const char* kWords[] = {"Validating", "Failed",  "InProgress", "InProgress",
                                           "Completed",  "Expired", "Stopping",   "Stopped"};
  if (has_ended(batch.stage) && results_are_late(batch)) return "InProgress";
  if (batch.stage == Stage::kValidating && batch.polls <= 1) return "Submitted";
  return kWords[static_cast<size_t>(batch.stage)];
}

std::string folder(std::string key) {
  if (!key.empty() && key.back() != '/') key += '/';
  return key;
}

// Whether a listing that asks for some jobs shows that one.
bool is_asked_for(const RequestHead& head, const Batch& batch) {
  const std::string submitted = rfc3339(batch.times.created_ms, 0);
  const size_t to_seconds = submitted.size() - 1;
  for (const auto& [name, value] : head.query) {
    if (name == "statusEquals" && value != state_word(batch)) return false;
    if (name == "nameContains" && batch.name.find(value) == std::string::npos) return false;
    if (name == "submitTimeAfter" && submitted.substr(0, to_seconds) < value.substr(0, to_seconds)) return false;
    if (name == "submitTimeBefore" && submitted.substr(0, to_seconds) > value.substr(0, to_seconds)) return false;
  }
  return true;
}

}  // namespace

// What is wrong with a create request; empty if nothing is.
std::string BedrockApi::create_problem(const json::Value& body) const {
  for (const auto& field : body.GetObject()) {
    const std::string_view name = json::view(field.name);
    if (std::find(std::begin(kFields), std::end(kFields), name) == std::end(kFields)) {
      return "Unknown field " + std::string(name);
    }
  }
  const auto text = [&](const char* name) { return json::string_member(body, name); };
  if (!is_job_name(text("jobName"))) return "Value at 'jobName' failed to satisfy constraint: [a-zA-Z0-9]{1,63}...";
  if (!is_role(text("roleArn"))) return "Value at 'roleArn' failed to satisfy constraint: the ARN of a role";
  if (text("modelId").empty()) return "Value at 'modelId' failed to satisfy constraint: Member must not be null";
  if (!model_is_known(world_.options, text("modelId"))) return "The provided model identifier is invalid.";
  const json::Value* const token = json::member(body, "clientRequestToken");
  if (token != nullptr && !is_request_token(text("clientRequestToken"))) {
    return "Value at 'clientRequestToken' failed to satisfy constraint: letters, digits and hyphens, at most 256";
  }
  if (!is_s3_uri(uri_in(body, "inputDataConfig", "s3InputDataConfig"))) {
    return "Value at 'inputDataConfig.s3InputDataConfig.s3Uri' is no URI of S3";
  }
  if (!is_s3_uri(uri_in(body, "outputDataConfig", "s3OutputDataConfig"))) {
    return "Value at 'outputDataConfig.s3OutputDataConfig.s3Uri' is no URI of S3";
  }
  const json::Value* const hours = json::member(body, "timeoutDurationInHours");
  if (hours != nullptr && (!hours->IsInt64() || hours->GetInt64() < 24 || hours->GetInt64() > 168)) {
    return "Value at 'timeoutDurationInHours' failed to satisfy constraint: 24 to 168";
  }
  const std::string_view type = text("modelInvocationType");
  if (!type.empty() && type != "InvokeModel" && type != "Converse") return "Value at 'modelInvocationType' is unknown";
  if (bedrock_body_of(text("modelId"), type == "Converse") != BedrockBody::kUnknown) return {};
  return "The emulator knows the bodies of Claude, Nova, Titan and Cohere embeddings, and of the type Converse.";
}

Reply BedrockApi::create(const RequestHead& head, const std::string& text) {
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject()) return error(400, "SerializationException", "The body is no JSON.");
  const std::string problem = create_problem(body);
  if (!problem.empty()) return invalid(problem);
  const std::string token(json::string_member(body, "clientRequestToken"));
  const auto before = by_token_.find(world_.call.tenant.project + " " + token);
  if (token.empty() || before == by_token_.end()) return start(head, text, body);
  // The same call once more makes no second job.
  const BedrockJob& job = jobs_[before->second];
  if (job.request != text) {
    return error(400, "ConflictException", "The clientRequestToken was used with other parameters.");
  }
  json::Writer out;
  Reply reply;
  reply.body = out.begin_object().field("jobArn", job.arn).end_object().str();
  return reply;
}

Reply BedrockApi::start(const RequestHead& head, const std::string& text, const json::Value& body) {
  const std::string input_uri = uri_in(body, "inputDataConfig", "s3InputDataConfig");
  const ObjectPlace place = ObjectPlace::of(input_uri);
  const StoredObject* const input = objects_.find(place.bucket, place.key);
  const json::Value* const hours = json::member(body, "timeoutDurationInHours");
  auto batch = std::make_unique<Batch>();
  batch->vendor = "bedrock";
  batch->id = world_.ids.next("", 12);
  batch->name = std::string(json::string_member(body, "jobName"));
  batch->model = std::string(json::string_member(body, "modelId"));
  batch->endpoint = std::string(json::string_member(body, "modelInvocationType"));
  batch->input_file_id = input_uri;
  batch->input = input != nullptr ? input->blob : std::make_shared<Blob>(world_.bodies);
  // The role looks for the object when the job is validated, not before.
  if (input == nullptr) {
    batch->quirks.fails = true;
    batch->quirks.failure = {"ValidationException", "The input object was not found: " + input_uri, {}, 0};
  }
  batch->window_ms = (hours == nullptr ? 24 : hours->GetInt64()) * kHourMs;
  batch->max_requests = limits_.requests;
  batch->max_bytes = limits_.batch_bytes;
  batch->one_result_file = true;
  batch->owner = this;
  BedrockJob job;
  job.arn = "arn:aws:bedrock:" + aws_region(head) + ":" + account_of(world_.call.tenant.project) +
            ":model-invocation-job/" + batch->id;
  job.request = text;
  job.token = std::string(json::string_member(body, "clientRequestToken"));
  job.output = uri_in(body, "outputDataConfig", "s3OutputDataConfig");
  if (!job.token.empty()) by_token_[world_.call.tenant.project + " " + job.token] = batch->id;
  json::Writer out;
  Reply reply;
  reply.body = out.begin_object().field("jobArn", job.arn).end_object().str();
  jobs_.emplace(batch->id, std::move(job));
  batches_.start(std::move(batch));
  return reply;
}

Reply BedrockApi::get(const std::string& id) {
  const Batch* const batch = batches_.look_at(id);
  if (batch == nullptr) return no_job(id);
  Reply reply;
  reply.body = job_json(*batch);
  return reply;
}

Reply BedrockApi::stop(const std::string& id) {
  Batch* const batch = batches_.find_to("cancel", id);
  if (batch == nullptr) return no_job(id);
  if (world_.batches.cancel(*batch)) ++world_.ledger.sums().cancels;
  if (has_ended(batch->stage)) return error(400, "ConflictException", "The job has ended and cannot be stopped.");
  Reply reply;
  reply.body = "{}";
  return reply;
}

Reply BedrockApi::list(const RequestHead& head) {
  int64_t most = 100;
  if (!query_number(head, "maxResults", 1, 1000, most)) return invalid("Value at 'maxResults' must be from 1 to 1000");
  const std::string* const token = head.query_value("nextToken");
  std::vector<Batch*> all = batches_.newest_first(token == nullptr);
  std::erase_if(all, [&](const Batch* batch) { return !is_asked_for(head, *batch); });
  const std::string* const order = head.query_value("sortOrder");
  if (order != nullptr && *order == "Ascending") std::reverse(all.begin(), all.end());
  auto from = all.begin();
  if (token != nullptr) from = std::find_if(from, all.end(), [&](const Batch* batch) { return batch->id == *token; });
  const auto left = static_cast<int64_t>(all.end() - from);
  json::Writer out;
  out.begin_object().key("invocationJobSummaries").begin_array();
  for (auto at = from; at != from + std::min(most, left); ++at) out.raw(job_json(**at));
  out.end_array();
  if (left > most) out.field("nextToken", (*(from + most))->id);
  Reply reply;
  reply.body = out.end_object().str();
  return reply;
}

std::string BedrockApi::job_json(const Batch& batch) const {
  const BedrockJob& job = jobs_.at(batch.id);
  json::Document request;
  json::parse(job.request, request);
  const bool ended = has_ended(batch.stage) && !results_are_late(batch);
  json::Writer out;
  out.begin_object().field("jobArn", job.arn);
  for (const char* name : {"jobName", "modelId", "clientRequestToken", "roleArn", "inputDataConfig", "outputDataConfig",
                           "vpcConfig", "timeoutDurationInHours"}) {
    if (const json::Value* const value = json::member(request, name)) out.key(name).value(*value);
  }
  out.field("modelInvocationType", batch.endpoint == "Converse" ? "Converse" : "InvokeModel");
  out.field("status", shown_word(batch, state_word(batch)));
  if (!batch.problems.empty()) out.field("message", batch.problems[0].message);
  out.field("submitTime", rfc3339(batch.times.created_ms, 0));
  if (!batch.quirks.null_fields) {
    const int64_t changed_ms =
        std::max({batch.times.created_ms, batch.times.in_progress_ms, batch.times.cancelling_ms, batch.times.ended_ms});
    out.field("lastModifiedTime", rfc3339(changed_ms, 0));
    out.field("jobExpirationTime", rfc3339(batch.times.expires_ms, 0));
    out.field("totalRecordCount", batch.total);
    out.field("processedRecordCount", batch.completed + batch.failed - batch.unanswered);
    out.field("successRecordCount", batch.completed).field("errorRecordCount", batch.failed - batch.unanswered);
  }
  if (ended) out.field("endTime", rfc3339(batch.times.ended_ms, 0));
  return out.end_object().str();
}

// The results lie in a folder of the job's own, with a manifest beside them.
void BedrockApi::results_ready(Batch& batch) {
  const ObjectPlace place = ObjectPlace::of(jobs_.at(batch.id).output);
  const std::string own = folder(place.key) + batch.id + "/";
  const auto write = [&](const std::string& name, std::shared_ptr<const Blob> blob) {
    StoredObject object;
    object.key = own + name;
    object.written_ms = world_.clock.now_ms();
    object.blob = std::move(blob);
    object.tenant = batch.tenant;
    objects_.put(place.bucket, std::move(object));
  };
  const std::string input = ObjectPlace::of(batch.input_file_id).key;
  if (batch.output) write(input.substr(input.rfind('/') + 1) + ".out", std::move(batch.output));
  const int64_t failed = batch.failed - batch.unanswered;
  json::Writer out;
  out.begin_object().field("totalRecordCount", batch.total).field("processedRecordCount", batch.completed + failed);
  out.field("successRecordCount", batch.completed).field("errorRecordCount", failed);
  out.field("inputTokenCount", batch.tokens.input).field("outputTokenCount", batch.tokens.output).end_object();
  auto manifest = std::make_shared<Blob>(world_.bodies);
  manifest->append(out.view());
  write("manifest.json.out", std::move(manifest));
}

}  // namespace br::emulator
