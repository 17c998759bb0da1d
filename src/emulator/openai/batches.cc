#include <algorithm>
#include <utility>

#include "emulator/base/json.h"
#include "emulator/openai/api.h"

namespace br::emulator {
namespace {

constexpr int64_t kResultLifeS = 30 * 86'400;

void write_times(json::Writer& out, const Batch& batch) {
  const StageTimes& times = batch.times;
  const auto ended = [&](Stage stage) { return batch.stage == stage ? times.ended_ms / 1000 : 0; };
  out.field("created_at", times.created_ms / 1000).nullable_time("in_progress_at", times.in_progress_ms / 1000);
  out.nullable_time("expires_at", times.expires_ms / 1000).nullable_time("finalizing_at", times.finalizing_ms / 1000);
  out.nullable_time("completed_at", ended(Stage::kCompleted)).nullable_time("failed_at", ended(Stage::kFailed));
  out.nullable_time("expired_at", ended(Stage::kExpired));
  out.nullable_time("cancelling_at", times.cancelling_ms / 1000);
  out.nullable_time("cancelled_at", ended(Stage::kCancelled));
}

void write_usage(json::Writer& out, const Tokens& tokens) {
  out.key("usage").begin_object().field("input_tokens", tokens.input);
  out.key("input_tokens_details").begin_object().field("cached_tokens", int64_t{0}).end_object();
  out.field("output_tokens", tokens.output);
  out.key("output_tokens_details").begin_object().field("reasoning_tokens", int64_t{0}).end_object();
  out.field("total_tokens", tokens.input + tokens.output).end_object();
}

}  // namespace

void write_problems(json::Writer& out, const Batch& batch) {
  if (batch.problems.empty()) {
    out.null_field("errors");
    return;
  }
  out.key("errors").begin_object().field("object", "list").key("data").begin_array();
  for (const LineProblem& problem : batch.problems) {
    out.begin_object().nullable_field("code", problem.code).field("message", problem.message);
    out.nullable_field("param", problem.param).nullable_time("line", problem.line).end_object();
  }
  out.end_array().end_object();
}

Opening OpenAiApi::begin_batches(const RequestHead& head, Path path) {
  if (path.empty() && head.method == "POST") {
    return with_body([this](const std::string& body) { return create_batch(body); });
  }
  if (path.empty() && head.method == "GET") return Opening::answered(list_batches(head));
  if (path.size() == 1 && head.method == "GET") return Opening::answered(get_batch(path[0]));
  if (path.size() == 2 && path[1] == "cancel" && head.method == "POST") {
    return with_body([this, id = path[0]](const std::string&) { return cancel_batch(id); });
  }
  return Opening::answered(refusal({405,
                                    "invalid_request_error",
                                    "method_not_supported",
                                    "Not allowed to " + head.method + " on " + head.path + ".",
                                    {}}));
}

Reply OpenAiApi::no_batch(const std::string& id) const {
  return refusal({404, "invalid_request_error", {}, "No batch found with id '" + id + "'.", {}});
}

Reply OpenAiApi::get_batch(const std::string& id) {
  const Batch* const batch = batches_.look_at(id);
  return batch == nullptr ? no_batch(id) : ok(batch_json(*batch));
}

Reply OpenAiApi::cancel_batch(const std::string& id) {
  Batch* const batch = batches_.find_to("cancel", id);
  if (batch == nullptr) return no_batch(id);
  if (world_.batches.cancel(*batch)) {
    ++world_.ledger.sums().cancels;
    return ok(batch_json(*batch));
  }
  return batch->stage == Stage::kCancelling ? ok(batch_json(*batch)) : cancel_refused(*batch);
}

Reply OpenAiApi::cancel_refused(const Batch& batch) const {
  return refusal(
      {409, "invalid_request_error", {}, "Cannot cancel a batch with status '" + status_word(batch) + "'.", {}});
}

// The batches of those ids that there are, in the order they were asked for.
Reply OpenAiApi::list_chosen(const std::vector<std::string>& ids) {
  if (ids.size() > table_.most_ids) {
    const std::string most = std::to_string(table_.most_ids);
    return refusal({400, "invalid_request_error", {}, "Too many ids: at most " + most + " are taken.", "id"});
  }
  const std::vector<Batch*> all = batches_.newest_first(true);
  std::vector<Batch*> chosen;
  for (const std::string& id : ids) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const Batch* batch) { return batch->id == id; });
    if (at == all.end()) continue;
    batches_.find_to("poll", id);
    chosen.push_back(*at);
  }
  return ok(list_json(chosen, false));
}

