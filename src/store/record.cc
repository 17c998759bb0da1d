#include "store/record.h"

#include <algorithm>
#include <string>

#include "codec/json_read.h"
#include "codec/json_write.h"
#include "sys/checksum.h"

namespace br {
namespace {

void write_pairs(std::string_view name, const std::vector<std::pair<std::string, std::string>>& pairs,
                 JsonWriter* json) {
  json->key(name).begin_array();
  for (const auto& [key, value] : pairs) json->begin_array().string(key).string(value).end_array();
  json->end_array();
}

std::vector<std::pair<std::string, std::string>> read_pairs(const Json& json) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Json& item : json.items()) {
    if (item.items().size() == 2) pairs.emplace_back(item.items()[0].string_or(""), item.items()[1].string_or(""));
  }
  return pairs;
}

void write_texts(std::string_view name, const std::vector<std::string>& texts, JsonWriter* json) {
  json->key(name).begin_array();
  for (const std::string& text : texts) json->string(text);
  json->end_array();
}

std::vector<std::string> read_texts(const Json& json) {
  std::vector<std::string> texts;
  for (const Json& item : json.items()) texts.push_back(item.string_or(""));
  return texts;
}

void write_counts(std::string_view name, const Counts& counts, JsonWriter* json) {
  json->key(name).begin_object().field("total", counts.total).field("succeeded", counts.succeeded);
  json->field("errored", counts.errored).field("processing", counts.processing);
  json->field("cancelled", counts.cancelled).field("expired", counts.expired).end_object();
}

Counts read_counts(const Json& json) {
  Counts counts;
  counts.total = json["total"].integer().value_or(0);
  counts.succeeded = json["succeeded"].integer().value_or(0);
  counts.errored = json["errored"].integer().value_or(0);
  counts.processing = json["processing"].integer().value_or(0);
  counts.cancelled = json["cancelled"].integer().value_or(0);
  counts.expired = json["expired"].integer().value_or(0);
  return counts;
}

void write_classes(const TokenClasses& tokens, JsonWriter* json) {
  json->field("input", tokens.input).field("output", tokens.output).field("cached_input", tokens.cached_input);
  if (tokens.cache_write_5m != 0) json->field("cache_write_5m", tokens.cache_write_5m);
  if (tokens.cache_write_1h != 0) json->field("cache_write_1h", tokens.cache_write_1h);
}

TokenClasses read_classes(const Json& json) {
  TokenClasses tokens;
  tokens.input = json["input"].integer().value_or(0);
  tokens.output = json["output"].integer().value_or(0);
  tokens.cached_input = json["cached_input"].integer().value_or(0);
  tokens.cache_write_5m = json["cache_write_5m"].integer().value_or(0);
  tokens.cache_write_1h = json["cache_write_1h"].integer().value_or(0);
  return tokens;
}

// Sums of long prompts are written under their length, so that a version with other lengths reads the right ones.
void write_tokens(const TokenSums& tokens, JsonWriter* json) {
  json->key("tokens").begin_object();
  write_classes(tokens, json);
  json->field("reasoning", tokens.reasoning);
  for (std::size_t i = 0; i < kLongPrompts.size() && tokens.beyond[i].input != 0; ++i) {
    json->key("beyond_" + std::to_string(kLongPrompts[i])).begin_object();
    write_classes(tokens.beyond[i], json);
    json->end_object();
  }
  json->end_object();
}

void write_model_tokens(const std::vector<ModelTokens>& models, JsonWriter* json) {
  if (models.empty()) return;
  json->key("model_tokens").begin_array();
  for (const auto& [model, tokens] : models) {
    json->begin_object().field("model", model);
    write_tokens(tokens, json);
    json->end_object();
  }
  json->end_array();
}

TokenSums read_tokens(const Json& json) {
  TokenSums tokens;
  static_cast<TokenClasses&>(tokens) = read_classes(json);
  tokens.reasoning = json["reasoning"].integer().value_or(0);
  for (std::size_t i = 0; i < kLongPrompts.size(); ++i)
    tokens.beyond[i] = read_classes(json["beyond_" + std::to_string(kLongPrompts[i])]);
  return tokens;
}

void write_error(std::string_view name, const std::optional<Error>& error, JsonWriter* json) {
  json->key(name);
  if (!error) {
    json->null();
    return;
  }
  json->begin_object().field("code", std::int64_t{static_cast<std::int32_t>(error->code)});
  json->field("message", error->message).field("hint", error->hint).field("provider", error->provider);
  json->field("vendor_code", error->vendor_code).field("request_id", error->request_id);
  json->field("http_status", std::int64_t{error->http_status}).key("transient").boolean(error->transient);
  json->key("blocking").boolean(error->blocking).end_object();
}

