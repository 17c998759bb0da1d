#include <algorithm>
#include <utility>

#include "emulator/base/times.h"
#include "emulator/vendor/look_alike.h"
#include "emulator/vertex/api.h"

namespace br::emulator {
namespace {

constexpr int64_t kWindowMs = int64_t{72 + 24} * 3'600'000;  // in the queue, then running
constexpr int kMicroseconds = 6;
constexpr size_t kNumberDigits = 18;
constexpr size_t kMostNameChars = 128;
constexpr std::string_view kFields[] = {"displayName", "model",          "inputConfig",    "outputConfig",
                                        "labels",      "instanceConfig", "modelParameters"};

std::string state_word(const Batch& batch) {
  static constexpr const char* kWords[] = {"PENDING",   "FAILED",  "RUNNING",    "RUNNING",
                                           "SUCCEEDED", "EXPIRED", "CANCELLING", "CANCELLED"};
  const bool late = has_ended(batch.stage) && results_are_late(batch);
  const bool queued = batch.stage == Stage::kValidating && batch.polls <= 1;
  return std::string("JOB_STATE_") + (late ? "RUNNING" : queued ? "QUEUED" : kWords[static_cast<size_t>(batch.stage)]);
}

// The text at a path of names; empty if there is none.
std::string text_at(const json::Value& body, std::initializer_list<const char*> path) {
  const json::Value* at = &body;
  for (const char* name : path) {
    at = at == nullptr ? nullptr : json::member(*at, name);
  }
  return at != nullptr && at->IsString() ? std::string(json::view(*at)) : std::string();
}

// The one object that a job reads; empty if there is not exactly one.
std::string input_of(const json::Value& body) {
  const json::Value* const config = json::member(body, "inputConfig");
  const json::Value* const source = config == nullptr ? nullptr : json::member(*config, "gcsSource");
  const json::Value* const uris = source == nullptr ? nullptr : json::member(*source, "uris");
  const bool one = uris != nullptr && uris->IsArray() && uris->Size() == 1 && (*uris)[0].IsString();
  return one ? std::string(json::view((*uris)[0])) : std::string();
}

bool is_gcs_uri(std::string_view uri) { return uri.substr(0, 5) == "gs://" && uri.size() > 5; }

// Whether a listing with that filter shows the job: terms of the form NAME="VALUE", joined by AND.
bool fits_filter(const Batch& batch, const std::string& filter, const json::Value& request, bool& understood) {
  bool fits = true;
  for (size_t at = 0; at < filter.size();) {
    const size_t end = std::min(filter.find(" AND ", at), filter.size());
    const std::string_view term = std::string_view(filter).substr(at, end - at);
    at = end + 5;
    const size_t equals = term.find('=');
    const bool whole =
        equals != std::string_view::npos && term.size() > equals + 2 && term[equals + 1] == '"' && term.back() == '"';
    if (!whole) return understood = false;
    const std::string_view name = term.substr(0, equals);
    const std::string_view value = term.substr(equals + 2, term.size() - equals - 3);
    if (name == "display_name" || name == "displayName") {
      fits = fits && batch.name == value;
    } else if (name == "state") {
      fits = fits && state_word(batch) == value;
    } else if (name.substr(0, 7) == "labels.") {
      fits = fits && text_at(request, {"labels", std::string(name.substr(7)).c_str()}) == value;
    } else {
      return understood = false;
    }
  }
  return fits;
}

void write_stats(json::Writer& out, const Batch& batch) {
  const int64_t failed = batch.failed - batch.unanswered;
  out.key("completionStats").begin_object().field("successfulCount", std::to_string(batch.completed));
  out.field("failedCount", std::to_string(failed));
  out.field("incompleteCount", std::to_string(batch.total - batch.completed - failed)).end_object();
}

}  // namespace

Opening VertexApi::begin_jobs(const RequestHead& head, const std::string& parent, const std::string& id,
                              std::string_view verb) {
  if (id.empty() && head.method == "POST") {
    return with_body([this, parent](const std::string& body) { return create(parent, body); });
  }
  if (id.empty() && head.method == "GET") return Opening::answered(list(head, parent));
  // Another project in the path is another world.
  const auto job = jobs_.find(id);
  if (job != jobs_.end() && job->second.name.rfind(parent + "/", 0) != 0) return Opening::answered(no_job(id));
  if (verb == "cancel" && head.method == "POST") {
    return with_body([this, id](const std::string&) { return cancel(id); });
  }
  if (verb.empty() && head.method == "DELETE") return Opening::answered(remove(id));
  if (!verb.empty() || head.method != "GET") {
    return Opening::answered(refusal({404, {}, {}, "The requested URL was not found: " + head.path, {}}));
  }
  const Batch* const batch = batches_.look_at(id);
  return Opening::answered(batch == nullptr ? no_job(id) : ok(job_json(*batch)));
}

// What is wrong with a create request; empty if nothing is.
std::string VertexApi::create_problem(const json::Value& body) const {
  for (const auto& field : body.GetObject()) {
    const std::string_view field_name = json::view(field.name);
    if (std::find(std::begin(kFields), std::end(kFields), field_name) == std::end(kFields)) {
      return "Invalid JSON payload received. Unknown name \"" + std::string(field_name) + "\": Cannot find field.";
    }
  }
  const std::string display(json::string_member(body, "displayName"));
  if (display.empty() || display.size() > kMostNameChars) return "displayName is required, at most 128 characters.";
  const std::string model(json::string_member(body, "model"));
  const bool named = model.substr(0, 11) == "publishers/" || model.substr(0, 9) == "projects/";
  if (!named) return "Invalid resource field value in the request: model";
  if (text_at(body, {"inputConfig", "instancesFormat"}) != "jsonl" ||
      text_at(body, {"outputConfig", "predictionsFormat"}) != "jsonl") {
    return "The emulator takes instancesFormat and predictionsFormat jsonl.";
  }
  if (!is_gcs_uri(input_of(body))) return "inputConfig.gcsSource.uris must have one URI of Cloud Storage.";
  if (!is_gcs_uri(text_at(body, {"outputConfig", "gcsDestination", "outputUriPrefix"}))) {
    return "outputConfig.gcsDestination.outputUriPrefix must be a URI of Cloud Storage.";
  }
  return {};
}

Reply VertexApi::create(const std::string& parent, const std::string& text) {
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject()) return bad("Invalid JSON payload received.");
  const std::string problem = create_problem(body);
  if (!problem.empty()) return bad(problem);
  const std::string model(json::string_member(body, "model"));
  if (!model_is_known(world_.options, std::string_view(model).substr(model.rfind('/') + 1))) {
    return refusal({404, {}, {}, "Publisher Model `" + model + "` was not found or your project has no access.", {}});
  }
  const std::string input_uri = input_of(body);
  const ObjectPlace place = ObjectPlace::of(input_uri);
  const StoredObject* const input = objects_.find(place.bucket, place.key);
  auto batch = std::make_unique<Batch>();
  batch->vendor = "vertex";
  batch->id = "1";
  for (const char digit : world_.ids.next("", kNumberDigits)) batch->id += static_cast<char>('0' + digit % 10);
  batch->name = std::string(json::string_member(body, "displayName"));
  batch->model = model;
  batch->extra = text_at(body, {"instanceConfig", "keyField"});
  batch->input_file_id = input_uri;
  batch->input = input != nullptr ? input->blob : std::make_shared<Blob>(world_.bodies);
  // The service agent looks for the object when the job runs, not before.
  if (input == nullptr) {
    batch->quirks.fails = true;
    batch->quirks.failure = {"NOT_FOUND", "The Cloud Storage path was not found: " + input_uri, {}, 0};
  }
  batch->window_ms = kWindowMs;
  batch->max_requests = limits_.requests;
  batch->max_bytes = limits_.batch_bytes;
  batch->one_result_file = true;
  batch->owner = this;
  VertexJob job;
  job.name = parent + "/batchPredictionJobs/" + batch->id;
  job.request = text;
  job.prefix = text_at(body, {"outputConfig", "gcsDestination", "outputUriPrefix"});
  jobs_.emplace(batch->id, std::move(job));
  return ok(job_json(batches_.start(std::move(batch))));
}

