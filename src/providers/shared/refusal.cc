#include "providers/shared/refusal.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "codec/json_read.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

using Words = std::initializer_list<std::string_view>;

bool has_one_of(std::string_view text, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

bool is_word_of(std::string_view text, Words words) { return std::find(words.begin(), words.end(), text) != words.end(); }

bool is_web_page(const HttpResponse& response) {
  const std::size_t begin = response.body.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos || response.body[begin] != '<') return false;
  return lower_case(response.header("content-type")).find("html") != std::string::npos ||
         has_one_of(lower_case(response.body.substr(begin, 256)), {"<!doctype html", "<html", "<head", "<body"});
}

// The account may keep no more files; that one file is too large is another matter.
bool is_storage_full(std::string_view code, std::string_view message) {
  const std::string said = lower_case(message);
  if (has_one_of(said, {"file size", "too large", "file is larger", "file exceeds"})) return false;
  if (is_word_of(code, {"quotaExceeded", "file_quota_exceeded", "storage_quota_exceeded", "storage_limit_exceeded"}))
    return true;
  const bool full = has_one_of(said, {"quota", "limit", "exceed", "maximum", "full"});
  if (full && has_one_of(said, {"storage", "number of files", "files per ", "file count", "uploaded files"})) return true;
  return said.find("too many files") != std::string::npos ||
         (said.find("quota") != std::string::npos && said.find("files") != std::string::npos);
}

// 404 of the vendor's own for something that the request names. "Unknown request URL: …/models/x" is none.
bool is_about_request(const HttpResponse& response, std::string_view message) {
  if (!is_vendor_error(response)) return false;
  const std::string said = lower_case(message);
  if (has_one_of(said, {"url", "path", "route", "endpoint", "resource not found", "page"})) return false;
  return has_one_of(said, {"model", "deployment", "file", "object", "dataset"});
}

void block_for_address(std::string_view address, Error* error) {
  error->code = Code::network;
  error->blocking = true;
  error->transient = false;
  error->message += " (asked of " + std::string(address) + ")";
  error->hint = "check the base URL: what answers there does not serve this call";
}

}  // namespace

bool is_queue_full(std::string_view code, std::string_view message) {
  if (is_word_of(code, {"token_limit_exceeded", "request_limit_exceeded", "enqueued_token_limit_exceeded",
                       "batch_queue_full", "queue_full", "batch_limit_exceeded", "too_many_batches"}))
    return true;
  const std::string said = lower_case(message);
  if (!has_one_of(said, {"limit", "maximum", "max ", "too many", "quota", "exceed", "full", "reached", "capacity", "already have"}))
    return false;
  if (has_one_of(said, {"batches are already being processed", "batches are being processed", "in-flight batches",
                        "in flight batches", "inflight batches", "open batches", "processing batches", "validating state"}))
    return true;
  static constexpr std::string_view kWaiting[] = {"concurrently processing", "unfinished", "concurrent", "pending", "running", "active", "queued", "in_progress",
                                                  "in-progress", "in progress", "outstanding"};
  if (has_one_of(said, {"enqueued", "batch queue", "processing queue", "queue is full", "queue limit", "queue for this"}))
    return true;
  for (const std::string_view word : kWaiting) {
    for (const std::string_view what : {"batch", "job", "request", "token"}) {
      const std::string before = std::string(word) + " " + std::string(what);
      if (said.find(before) != std::string::npos) return true;
    }
    if (has_one_of(word, {"progress", "queued"}) &&
        has_one_of(said, {"batches " + std::string(word), "jobs " + std::string(word)}))
      return true;
  }
  return false;
}

bool is_vendor_error(const HttpResponse& response) {
  if (!response.header("x-amzn-errortype").empty()) return true;
  if (response.body.find("<Error>") != std::string::npos && response.body.find("<Code>") != std::string::npos) return true;
  const auto json = Json::parse(response.body);
  if (json == nullptr) return false;
  const Json& whole = json->is_array() && !json->items().empty() ? json->items().front() : *json;
  if (!whole.is_object() || whole.fields().empty()) return false;
  static constexpr std::string_view kNames[] = {"error", "message", "detail", "errors", "code", "__type"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&whole](std::string_view name) { return whole[name].type() != Json::Type::missing; });
}

void judge_refusal(Op op, std::string_view address, const HttpResponse& response, Error* error) {
  if (response.failure != Failure::none || (op != Op::upload && op != Op::create)) return;
  // A create call that was answered by a page may have reached the vendor all the same.
  if (op == Op::upload && response.ok() && is_web_page(response)) return block_for_address(address, error);
  if (response.status < 400 || response.status >= 500) return;
  if (op == Op::upload && response.status != 429 && is_storage_full(error->vendor_code, error->message)) {
    error->code = Code::quota;
    error->blocking = true;
    error->transient = false;
    error->hint = "delete files at the vendor (files.delete_remote does it for ours), or let them expire (" +
                  error->provider + ".input_expires_after_s where the vendor has that); then resume";
    return;
  }
  if (error->transient || error->blocking || error->code == Code::auth || error->code == Code::quota) return;
  if (response.status == 413) return;
  const bool nowhere = response.status == 405 || (response.status == 404 && (op == Op::upload ||
                                                                            !is_about_request(response, error->message)));
  if (nowhere || !is_vendor_error(response)) block_for_address(address, error);
}

void judge_failed_batch(RemoteStatus* status) {
  if (status->state != State::failed || !status->failure) return;
  if (status->counts.succeeded + status->counts.errored > 0 && !status->output.id.empty()) return;
  if (!is_queue_full(status->failure->vendor_code, status->failure->message)) return;
  status->quota_wait = true;
  status->failure->transient = true;
}

}  // namespace br