std::optional<Error> read_error(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  Error error(static_cast<Code>(json["code"].integer().value_or(-22)), json["message"].string_or(""),
              json["hint"].string_or(""));
  error.provider = json["provider"].string_or("");
  error.vendor_code = json["vendor_code"].string_or("");
  error.request_id = json["request_id"].string_or("");
  error.http_status = static_cast<int>(json["http_status"].integer().value_or(0));
  error.transient = json["transient"].boolean();
  error.blocking = json["blocking"].boolean();
  return error;
}

void write_file(std::string_view name, const RemoteFile& file, JsonWriter* json) {
  json->key(name).begin_object().field("id", file.id).field("url", file.url).end_object();
}

RemoteFile read_file(const Json& json) { return {json["id"].string_or(""), json["url"].string_or("")}; }

void write_status(const RemoteStatus& status, JsonWriter* json) {
  json->key("status").begin_object().field("id", status.id);
  json->field("state", std::int64_t{static_cast<std::int32_t>(status.state)});
  json->key("state_known").boolean(status.state_known).field("vendor_state", status.vendor_state);
  write_counts("counts", status.counts, json);
  json->key("counts_known").boolean(status.counts_known).field("created_ms", status.created_ms);
  json->field("completed_ms", status.completed_ms).field("expires_ms", status.expires_ms);
  json->field("model", status.model).field("endpoint", status.endpoint);
  json->field("input_file_id", status.input_file_id).field("marker", status.marker);
  write_file("output", status.output, json);
  write_file("errors", status.errors, json);
  json->key("no_more_files").boolean(status.no_more_files);
  write_error("failure", status.failure, json);
  json->key("quota_wait").boolean(status.quota_wait).field("raw", status.raw).end_object();
}

RemoteStatus read_status(const Json& json) {
  RemoteStatus status;
  status.id = json["id"].string_or("");
  status.state = static_cast<State>(json["state"].integer().value_or(2));
  status.state_known = json["state_known"].boolean();
  status.vendor_state = json["vendor_state"].string_or("");
  status.counts = read_counts(json["counts"]);
  status.counts_known = json["counts_known"].boolean();
  status.created_ms = json["created_ms"].integer().value_or(-1);
  status.completed_ms = json["completed_ms"].integer().value_or(-1);
  status.expires_ms = json["expires_ms"].integer().value_or(-1);
  status.model = json["model"].string_or("");
  status.endpoint = json["endpoint"].string_or("");
  status.input_file_id = json["input_file_id"].string_or("");
  status.marker = json["marker"].string_or("");
  status.output = read_file(json["output"]);
  status.errors = read_file(json["errors"]);
  status.no_more_files = json["no_more_files"].boolean();
  status.failure = read_error(json["failure"]);
  status.quota_wait = json["quota_wait"].boolean();
  status.raw = json["raw"].string_or("");
  return status;
}

Error damaged_record(std::string_view what) {
  return Error(Code::store, "the state directory holds a damaged " + std::string(what) + " record",
               "restore the directory from a backup; or move state.db, state.db-wal and state.db-shm out of it, and "
               "`batchrouter resume` finds the jobs again by what lies in spool");
}

// A record ends with ,"sum":"<16 digits>"} where the digits are of all that stands before.
constexpr std::string_view kSumStart = ",\"sum\":\"", kSumEnd = "\"}";
constexpr std::size_t kDigits = 16, kSumLength = kSumStart.size() + kDigits + kSumEnd.size();
// Says in a record that it has a checksum, so that damage to the one alone does not make it an old record.
constexpr std::string_view kHasSum = "\"checked\":true";
constexpr std::string_view kSettled = ",\"settled\":true", kUnsettled = ",\"settled\":false";

void add_sum(std::string* text) {
  text->pop_back();
  const std::string sum = checksum_of(*text);
  text->append(kSumStart).append(sum).append(kSumEnd);
}

enum class Sum : std::uint8_t { none, good, bad };

Sum check_sum(std::string_view text) {
  const bool expected = text.find(kHasSum) != std::string_view::npos;
  if (text.size() < kSumLength) return expected ? Sum::bad : Sum::none;
  const std::string_view covered = text.substr(0, text.size() - kSumLength), end = text.substr(covered.size());
  if (!end.starts_with(kSumStart) || !end.ends_with(kSumEnd)) return expected ? Sum::bad : Sum::none;
  return end.substr(kSumStart.size(), kDigits) == checksum_of(covered) ? Sum::good : Sum::bad;
}

// A version before this one counted attempts instead, those too that a full queue ended before anything was paid. What
// was refused, or ended without an id of the vendor's, was certainly never submitted.
std::int32_t creates_of_older(const RemoteBatch& b) {
  if (b.phase == Phase::planned || b.phase == Phase::refused) return 0;
  if (b.phase == Phase::collected && b.status.id.empty()) return 0;
  const bool is_unsent = b.phase == Phase::uploaded;
  return std::max(b.attempt - b.queue_waits - (is_unsent ? 1 : 0), is_unsent ? 0 : 1);
}

}  // namespace

