#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/json.h"
#include "emulator/openai_api.h"

namespace br::emulator {
namespace {

constexpr int64_t kResultLifeS = 30 * 86'400;

void write_problems(json::Writer& out, const Batch& batch) {
  if (batch.problems.empty()) {
    out.null_field("errors");
    return;
  }
  out.key("errors").begin_object().field("object", "list").key("data").begin_array();
  for (const LineProblem& problem : batch.problems) {
    out.begin_object().field("code", problem.code).field("message", problem.message);
    out.nullable_field("param", problem.param).nullable_time("line", problem.line).end_object();
  }
  out.end_array().end_object();
}

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

Batch* OpenAiApi::find_batch(std::string_view id) {
  const auto at = batches_.find(id);
  return at == batches_.end() ? nullptr : at->second;
}

Reply OpenAiApi::get_batch(const std::string& id) {
  ++world_.books.ledger().polls;
  Batch* const batch = find_batch(id);
  if (batch == nullptr || ++batch->polls <= batch->quirks.not_found_polls) {
    return refusal({404, "invalid_request_error", {}, "No batch found with id '" + id + "'.", {}});
  }
  world_.batches.update(*batch, true);
  if (has_ended(batch->stage)) ++batch->ended_polls;
  return ok(batch_json(*batch));
}

Reply OpenAiApi::cancel_batch(const std::string& id) {
  Batch* const batch = find_batch(id);
  if (batch == nullptr) {
    return refusal({404, "invalid_request_error", {}, "No batch found with id '" + id + "'.", {}});
  }
  if (world_.batches.cancel(*batch)) {
    ++world_.books.ledger().cancels;
    return ok(batch_json(*batch));
  }
  if (batch->stage == Stage::kCancelling) return ok(batch_json(*batch));
  return refusal(
      {409, "invalid_request_error", {}, "Cannot cancel a batch with status '" + status_word(*batch) + "'.", {}});
}

Reply OpenAiApi::list_batches(const RequestHead& head) {
  int64_t limit = 20;
  const std::string* const given = head.query_value("limit");
  if (given != nullptr) {
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), limit);
    if (error != std::errc() || end != given->data() + given->size() || limit < 1 || limit > 100) {
      return refusal({400, "invalid_request_error", {}, "Invalid 'limit': expected a number from 1 to 100.", "limit"});
    }
  }
  const std::string* const after = head.query_value("after");
  if (after != nullptr && find_batch(*after) == nullptr) {
    return refusal({404, "invalid_request_error", {}, "No batch found with id '" + *after + "'.", "after"});
  }
  ++world_.books.ledger().lists;
  std::vector<const Batch*> page;
  bool more = false;
  bool started = after == nullptr;
  for (auto at = batch_order_.rbegin(); at != batch_order_.rend() && !more; ++at) {
    Batch& batch = **at;
    const bool shown = started && batch.lists >= batch.quirks.hidden_lists;
    started = started || batch.id == *after;
    if (after == nullptr) ++batch.lists;
    if (!shown) continue;
    more = static_cast<int64_t>(page.size()) == limit;
    if (more) break;
    world_.batches.update(batch, false);
    page.push_back(&batch);
  }
  json::Writer out;
  out.begin_object().field("object", "list").key("data").begin_array();
  for (const Batch* batch : page) out.raw(batch_json(*batch));
  out.end_array();
  if (!page.empty()) out.field("first_id", page.front()->id).field("last_id", page.back()->id);
  out.key("has_more").boolean(more).end_object();
  return ok(out.str());
}

std::string OpenAiApi::status_word(const Batch& batch) const {
  std::string word = stage_word(batch.stage);
  const bool other_word = batch.quirks.status_word_polls > 0 && batch.polls > batch.quirks.not_found_polls;
  if (other_word && batch.polls - batch.quirks.not_found_polls <= batch.quirks.status_word_polls) {
    word = batch.quirks.status_word;
  }
  if (batch.quirks.status_upper) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  }
  return word;
}

std::string OpenAiApi::batch_json(const Batch& batch) const {
  json::Writer out;
  const bool bare = batch.quirks.null_fields;
  const bool late = batch.ended_polls <= batch.quirks.output_late_polls && batch.quirks.output_late_polls > 0;
  out.begin_object().field("id", batch.id).field("object", "batch").field("endpoint", batch.endpoint);
  out.nullable_field("model", bare ? "" : batch.model);
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
  write_usage(out, batch.tokens);
  if (batch.metadata_json.empty()) {
    out.null_field("metadata");
  } else {
    out.key("metadata").raw(batch.metadata_json);
  }
  return out.end_object().str();
}

void OpenAiApi::results_ready(Batch& batch) {
  const auto store = [&](const std::shared_ptr<const Blob>& blob, const char* kind) -> std::string {
    if (!blob) return {};
    StoredFile file;
    file.filename = batch.id + "_" + kind + ".jsonl";
    file.purpose = "batch_output";
    file.created_s = world_.now_s();
    file.expires_s = file.created_s + kResultLifeS;
    file.blob = blob;
    return add_file(std::move(file));
  };
  batch.output_file_id = store(batch.output, "output");
  batch.error_file_id = store(batch.errors, "error");
  // The files keep the bytes from now on, so that a deleted file is gone.
  batch.output.reset();
  batch.errors.reset();
}

}  // namespace br::emulator
