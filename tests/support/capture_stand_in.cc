#include "support/capture_stand_in.h"

#include <chrono>

namespace {

constexpr std::chrono::seconds kPatience{10};

std::vector<int64_t>& list_of(br_capture& capture, const std::string& what) {
  if (what == "left") return capture.left;
  return what == "delivered" ? capture.delivered : capture.returned;
}

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::string br_exchange::header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

br_exchange br_capture::call(size_t number) {
  std::unique_lock lock(mutex);
  if (!changed.wait_for(lock, kPatience, [&] { return calls.size() >= number; })) return {};
  return calls[number - 1].exchange;
}

int64_t br_capture::id(size_t number) {
  call(number);
  const std::lock_guard lock(mutex);
  return calls.at(number - 1).id;
}

void br_capture::answer(size_t number, int status, std::string body, std::string events) {
  auto* made = new br_answer;
  made->id = id(number);
  made->status = status;
  made->headers = {{"content-type", events.empty() ? "application/json" : "text/event-stream"},
                   {"request-id", "req_1"},
                   {"content-length", "99"}};
  made->body = std::move(body);
  made->batch_id = batch_id;
  made->events = std::move(events);
  made->of = this;
  const std::lock_guard lock(mutex);
  ready.push_back(made);
  changed.notify_all();
}

bool br_capture::waits_for(const char* what, size_t number) {
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, kPatience, [&] { return list_of(*this, what).size() >= number; });
}

size_t br_capture::count(const char* what) {
  const std::lock_guard lock(mutex);
  return list_of(*this, what).size();
}

void br_capture::end() {
  const std::lock_guard lock(mutex);
  closed = true;
  changed.notify_all();
}

extern "C" {

br_exchange* br_exchange_new(const char* method, const char* url) {
  auto* made = new br_exchange;
  made->method = method;
  made->url = url;
  return made;
}
void br_exchange_free(br_exchange* exchange) { delete exchange; }
br_status br_exchange_add_header(br_exchange* exchange, const char* name, const char* value, br_error**) {
  exchange->headers.emplace_back(name, value);
  return BR_OK;
}
br_status br_exchange_set_body(br_exchange* exchange, const char* data, size_t length, br_error**) {
  exchange->body.assign(data, length);
  return BR_OK;
}
br_status br_exchange_set(br_exchange* exchange, const char* option, const char* value, br_error**) {
  exchange->options[option] = value;
  return BR_OK;
}

br_status br_capture_take_many(br_capture* capture, const br_exchange* const* exchanges, size_t count, int64_t* ids,
                               br_error**) {
  const std::lock_guard lock(capture->mutex);
  if (capture->trouble != BR_OK) return capture->trouble;
  ++capture->syncs;
  for (size_t i = 0; i < count; ++i) {
    const br_exchange& exchange = *exchanges[i];
    const bool takes = capture->takes ? capture->takes(exchange) : exchange.body.find("\"model\"") != std::string::npos;
    ids[i] = takes ? static_cast<int64_t>(capture->calls.size()) + 1 : 0;
    if (takes) capture->calls.push_back({ids[i], exchange});
  }
  capture->changed.notify_all();
  return BR_OK;
}
br_status br_capture_leave(br_capture* capture, int64_t id, br_error**) {
  const std::lock_guard lock(capture->mutex);
  capture->left.push_back(id);
  capture->changed.notify_all();
  return BR_OK;
}
br_status br_capture_next(br_capture* capture, int64_t timeout_ms, br_answer** answers, size_t capacity, size_t* count,
                          br_error**) {
  std::unique_lock lock(capture->mutex);
  capture->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                            [&] { return capture->closed || !capture->ready.empty(); });
  *count = 0;
  while (*count < capacity && !capture->ready.empty()) {
    answers[(*count)++] = capture->ready.front();
    capture->ready.pop_front();
  }
  if (*count > 0) return BR_OK;
  return capture->closed ? BR_END : BR_AGAIN;
}
const char* br_capture_stats_json(br_capture* capture, size_t* length) {
  thread_local std::string text;
  const std::lock_guard lock(capture->mutex);
  text = capture->stats;
  *length = text.size();
  return text.c_str();
}
const char* br_capture_call_json(br_capture* capture, int64_t id, size_t* length) {
  thread_local std::string text;
  const std::string at = capture->expected_in_ms < 0 ? "null" : std::to_string(now_ms() + capture->expected_in_ms);
  text = "{\"id\":" + std::to_string(id) + ",\"batch_id\":\"" + capture->batch_id + "\",\"expected_at\":" + at + "}";
  *length = text.size();
  return text.c_str();
}

void br_answer_free(br_answer* answer) {
  if (answer == nullptr) return;
  if (!answer->delivered) {
    const std::lock_guard lock(answer->of->mutex);
    answer->of->returned.push_back(answer->id);
    answer->of->changed.notify_all();
  }
  delete answer;
}
int64_t br_answer_id(const br_answer* answer) { return answer->id; }
int32_t br_answer_status(const br_answer* answer) { return answer->status; }
size_t br_answer_header_count(const br_answer* answer) { return answer->headers.size(); }
const char* br_answer_header_name(const br_answer* answer, size_t index) {
  return answer->headers[index].first.c_str();
}
const char* br_answer_header_value(const br_answer* answer, size_t index) {
  return answer->headers[index].second.c_str();
}
const char* br_answer_body(const br_answer* answer, size_t* length) {
  *length = answer->body.size();
  return answer->body.c_str();
}
const char* br_answer_events(const br_answer* answer, size_t* length) {
  *length = answer->events.size();
  return answer->events.empty() ? nullptr : answer->events.c_str();
}
const char* br_answer_batch_id(const br_answer* answer) {
  return answer->batch_id.empty() ? nullptr : answer->batch_id.c_str();
}
br_status br_answer_delivered(br_answer* answer, br_error**) {
  const std::lock_guard lock(answer->of->mutex);
  answer->delivered = true;
  answer->of->delivered.push_back(answer->id);
  answer->of->changed.notify_all();
  return BR_OK;
}

}  // extern "C"