Reply OpenAiApi::list_batches(const RequestHead& head) {
  std::vector<std::string> ids;
  for (const auto& [name, value] : head.query) {
    if (name == "id") ids.push_back(value);
  }
  if (table_.most_ids > 0 && !ids.empty()) return list_chosen(ids);
  if (table_.paging == Paging::kNone) return ok(list_json(batches_.newest_first(true), false));
  int64_t limit = 20;
  if (!query_number(head, "limit", 1, 100, limit)) {
    return refusal({400, "invalid_request_error", {}, "Invalid 'limit': expected a number from 1 to 100.", "limit"});
  }
  const std::string* after = head.query_value(table_.paging == Paging::kCursor ? "cursor" : "after");
  if (after != nullptr && after->empty()) after = nullptr;
  if (after != nullptr && batches_.find(*after) == nullptr) {
    return refusal({404, "invalid_request_error", {}, "No batch found with id '" + *after + "'.", "after"});
  }
  std::vector<Batch*> all = batches_.newest_first(after == nullptr);
  auto from = all.begin();
  if (after != nullptr) {
    from = std::find_if(all.begin(), all.end(), [&](const Batch* batch) { return batch->id == *after; });
    if (from != all.end()) ++from;
  }
  const auto left = static_cast<int64_t>(all.end() - from);
  const std::vector<Batch*> page(from, from + std::min(limit, left));
  return ok(list_json(page, left > limit));
}

std::string OpenAiApi::list_json(const std::vector<Batch*>& page, bool more) const {
  json::Writer out;
  out.begin_object().field("object", "list").key("data").begin_array();
  for (const Batch* batch : page) out.raw(batch_json(*batch));
  out.end_array();
  if (table_.paging == Paging::kCursor) {
    out.key("paging").begin_object().nullable_field("next_cursor", more ? page.back()->id : "").end_object();
    return out.end_object().str();
  }
  if (!page.empty()) out.field("first_id", page.front()->id).field("last_id", page.back()->id);
  out.key("has_more").boolean(more).end_object();
  return out.str();
}

std::string OpenAiApi::status_word(const Batch& batch) const { return shown_word(batch, stage_word(batch.stage)); }

std::string OpenAiApi::batch_json(const Batch& batch) const {
  json::Writer out;
  const bool bare = batch.quirks.null_fields;
  const bool late = results_are_late(batch);
  out.begin_object().field("id", batch.id).field("object", "batch").field("endpoint", batch.endpoint);
  if (table_.tells_usage) out.nullable_field("model", bare ? "" : batch.model);
  write_problems(out, batch);
  out.field("input_file_id", batch.input_file_id).field("completion_window", batch.window);
  out.field("status", status_word(batch)).nullable_field("output_file_id", late ? "" : batch.output_file_id);
  out.nullable_field("error_file_id", late ? "" : batch.error_file_id);
  if (bare) {
    out.field("created_at", batch.times.created_ms / 1000);
    for (const char* name : {"in_progress_at", "expires_at", "finalizing_at", "completed_at", "failed_at", "expired_at",
                             "cancelling_at", "cancelled_at", "request_counts", "usage", "metadata"}) {
      out.null_field(name);
    }
    return out.end_object().str();
  }
  write_times(out, batch);
  out.key("request_counts").begin_object().field("total", batch.total).field("completed", batch.completed);
  out.field("failed", batch.failed).end_object();
  if (table_.tells_usage) write_usage(out, batch.tokens);
  if (batch.metadata_json.empty()) {
    out.null_field("metadata");
  } else {
    out.key("metadata").raw(batch.metadata_json);
  }
  return out.end_object().str();
}

std::string OpenAiApi::store_result(const Batch& batch, const std::shared_ptr<const Blob>& blob, const char* kind) {
  StoredFile file;
  file.id = new_file_id();
  file.filename = batch.id + "_" + kind + ".jsonl";
  file.purpose = table_.result_purpose;
  file.created_s = world_.now_s();
  file.expires_s = file.created_s + kResultLifeS;
  file.blob = blob;
  return files_.add(std::move(file)).id;
}

void OpenAiApi::results_ready(Batch& batch) {
  if (!batch.errors && keeps_empty_error_file()) batch.errors = std::make_shared<Blob>(world_.bodies);
  if (batch.output) batch.output_file_id = store_result(batch, batch.output, "output");
  if (batch.errors) batch.error_file_id = store_result(batch, batch.errors, "error");
  // The files keep the bytes from now on, so that a deleted file is gone.
  batch.output.reset();
  batch.errors.reset();
}

}  // namespace br::emulator
