#include <algorithm>
#include <utility>

#include "emulator/base/json_lines.h"
#include "emulator/base/times.h"
#include "emulator/fireworks/api.h"

namespace br::emulator {
namespace {

constexpr int64_t kWindowMs = int64_t{24} * 3'600'000;
constexpr std::string_view kFields[] = {"model",       "inputDatasetId", "outputDatasetId",     "inferenceParameters",
                                        "displayName", "precision",      "continuedFromJobName"};

std::string last_name(std::string_view resource) { return std::string(resource.substr(resource.rfind('/') + 1)); }

// What a batch has no fields for, kept in its extra.
struct JobFields {
  std::string account;
  std::string output;

  static JobFields of(const Batch& batch) {
    const size_t space = batch.extra.find(' ');
    return {batch.extra.substr(0, space), batch.extra.substr(space + 1)};
  }
};

std::string state_word(const Batch& batch) {
  static constexpr const char* kWords[] = {"VALIDATING", "FAILED",  "RUNNING",    "WRITING_RESULTS",
                                           "COMPLETED",  "EXPIRED", "CANCELLING", "CANCELLED"};
  const bool late = has_ended(batch.stage) && results_are_late(batch);
  const bool pending = batch.stage == Stage::kValidating && batch.polls > 1;
  const char* const word = late ? "WRITING_RESULTS" : pending ? "PENDING" : kWords[static_cast<size_t>(batch.stage)];
  return "JOB_STATE_" + std::string(word);
}

void write_progress(json::Writer& out, const Batch& batch) {
  const int64_t failed = batch.failed - batch.unanswered;
  const int64_t done = batch.completed + failed;
  out.key("jobProgress").begin_object().field("percent", batch.total > 0 ? done * 100 / batch.total : 0);
  out.field("totalInputRequests", batch.total).field("totalProcessedRequests", done);
  out.field("successfullyProcessedRequests", batch.completed).field("failedRequests", failed);
  out.field("outputRows", batch.completed).field("inputTokens", batch.tokens.input);
  out.field("outputTokens", batch.tokens.output).field("cachedInputTokenCount", int64_t{0}).end_object();
}

std::string job_json(const Batch& batch) {
  const JobFields fields = JobFields::of(batch);
  const bool failed = batch.stage == Stage::kFailed;
  const bool bare = batch.quirks.null_fields;
  const int64_t changed_ms =
      has_ended(batch.stage) ? batch.times.ended_ms : std::max(batch.times.created_ms, batch.times.in_progress_ms);
  json::Writer out;
  out.begin_object().field("name", "accounts/" + fields.account + "/batchInferenceJobs/" + batch.id);
  out.field("displayName", batch.name).field("createTime", rfc3339(batch.times.created_ms, 6));
  out.field("createdBy", "emulator@example.com").field("state", shown_word(batch, state_word(batch)));
  out.key("status").begin_object().field("code", failed ? "INVALID_ARGUMENT" : "OK");
  out.field("message", failed && !batch.problems.empty() ? batch.problems[0].message : "").end_object();
  out.field("model", batch.model).field("inputDatasetId", batch.input_file_id);
  out.field("outputDatasetId", fields.output);
  if (bare) {
    out.null_field("updateTime").null_field("jobProgress");
  } else {
    out.field("updateTime", rfc3339(changed_ms, 6));
    write_progress(out, batch);
  }
  return out.end_object().str();
}

}  // namespace

Opening FireworksApi::begin_jobs(const RequestHead& head, const std::string& account, const std::string& id,
                                 std::string_view verb) {
  if (id.empty() && head.method == "POST") {
    return with_body([this, head, account](const std::string& body) { return create_job(head, account, body); });
  }
  if (id.empty() && head.method == "GET") return Opening::answered(list_jobs(head, account));
  // Another account in the path is another world.
  const Batch* const asked = batches_.find(id);
  if (asked != nullptr && JobFields::of(*asked).account != account) {
    return Opening::answered(not_found("batch inference job " + id));
  }
  if (verb == "cancel" && head.method == "POST") {
    return with_body([this, id](const std::string&) { return cancel(id); });
  }
  if (verb.empty() && head.method == "DELETE") return Opening::answered(remove(id));
  if (!verb.empty() || head.method != "GET") return Opening::answered(not_found(head.path));
  const Batch* const batch = batches_.look_at(id);
  return Opening::answered(batch == nullptr ? not_found("batch inference job " + id) : ok(job_json(*batch)));
}

// What is wrong with the form of a create request; empty if nothing is.
std::string FireworksApi::job_problem(const json::Value& body) const {
  for (const auto& field : body.GetObject()) {
    const std::string_view name = json::view(field.name);
    if (std::find(std::begin(kFields), std::end(kFields), name) == std::end(kFields)) {
      return "unknown field " + std::string(name);
    }
  }
  for (const char* name : {"model", "inputDatasetId"}) {
    if (json::string_member(body, name).empty()) return std::string(name) + " is required";
  }
  if (json::string_member(body, "model").substr(0, 9) != "accounts/") {
    return "model: a model is named accounts/ACCOUNT/models/MODEL";
  }
  return {};
}

Reply FireworksApi::create_job(const RequestHead& head, const std::string& account, const std::string& text) {
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject()) return bad("The body is no JSON object.");
  const std::string problem = job_problem(body);
  if (!problem.empty()) return bad(problem);
  const std::string* const chosen = head.query_value("batchInferenceJobId");
  const std::string id = chosen != nullptr ? *chosen : world_.ids.next("", 12);
  if (!is_fireworks_id(id)) return bad("batchInferenceJobId: lower-case letters, digits and hyphens, at most 63");
  if (batches_.find(id) != nullptr) return refusal({409, {}, {}, "batch inference job " + id + " already exists", {}});
  const std::string model(json::string_member(body, "model"));
  if (!model_is_known(world_.options, last_name(model))) return not_found("model " + model);
  const std::string input_name(json::string_member(body, "inputDatasetId"));
  const FireworksDataset* const input = dataset(input_name);
  if (input == nullptr) return not_found("dataset " + input_name);
  if (!input->ready || input->files.empty()) return unready("dataset " + input_name + " is not READY");
  std::string output(json::string_member(body, "outputDatasetId"));
  if (output.empty()) output = "accounts/" + account + "/datasets/" + id + "-results";
  if (dataset(output) != nullptr) return refusal({409, {}, {}, "dataset " + output + " already exists", {}});
  FireworksDataset made;
  made.name = output;
  made.created_ms = world_.clock.now_ms();
  made.tenant = world_.call.tenant;
  datasets_.emplace(output, made);
  auto batch = std::make_unique<Batch>();
  batch->vendor = "fireworks";
  batch->id = id;
  batch->name = std::string(json::string_member(body, "displayName"));
  batch->model = model;
  batch->endpoint = "/v1/chat/completions";
  batch->input_file_id = input_name;
  batch->input = input->files.begin()->second;
  batch->extra = account + " " + output;
  batch->window_ms = kWindowMs;
  batch->max_requests = limits_.requests;
  batch->max_bytes = limits_.batch_bytes;
  batch->owner = this;
  return ok(job_json(batches_.start(std::move(batch))));
}