Reply VertexApi::list(const RequestHead& head, const std::string& parent) {
  int64_t size = 100;
  if (!query_number(head, "pageSize", 1, 1000, size)) return bad("pageSize must be from 1 to 1000.");
  const std::string* const token = head.query_value("pageToken");
  const std::string* const filter = head.query_value("filter");
  std::vector<Batch*> all = batches_.newest_first(token == nullptr);
  bool understood = true;
  std::erase_if(all, [&](const Batch* batch) {
    json::Document request;
    json::parse(jobs_.at(batch->id).request, request);
    if (jobs_.at(batch->id).name.rfind(parent + "/", 0) != 0) return true;
    return filter != nullptr && !fits_filter(*batch, *filter, request, understood);
  });
  if (!understood) return bad("The emulator does not understand the filter: " + *filter);
  auto from = all.begin();
  if (token != nullptr) from = std::find_if(from, all.end(), [&](const Batch* batch) { return batch->id == *token; });
  const auto left = static_cast<int64_t>(all.end() - from);
  json::Writer out;
  out.begin_object();
  if (left > 0) {
    out.key("batchPredictionJobs").begin_array();
    for (auto at = from; at != from + std::min(size, left); ++at) out.raw(job_json(**at));
    out.end_array();
  }
  if (left > size) out.field("nextPageToken", (*(from + size))->id);
  return ok(out.end_object().str());
}

