#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "emulator/anthropic/rows.h"
#include "emulator/base/times.h"
#include "emulator/batches/row_run.h"
#include "emulator/vendor/inline_create.h"
#include "emulator/vendor/makers.h"
#include "emulator/vendor/stored.h"

namespace br::emulator {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kArchiveMs = 29 * kDayMs;
constexpr int kMicroseconds = 6;
constexpr std::string_view kVersions[] = {"2023-01-01", "2023-06-01", "2026-10-21"};
constexpr Limits kLimits = {100'000, 256'000'000, 0};

const char* type_of_status(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

// Anthropic's Message Batches: the requests come in the create call, the results go out by an address of their own.
class AnthropicApi : public Vendor, public BatchOwner {
 public:
  explicit AnthropicApi(World& world)
      : world_(world), batches_(world), rows_(world.options), limits_(limits_in_force(world.options, kLimits)) {}

  std::string_view name() const override { return "anthropic"; }
  std::string_view base_path() const override { return "/anthropic"; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch&) override { return AnthropicRows::check(); }
  RowAnswer answer(const Batch& batch, const Row& row) override { return rows_.answer(batch, row); }
  std::string unanswered(const Batch&, const Row& row, Unanswered why) override { return rows_.unanswered(row, why); }
  void results_ready(Batch&) override {}
  void make_twin(const Batch&, Batch& twin) override { twin.id = world_.ids.next("msgbatch_", 24); }
  void unmake(const Batch&) override {}

 private:
  std::string head_problem(const RequestHead& head) const;
  Opening begin_batches(const RequestHead& head, Path path);
  Reply create(InlineBody& body, const std::string& version, const std::string& root);
  Reply list(const RequestHead& head, const std::string& root);
  Reply cancel(const std::string& id, const std::string& root);
  Reply remove(const std::string& id);
  Reply results(const std::string& id);
  Reply not_found(const std::string& id) const;
  Reply ok(std::string json, int status = 200) const;
  std::string batch_json(const Batch& batch, const std::string& root) const;
  bool is_archived(const Batch& batch) const { return world_.clock.now_ms() >= batch.times.created_ms + kArchiveMs; }

  World& world_;
  StoredBatches batches_;
  AnthropicRows rows_;
  Limits limits_;
};

// What is wrong with anthropic-version, which must be there exactly once.
std::string AnthropicApi::head_problem(const RequestHead& head) const {
  std::string given;
  int count = 0;
  for (const auto& [key, value] : head.headers) {
    if (!equal_ignoring_case(key, "anthropic-version")) continue;
    given += (count++ == 0 ? "" : ", ") + value;
  }
  if (count == 0) return "anthropic-version: header is required";
  const bool known = std::find(std::begin(kVersions), std::end(kVersions), given) != std::end(kVersions);
  return known ? "" : "anthropic-version: \"" + given + "\" is not a valid version";
}

Opening AnthropicApi::begin(const RequestHead& head, Path path) {
  const std::string_view own = head.header("x-api-key");
  if (!key_is_known(world_.options, own.empty() ? bearer_key(head) : own)) {
    const bool none = own.empty() && bearer_key(head).empty();
    return Opening::answered(refusal({401, {}, {}, none ? "x-api-key header is required" : "invalid x-api-key", {}}));
  }
  const std::string problem = head_problem(head);
  if (!problem.empty()) return Opening::answered(refusal({400, {}, {}, problem, {}}));
  const bool batches = path.size() >= 3 && path[0] == "v1" && path[1] == "messages" && path[2] == "batches";
  if (batches) return begin_batches(head, path.subspan(3));
  return Opening::answered(refusal({404, {}, {}, "Not Found: " + head.path, {}}));
}

Opening AnthropicApi::begin_batches(const RequestHead& head, Path path) {
  const std::string_view host = head.header("host");
  const std::string root =
      "http://" + std::string(host.empty() ? "127.0.0.1" : host) + "/anthropic/v1/messages/batches/";
  if (path.empty() && head.method == "POST") {
    const std::string version(head.header("anthropic-version"));
    return Opening::of(std::make_unique<InlineCreate>(
        world_, std::vector<std::string>{"requests"}, AnthropicRows::check(), limits_.batch_bytes,
        [this, version, root](InlineBody& body) { return create(body, version, root); }));
  }
  if (path.empty() && head.method == "GET") return Opening::answered(list(head, root));
  if (path.size() == 1 && head.method == "GET") {
    const Batch* const batch = batches_.look_at(path[0]);
    return Opening::answered(batch == nullptr ? not_found(path[0]) : ok(batch_json(*batch, root)));
  }
  if (path.size() == 1 && head.method == "DELETE") return Opening::answered(remove(path[0]));
  if (path.size() == 2 && path[1] == "cancel" && head.method == "POST") {
    return with_body([this, id = path[0], root](const std::string&) { return cancel(id, root); });
  }
  if (path.size() == 2 && path[1] == "results" && head.method == "GET") return Opening::answered(results(path[0]));
  return Opening::answered(refusal({405, {}, {}, "Method Not Allowed", {}}));
}

Reply AnthropicApi::ok(std::string json, int status) const {
  Reply reply;
  reply.status = status;
  reply.body = std::move(json);
  reply.headers.emplace_back("request-id", world_.ids.next("req_", 24));
  return reply;
}

// The vendor's own kinds of errors follow the status; a spend limit is told apart by the details only.
Reply AnthropicApi::refusal(const ApiError& error) const {
  const bool spent = error.code == "insufficient_quota";
  const std::string code = spent                                 ? "enforced_spend_limit_reached"
                           : error.code == "rate_limit_exceeded" ? ""
                                                                 : error.code;
  const bool own_type = error.type.size() > 6 && error.type != "server_error" && error.type != "invalid_request_error";
  const bool scripted = own_type && error.type != "insufficient_quota" && error.type != "requests";
  json::Writer out;
  out.begin_object().field("type", "error").key("error").begin_object();
  out.field("type", scripted ? std::string_view(error.type) : std::string_view(type_of_status(error.status)));
  out.field("message", error.message);
  if (!code.empty()) out.key("details").begin_object().field("error_code", code).end_object();
  Reply reply = ok({}, error.status);
  out.end_object().field("request_id", reply.headers.back().second).end_object();
  reply.body = out.str();
  return reply;
}

Reply AnthropicApi::not_found(const std::string& id) const {
  return refusal({404, {}, {}, "Message batch not found: " + id, {}});
}

Reply AnthropicApi::create(InlineBody& body, const std::string& version, const std::string& root) {
  const auto bad = [&](std::string message) { return refusal({400, {}, {}, std::move(message), {}}); };
  if (body.too_large) return refusal({413, {}, {}, "Request exceeds the maximum size", {}});
  json::Document rest;
  if (!body.whole || !json::parse(body.rest, rest) || body.problem.code == "invalid_json") {
    return bad("The request body is not valid JSON: invalid or incomplete");
  }
  if (!rest.IsObject()) return bad("Input should be a valid dictionary");
  for (const auto& field : rest.GetObject()) {
    const std::string name(json::view(field.name));
    if (name != "requests") return bad(name + ": Extra inputs are not permitted");
  }
  if (json::member(rest, "requests") == nullptr) return bad("requests: Field required");
  if (!body.has_array) return bad("requests: Input should be a valid list");
  if (!body.problem.message.empty()) return bad(body.problem.message);
  if (body.requests == 0) return bad("requests: List should have at least 1 item after validation, not 0");
  if (body.requests > limits_.requests) {
    return bad("requests: List should have at most " + std::to_string(limits_.requests) + " items after validation");
  }
  auto batch = std::make_unique<Batch>();
  batch->vendor = "anthropic";
  batch->id = world_.ids.next("msgbatch_", 24);
  batch->api_version = version;
  batch->input = body.lines;
  batch->window_ms = kDayMs;
  batch->max_requests = limits_.requests;
  batch->max_bytes = INT64_MAX;  // judged by the body, which is not what the body file holds
  batch->is_inline = batch->one_result_file = batch->never_fails = true;
  batch->owner = this;
  Batch& added = batches_.start(std::move(batch));
  if (added.run) added.run->check(INT64_MAX);
  return ok(batch_json(added, root));
}

Reply AnthropicApi::list(const RequestHead& head, const std::string& root) {
  int64_t limit = 20;
  if (!query_number(head, "limit", 1, 1000, limit)) {
    return refusal({400, {}, {}, "limit: Input should be from 1 to 1000", {}});
  }
  const std::string* const after = head.query_value("after_id");
  const std::string* const before = head.query_value("before_id");
  if (after != nullptr && before != nullptr) {
    return refusal({400, {}, {}, "after_id and before_id cannot be given together", {}});
  }
  for (const std::string* cursor : {after, before}) {
    if (cursor != nullptr && batches_.find(*cursor) == nullptr) return not_found(*cursor);
  }
  std::vector<Batch*> all = batches_.newest_first(after == nullptr && before == nullptr);
  const auto at = [&](const std::string& id) {
    return std::find_if(all.begin(), all.end(), [&](const Batch* batch) { return batch->id == id; });
  };
  if (before != nullptr) all.erase(at(*before), all.end());
  if (after != nullptr && at(*after) != all.end()) all.erase(all.begin(), at(*after) + 1);
  const auto size = static_cast<int64_t>(all.size());
  const bool more = size > limit;
  // A page before an id is the one next to it.
  if (more && before != nullptr) all.erase(all.begin(), all.end() - limit);
  if (more && before == nullptr) all.resize(static_cast<size_t>(limit));
  json::Writer out;
  out.begin_object().key("data").begin_array();
  for (const Batch* batch : all) out.raw(batch_json(*batch, root));
  out.end_array().key("has_more").boolean(more);
  out.nullable_field("first_id", all.empty() ? "" : all.front()->id);
  out.nullable_field("last_id", all.empty() ? "" : all.back()->id).end_object();
  return ok(out.str());
}

Reply AnthropicApi::cancel(const std::string& id, const std::string& root) {
  Batch* const batch = batches_.find_to("cancel", id);
  if (batch == nullptr) return not_found(id);
  if (world_.batches.cancel(*batch)) ++world_.ledger.sums().cancels;
  return ok(batch_json(*batch, root));
}

Reply AnthropicApi::remove(const std::string& id) {
  Batch* const batch = batches_.find_to("delete", id);
  if (batch == nullptr) return not_found(id);
  world_.batches.update(*batch, false);
  if (!has_ended(batch->stage)) {
    return refusal({400, {}, {}, "Message batch " + id + " is still processing; cancel it first", {}});
  }
  batch->output.reset();
  batches_.erase(*batch);
  ++world_.ledger.sums().deletes;
  json::Writer out;
  return ok(out.begin_object().field("id", id).field("type", "message_batch_deleted").end_object().str());
}

Reply AnthropicApi::results(const std::string& id) {
  Batch* const batch = batches_.find_to("results", id);
  if (batch != nullptr) world_.batches.update(*batch, false);
  if (batch == nullptr || !has_ended(batch->stage) || is_archived(*batch)) {
    return refusal({404, {}, {}, "Message batch " + id + " has no available results", {}});
  }
  Reply reply = ok({});
  reply.content_type = "application/x-jsonl";
  reply.blob = batch->output;
  ++world_.ledger.sums().downloads;
  world_.ledger.sums().downloaded_bytes += reply.body_bytes();
  return reply;
}

std::string AnthropicApi::batch_json(const Batch& batch, const std::string& root) const {
  const bool ended = has_ended(batch.stage);
  const bool bare = batch.quirks.null_fields;
  const bool cancelled = batch.stage == Stage::kCancelled;
  const auto time = [&](int64_t ms) { return ms == 0 || bare ? std::string() : rfc3339(ms, kMicroseconds); };
  const char* const word = ended ? "ended" : batch.stage == Stage::kCancelling ? "canceling" : "in_progress";
  json::Writer out;
  out.begin_object().field("id", batch.id).field("type", "message_batch");
  out.field("processing_status", shown_word(batch, word)).key("request_counts");
  if (bare) {
    out.null();
  } else {
    // The counts stand still until the batch has ended.
    const auto at_end = [&](int64_t count) { return ended ? count : 0; };
    out.begin_object().field("processing", ended ? 0 : batch.total).field("succeeded", at_end(batch.completed));
    out.field("errored", at_end(batch.failed - batch.unanswered));
    out.field("canceled", at_end(cancelled ? batch.unanswered : 0));
    out.field("expired", at_end(cancelled ? 0 : batch.unanswered)).end_object();
  }
  out.field("created_at", rfc3339(batch.times.created_ms, kMicroseconds));
  out.field("expires_at", rfc3339(batch.times.expires_ms, kMicroseconds));
  out.nullable_field("ended_at", time(ended ? batch.times.ended_ms : 0));
  out.nullable_field("cancel_initiated_at", time(batch.times.cancelling_ms));
  out.nullable_field("archived_at", time(is_archived(batch) ? batch.times.created_ms + kArchiveMs : 0));
  const bool fetchable = ended && !results_are_late(batch) && !is_archived(batch) && !bare;
  out.nullable_field("results_url", fetchable ? root + batch.id + "/results" : "").end_object();
  return out.str();
}

}  // namespace

std::unique_ptr<Vendor> make_anthropic(World& world) { return std::make_unique<AnthropicApi>(world); }

}  // namespace br::emulator