Reply FireworksApi::list_jobs(const RequestHead& head, const std::string& account) {
  int64_t size = 50;
  if (!query_number(head, "pageSize", 1, 200, size)) return bad("pageSize: from 1 to 200");
  const std::string* token = head.query_value("pageToken");
  if (token != nullptr && token->empty()) token = nullptr;
  std::vector<Batch*> all = batches_.newest_first(token == nullptr);
  std::erase_if(all, [&](const Batch* batch) { return JobFields::of(*batch).account != account; });
  auto from = all.begin();
  if (token != nullptr) from = std::find_if(from, all.end(), [&](const Batch* batch) { return batch->id == *token; });
  const auto left = static_cast<int64_t>(all.end() - from);
  json::Writer out;
  out.begin_object().key("batchInferenceJobs").begin_array();
  for (auto at = from; at != from + std::min(size, left); ++at) out.raw(job_json(**at));
  out.end_array().field("nextPageToken", left > size ? (*(from + size))->id : "");
  return ok(out.field("totalSize", static_cast<int64_t>(all.size())).end_object().str());
}

Reply FireworksApi::cancel(const std::string& id) {
  Batch* const batch = batches_.find_to("cancel", id);
  if (batch == nullptr) return not_found("batch inference job " + id);
  if (world_.batches.cancel(*batch)) ++world_.ledger.sums().cancels;
  return has_ended(batch->stage) ? unready("batch inference job " + id + " has ended") : ok("{}");
}

Reply FireworksApi::remove(const std::string& id) {
  Batch* const batch = batches_.find_to("delete", id);
  if (batch == nullptr) return not_found("batch inference job " + id);
  world_.batches.cancel(*batch);
  batches_.erase(*batch);
  ++world_.ledger.sums().deletes;
  return ok("{}");
}

void FireworksApi::make_twin(const Batch& original, Batch& twin) {
  twin.id = world_.ids.next("", 12);
  const std::string account = JobFields::of(original).account;
  const auto add = [&](const std::string& id, bool ready) {
    FireworksDataset made;
    made.name = "accounts/" + account + "/datasets/" + id;
    made.created_ms = world_.clock.now_ms();
    made.ready = made.uploaded = ready;
    made.tenant = twin.tenant;
    if (ready) made.files["nightly.jsonl"] = twin.input;
    return datasets_.emplace(made.name, made).first->first;
  };
  twin.input_file_id = add("nightly-" + twin.id, true);
  twin.extra = account + " " + add(twin.id + "-results", false);
}

// A new job may have the names of one that never was.
void FireworksApi::unmake(const Batch& batch) { datasets_.erase(JobFields::of(batch).output); }

// The dataset of a job's results has two files.
void FireworksApi::results_ready(Batch& batch) {
  FireworksDataset* const target = dataset(JobFields::of(batch).output);
  if (target == nullptr) return;
  target->ready = true;
  target->example_count = std::to_string(batch.completed);
  if (batch.output) target->files["BIJOutputSet.jsonl"] = std::move(batch.output);
  if (batch.errors) target->files["error_data.jsonl"] = std::move(batch.errors);
}

}  // namespace br::emulator