Reply VertexApi::cancel(const std::string& id) {
  Batch* const batch = batches_.find_to("cancel", id);
  if (batch == nullptr) return no_job(id);
  if (world_.batches.cancel(*batch)) ++world_.ledger.sums().cancels;
  if (!has_ended(batch->stage)) return ok("{}");
  ApiError error{400, {}, {}, "The job is in the state " + state_word(*batch) + " and cannot be cancelled.", {}};
  Reply reply = refusal(error);
  const size_t at = reply.body.find("INVALID_ARGUMENT");
  if (at != std::string::npos)
    reply.body.replace(at, std::string_view("INVALID_ARGUMENT").size(), "FAILED_PRECONDITION");
  return reply;
}

Reply VertexApi::remove(const std::string& id) {
  Batch* const batch = batches_.find_to("delete", id);
  if (batch == nullptr) return no_job(id);
  if (!has_ended(batch->stage)) return bad("The job runs and cannot be deleted: " + id);
  batches_.erase(*batch);
  ++world_.ledger.sums().deletes;
  json::Writer out;
  out.begin_object().field("name", jobs_.at(id).name + "/operations/1").key("done").boolean(true);
  return ok(out.end_object().str());
}

std::string VertexApi::job_json(const Batch& batch) const {
  const VertexJob& job = jobs_.at(batch.id);
  json::Document request;
  json::parse(job.request, request);
  const bool late = results_are_late(batch);
  const bool ended = has_ended(batch.stage) && !late;
  const bool bare = batch.quirks.null_fields;
  json::Writer out;
  out.begin_object().field("name", job.name);
  for (const auto& field : request.GetObject()) out.key(json::view(field.name)).value(field.value);
  out.field("state", shown_word(batch, state_word(batch)));
  out.field("createTime", rfc3339(batch.times.created_ms, kMicroseconds));
  if (!bare) {
    const int64_t changed_ms =
        ended ? batch.times.ended_ms : std::max(batch.times.created_ms, batch.times.in_progress_ms);
    if (batch.times.in_progress_ms > 0) out.field("startTime", rfc3339(batch.times.in_progress_ms, kMicroseconds));
    if (ended) out.field("endTime", rfc3339(batch.times.ended_ms, kMicroseconds));
    out.field("updateTime", rfc3339(changed_ms, kMicroseconds));
    if (ended && batch.total > 0) write_stats(out, batch);
  }
  if (!job.directory.empty() && !late) {
    out.key("outputInfo").begin_object().field("gcsOutputDirectory", job.directory).end_object();
  }
  if (ended && (batch.stage == Stage::kFailed || batch.stage == Stage::kCancelled)) {
    constexpr int64_t kCancelled = 1, kInvalidArgument = 3;
    const bool failed = batch.stage == Stage::kFailed;
    out.key("error").begin_object().field("code", failed ? kInvalidArgument : kCancelled);
    const bool told = failed && !batch.problems.empty();
    out.field("message", told ? batch.problems[0].message : "The job was cancelled.").end_object();
  }
  return out.field("modelVersionId", "1").end_object().str();
}

// The stranger's input and results lie beside the client's, under a folder of their own.
void VertexApi::make_twin(const Batch& original, Batch& twin) {
  const VertexJob& model = jobs_.at(original.id);
  twin.id = "1";
  for (const char digit : world_.ids.next("", kNumberDigits)) twin.id += static_cast<char>('0' + digit % 10);
  twin.extra = original.extra;
  const std::string bucket = ObjectPlace::of(model.prefix).bucket;
  StoredObject input;
  input.key = "nightly/" + twin.id + ".jsonl";
  input.written_ms = world_.clock.now_ms();
  input.blob = twin.input;
  input.tenant = twin.tenant;
  twin.input_file_id = "gs://" + bucket + "/" + input.key;
  objects_.put(bucket, std::move(input));
  VertexJob job;
  job.name = model.name.substr(0, model.name.rfind('/') + 1) + twin.id;
  job.prefix = "gs://" + bucket + "/nightly/out";
  job.request = with_text_at(model.request, {"displayName"}, twin.name);
  job.request = with_text_at(job.request, {"labels"}, {});
  job.request = with_text_at(job.request, {"inputConfig", "gcsSource", "uris"}, twin.input_file_id);
  job.request = with_text_at(job.request, {"outputConfig", "gcsDestination", "outputUriPrefix"}, job.prefix);
  jobs_.emplace(twin.id, std::move(job));
}

void VertexApi::unmake(const Batch& batch) { jobs_.erase(batch.id); }

// What was answered lies in a directory of the job's own, however it ended.
void VertexApi::results_ready(Batch& batch) {
  if (!batch.output) return;
  VertexJob& job = jobs_.at(batch.id);
  job.directory = job.prefix + "/prediction-model-" + rfc3339(world_.clock.now_ms(), kMicroseconds);
  const ObjectPlace place = ObjectPlace::of(job.directory);
  StoredObject object;
  object.key = place.key + "/predictions.jsonl";
  object.content_type = "application/octet-stream";
  object.written_ms = world_.clock.now_ms();
  object.blob = std::move(batch.output);
  object.tenant = batch.tenant;
  objects_.put(place.bucket, std::move(object));
}

}  // namespace br::emulator
