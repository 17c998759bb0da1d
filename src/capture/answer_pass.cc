#include "capture/answer_pass.h"

#include <charconv>
#include <utility>

#include "codec/json_read.h"
#include "codec/result_fields.h"

namespace br {
namespace {

constexpr std::int32_t kMostAttempts = 3;
constexpr std::size_t kBytesOfASave = std::size_t{1} << 20;
constexpr std::string_view kIdPrefix = "call-";

std::int64_t call_id(std::string_view custom_id_json) {
  std::string id;
  if (custom_id_json.starts_with('"')) append_unescaped(custom_id_json, &id);
  std::int64_t number = 0;
  if (id.starts_with(kIdPrefix)) std::from_chars(id.data() + kIdPrefix.size(), id.data() + id.size(), number);
  return number;
}

}  // namespace

Result<void> AnswerPass::take_line(std::string_view line) {
  ResultFields fields(line);
  const std::int64_t id = call_id(fields.token(ResultField::custom_id));
  CapturedCall call;
  {
    const MutexLock lock(&p_.open->mutex);
    const OpenCall* const open = p_.open->table.find(id);
    // Answered by an earlier pass that a crash cut short, or in another batch already.
    if (open == nullptr || open->call.state != CallState::waiting || open->call.line.batch != of_.batch) return {};
    call = open->call;
  }
  settle(std::move(call), read_outcome(of_.form, line, of_.alone));
  return bodies_.size() < kBytesOfASave ? Result<void>() : save();
}

void AnswerPass::settle(CapturedCall call, CallOutcome outcome) {
  const bool has_answer = outcome.fate == CallFate::answer && outcome.status >= kStatusOk &&
                          outcome.status <= kStatusLastGood;
  if (of_.failure && !has_answer) {
    const Error& error = *of_.failure;
    outcome = {CallFate::answer,
               error.http_status > 0       ? error.http_status
               : error.code == Code::quota ? kStatusTooMany
                                           : kStatusBadGateway,
               "", ""};
    outcome.body = error_body(of_.form, outcome.status, "", error.vendor_code, error.message);
  }
  if (outcome.fate == CallFate::cut) return cut_.push_back(std::move(call));
  if (outcome.fate == CallFate::again && call.attempts < kMostAttempts) {
    ++call.attempts;
    return again_.push_back(std::move(call));
  }
  if (outcome.fate == CallFate::again) {
    outcome.status = kStatusGatewayTimeout;
    outcome.body =
        error_body(of_.form, kStatusGatewayTimeout, "", "",
                   "the vendor did not answer this request in " + std::to_string(kMostAttempts) + " batches");
  }
  call.state = CallState::answered;
  call.status = outcome.status;
  call.answer = {of_.batch, begin_ + bodies_.size(), outcome.body.size()};
  call.answered_ms = p_.clock->now_ms();
  call.vendor_batch = outcome.batch_id;
  bodies_ += outcome.body;
  changes_.calls.push_back(std::move(call));
}

// Texts, then the transaction, then those who wait.
Result<void> AnswerPass::save() {
  if (changes_.empty()) return {};
  BR_RETURN_IF_ERROR(p_.files->append(p_.files->answers(of_.batch), begin_, bodies_));
  BR_RETURN_IF_ERROR(p_.store->apply(changes_));
  begin_ += bodies_.size();
  bodies_.clear();
  std::vector<ReadyAnswer> ready;
  {
    const MutexLock lock(&p_.open->mutex);
    for (const CapturedCall& call : std::exchange(changes_.calls, {})) {
      ++(call.succeeded() ? p_.open->billed : p_.open->errors);
      const OpenCall* const open = p_.open->table.update(call);
      if (open == nullptr) continue;
      for (const Waiter& waiter : open->waiters)
        ready.push_back({waiter, of_.form, of_.key.provider, of_.key.endpoint, call, false, {}});
    }
  }
  p_.open->answered += static_cast<std::int64_t>(ready.size());
  for (ReadyAnswer& each : ready) p_.answers->push(std::move(each));
  return {};
}

}  // namespace br