std::string write_job_record(const Job& job) {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().field("id", job.id).key("checked").boolean(true);
  json.field("provider", job.provider).field("base_url", job.base_url);
  json.field("name", job.name).field("output", job.output).field("parent", job.parent);
  json.field("attempt", std::int64_t{job.attempt}).field("created_ms", job.created_ms);
  json.field("completed_ms", job.completed_ms);
  json.key("attached").boolean(job.attached).key("done").boolean(job.done);
  if (job.captured) json.key("captured").boolean(true);
  write_pairs("settings", job.settings, &json);
  json.field("batches", static_cast<std::int64_t>(job.batches.size()));
  json.key("settled").boolean(is_settled(job)).end_object();
  add_sum(&text);
  return text;
}

Result<Job> read_job_record(std::string_view text) {
  const auto json = check_sum(text) == Sum::bad ? nullptr : Json::parse(text);
  if (json == nullptr || (*json)["id"].string().empty()) return damaged_record("job");
  const Json& j = *json;
  Job job;
  job.id = j["id"].string_or("");
  job.provider = j["provider"].string_or("");
  job.base_url = j["base_url"].string_or("");
  job.name = j["name"].string_or("");
  job.output = j["output"].string_or("");
  job.parent = j["parent"].string_or("");
  job.attempt = static_cast<std::int32_t>(j["attempt"].integer().value_or(1));
  job.created_ms = j["created_ms"].integer().value_or(0);
  job.completed_ms = j["completed_ms"].integer().value_or(-1);
  job.attached = j["attached"].boolean();
  job.captured = j["captured"].boolean();
  job.done = j["done"].boolean();
  job.settings = read_pairs(j["settings"]);
  return job;
}

std::string write_batch_record(const RemoteBatch& b) {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().field("job_id", b.job_id).key("checked").boolean(true);
  json.field("provider", b.provider).field("base_url", b.base_url);
  json.field("account", b.account).field("part", std::int64_t{b.part});
  json.field("model", b.model).field("endpoint", static_cast<std::int64_t>(b.endpoint));
  if (!b.path.empty()) json.field("path", b.path);
  json.field("rows", b.rows).field("bytes", b.bytes).field("request_sum", b.request_sum).field("ids_sum", b.ids_sum);
  json.field("unified_sum", b.unified_sum).field("marker", b.marker);
  write_pairs("metadata", b.metadata, &json);
  json.field("phase", static_cast<std::int64_t>(b.phase)).field("attempt", std::int64_t{b.attempt});
  json.field("planned_ms", b.planned_ms).field("id_tag", b.id_tag).field("creates", std::int64_t{b.creates});
  json.field("key_salt", b.key_salt);
  write_texts("accounts", b.accounts, &json);
  write_texts("keys", b.keys, &json);
  json.key("adopted_by_person").boolean(b.adopted_by_person).field("input_file_id", b.input_file_id);
  write_status(b.status, &json);
  json.key("matched_by_shape").boolean(b.matched_by_shape);
  write_texts("not_ours", b.not_ours, &json);
  json.field("create_sent_ms", b.create_sent_ms).field("submitted_ms", b.submitted_ms);
  json.field("absent_since_ms", b.absent_since_ms).field("missing_since_ms", b.missing_since_ms);
  json.field("refused_fetches", std::int64_t{b.refused_fetches}).field("bad_fetches", std::int64_t{b.bad_fetches});
  json.field("refetches", std::int64_t{b.refetches});
  json.field("fetches", std::int64_t{b.fetches}).field("queue_waits", std::int64_t{b.queue_waits});
  write_counts("results", b.results, &json);
  json.field("results_sum", b.results_sum);
  write_tokens(b.tokens, &json);
  write_model_tokens(b.model_tokens, &json);
  write_error("error", b.error, &json);
  json.key("blocked").boolean(b.blocked).key("cancel_wanted").boolean(b.cancel_wanted);
  json.key("cancel_taken").boolean(b.cancel_taken).key("canary").boolean(b.canary).key("held").boolean(b.held);
  json.field("canary_refusal", b.canary_refusal).end_object();
  add_sum(&text);
  return text;
}

Result<RemoteBatch> read_batch_record(std::string_view text) {
  const auto json = check_sum(text) == Sum::bad ? nullptr : Json::parse(text);
  if (json == nullptr || (*json)["job_id"].string().empty()) return damaged_record("batch");
  const Json& j = *json;
  const auto integer = [&j](std::string_view name, std::int64_t fallback) {
    return j[name].integer().value_or(fallback);
  };
  RemoteBatch b;
  b.job_id = j["job_id"].string_or("");
  b.provider = j["provider"].string_or("");
  b.base_url = j["base_url"].string_or("");
  b.account = j["account"].string_or("");
  b.part = static_cast<std::int32_t>(integer("part", 0));
  b.model = j["model"].string_or("");
  b.endpoint = static_cast<Endpoint>(integer("endpoint", 0));
  b.path = j["path"].string_or("");
  b.rows = integer("rows", 0);
  b.bytes = integer("bytes", 0);
  b.request_sum = j["request_sum"].string_or("");
  b.ids_sum = j["ids_sum"].string_or("");
  b.unified_sum = j["unified_sum"].string_or("");
  b.marker = j["marker"].string_or("");
  b.metadata = read_pairs(j["metadata"]);
  b.phase = static_cast<Phase>(integer("phase", 0));
  b.attempt = static_cast<std::int32_t>(integer("attempt", 1));
  b.planned_ms = integer("planned_ms", -1);
  b.id_tag = j["id_tag"].string_or("");
  b.key_salt = j["key_salt"].string_or("");
  b.accounts = read_texts(j["accounts"]);
  b.keys = read_texts(j["keys"]);
  b.adopted_by_person = j["adopted_by_person"].boolean();
  b.input_file_id = j["input_file_id"].string_or("");
  b.status = read_status(j["status"]);
  b.matched_by_shape = j["matched_by_shape"].boolean();
  b.not_ours = read_texts(j["not_ours"]);
  b.create_sent_ms = integer("create_sent_ms", -1);
  b.submitted_ms = integer("submitted_ms", -1);
  b.absent_since_ms = integer("absent_since_ms", -1);
  b.missing_since_ms = integer("missing_since_ms", -1);
  b.fetches = static_cast<std::int32_t>(integer("fetches", 0));
  b.refused_fetches = static_cast<std::int32_t>(integer("refused_fetches", 0));
  b.bad_fetches = static_cast<std::int32_t>(integer("bad_fetches", 0));
  b.refetches = static_cast<std::int32_t>(integer("refetches", 0));
  b.queue_waits = static_cast<std::int32_t>(integer("queue_waits", 0));
  b.creates = static_cast<std::int32_t>(integer("creates", creates_of_older(b)));
  b.results = read_counts(j["results"]);
  b.results_sum = j["results_sum"].string_or("");
  b.tokens = read_tokens(j["tokens"]);
  for (const Json& each : j["model_tokens"].items())
    b.model_tokens.push_back({each["model"].string_or(""), read_tokens(each["tokens"])});
  // Of a version that kept them here.
  b.progress = {integer("acked_rows", 0), integer("acked_bytes", 0), integer("handed_rows", 0)};
  b.error = read_error(j["error"]);
  b.blocked = j["blocked"].boolean();
  b.cancel_wanted = j["cancel_wanted"].boolean();
  b.cancel_taken = j["cancel_taken"].boolean();
  b.canary = j["canary"].boolean();
  b.held = j["held"].boolean();
  b.canary_refusal = j["canary_refusal"].string_or("");
  return b;
}

std::string write_progress_record(const PartProgress& progress) {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().field("part", std::int64_t{progress.part}).field("refetches", std::int64_t{progress.refetches});
  json.field("acked_rows", progress.progress.acked_rows).field("acked_bytes", progress.progress.acked_bytes);
  json.field("handed_rows", progress.progress.handed_rows).end_object();
  add_sum(&text);
  return text;
}

Result<PartProgress> read_progress_record(std::string_view text) {
  const auto json = check_sum(text) == Sum::good ? Json::parse(text) : nullptr;
  if (json == nullptr) return damaged_record("progress");
  const auto integer = [&json](std::string_view name) { return (*json)[name].integer().value_or(0); };
  return PartProgress{static_cast<std::int32_t>(integer("part")),
                      static_cast<std::int32_t>(integer("refetches")),
                      {integer("acked_rows"), integer("acked_bytes"), integer("handed_rows")}};
}

std::int64_t batches_in_record(std::string_view text) {
  const auto json = Json::parse(text);
  return json == nullptr ? -1 : (*json)["batches"].integer().value_or(-1);
}

Result<std::optional<bool>> settled_in_record(std::string_view text) {
  const Sum sum = check_sum(text);
  if (sum == Sum::bad) return damaged_record("job");
  if (sum == Sum::none) return std::optional<bool>();
  const std::string_view covered = text.substr(0, text.size() - kSumLength);
  if (covered.ends_with(kSettled)) return std::optional<bool>(true);
  if (covered.ends_with(kUnsettled)) return std::optional<bool>(false);
  return std::optional<bool>();
}

}  // namespace br
