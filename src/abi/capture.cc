#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "abi/capture_handles.h"
#include "abi/guard.h"
#include "abi/usable.h"

using br::Error;
using br::guard;
using br::Result;

namespace {

Result<std::shared_ptr<br::Capture>> usable_capture(const br_capture* capture) {
  if (capture == nullptr) return br::null_argument("capture");
  auto router = br::usable(capture->router);
  BR_RETURN_IF_ERROR(router);
  return capture->capture;
}

br::HttpCall call_of(const br_exchange& exchange, const br::CaptureSettings& settings) {
  br::HttpCall call = exchange.call;
  if (!exchange.cache_is_set) call.cache = settings.cache;
  return call;
}

// fn gets a handle of its own.
std::shared_ptr<const br::AnswerFn> answer_function(const std::shared_ptr<br::Capture>& capture,
                                                    const br::Callback<br_answer_fn>& callback) {
  return std::make_shared<const br::AnswerFn>(
      [callback, weak = std::weak_ptr<br::Capture>(capture)](br::TakenAnswer answer) {
        auto owner = weak.lock();
        if (owner != nullptr) callback(new br_answer{std::move(owner), std::move(answer)});
      });
}

const char* lend(br_capture* capture, std::map<std::thread::id, std::string>* texts, std::string text, size_t* length) {
  const std::lock_guard lock(capture->texts_mutex);
  std::string& mine = (*texts)[std::this_thread::get_id()];
  mine = std::move(text);
  if (length != nullptr) *length = mine.size();
  return mine.c_str();
}

}  // namespace

extern "C" {

br_status br_capture_new(br_router* router, br_capture** capture, br_error** err) {
  if (capture != nullptr) *capture = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    if (capture == nullptr) return br::null_argument("capture");
    auto use = br::usable(router);
    BR_RETURN_IF_ERROR(use);
    auto opened = br::Capture::open(*use);
    BR_RETURN_IF_ERROR(opened);
    auto handle = std::make_unique<br_capture>();
    handle->router = std::move(*use);
    handle->capture = std::move(*opened);
    *capture = handle.release();
    return BR_OK;
  });
}

br_status br_capture_close(br_capture* capture, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (capture == nullptr) return br::null_argument("capture");
    if (capture->router->is_forked()) return br::forked();
    BR_RETURN_IF_ERROR(capture->capture->close(br::bounded_timeout(timeout_ms)));
    return BR_OK;
  });
}

void br_capture_free(br_capture* capture) {
  if (capture == nullptr) return;
  br::shield<int>(0, [&] {
    if (!capture->router->is_forked()) [[maybe_unused]]
      const auto closed = capture->capture->close(0);
    delete capture;
    return 0;
  });
}

br_status br_capture_take(br_capture* capture, const br_exchange* exchange, br_answer_fn fn, void* user_data,
                          br_destroy_fn destroy, int64_t* id, br_error** err) {
  if (id != nullptr) *id = 0;
  return guard(err, [&]() -> Result<br_status> {
    br::Callback<br_answer_fn> callback(fn, user_data, destroy);
    auto use = usable_capture(capture);
    BR_RETURN_IF_ERROR(use);
    if (exchange == nullptr) return br::null_argument("exchange");
    br::HttpCall call = call_of(*exchange, (*use)->settings());
    if (callback) call.answer = answer_function(*use, callback);
    auto taken = (*use)->take({std::move(call)});
    BR_RETURN_IF_ERROR(taken);
    if (id != nullptr) *id = taken->front();
    return taken->front() == 0 ? BR_PASS : BR_OK;
  });
}

br_status br_capture_take_many(br_capture* capture, const br_exchange* const* exchanges, size_t count, int64_t* ids,
                               br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable_capture(capture);
    BR_RETURN_IF_ERROR(use);
    if (count > 0 && (exchanges == nullptr || ids == nullptr)) return br::null_argument("exchanges or ids");
    BR_RETURN_IF_ERROR(br::check_size(count, "count", sizeof *exchanges));
    std::fill_n(ids, count, 0);
    std::vector<br::HttpCall> calls;
    for (size_t i = 0; i < count; ++i) {
      if (exchanges[i] == nullptr) return br::null_argument("exchanges[i]");
      calls.push_back(call_of(*exchanges[i], (*use)->settings()));
    }
    auto taken = (*use)->take(calls);
    BR_RETURN_IF_ERROR(taken);
    for (size_t i = 0; i < count; ++i) ids[i] = (*taken)[i];
    return BR_OK;
  });
}

br_status br_capture_leave(br_capture* capture, int64_t id, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable_capture(capture);
    BR_RETURN_IF_ERROR(use);
    BR_RETURN_IF_ERROR((*use)->leave(id));
    return BR_OK;
  });
}

br_status br_capture_next(br_capture* capture, int64_t timeout_ms, br_answer** answers, size_t capacity, size_t* count,
                          br_error** err) {
  if (count != nullptr) *count = 0;
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable_capture(capture);
    BR_RETURN_IF_ERROR(use);
    if (answers == nullptr || count == nullptr || capacity == 0) return br::null_argument("answers, capacity or count");
    BR_RETURN_IF_ERROR(br::check_size(capacity, "capacity", sizeof *answers));
    std::vector<std::unique_ptr<br_answer>> taken;
    br::Wait waited = br::Wait::timed_out;
    while (taken.size() < capacity) {
      std::optional<br::TakenAnswer> answer;
      auto next = (*use)->next(taken.empty() ? br::bounded_timeout(timeout_ms) : 0, &answer);
      if (!next && taken.empty()) return std::move(next.error());
      if (next) waited = *next;
      if (!answer) break;
      taken.push_back(std::make_unique<br_answer>(*use, std::move(*answer)));
    }
    if (taken.empty()) return waited == br::Wait::ended ? BR_END : BR_AGAIN;
    for (size_t i = 0; i < taken.size(); ++i) answers[i] = taken[i].release();
    *count = taken.size();
    return BR_OK;
  });
}

br_status br_capture_flush(br_capture* capture, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable_capture(capture);
    BR_RETURN_IF_ERROR(use);
    (*use)->flush();
    return BR_OK;
  });
}

const char* br_capture_stats_json(br_capture* capture, size_t* length) {
  if (length != nullptr) *length = 0;
  return br::shield<const char*>(nullptr, [&]() -> const char* {
    const auto use = usable_capture(capture);
    return use ? lend(capture, &capture->stats, (*use)->stats_json(), length) : nullptr;
  });
}

const char* br_capture_call_json(br_capture* capture, int64_t id, size_t* length) {
  if (length != nullptr) *length = 0;
  return br::shield<const char*>(nullptr, [&]() -> const char* {
    const auto use = usable_capture(capture);
    std::string json = use ? (*use)->call_json(id) : std::string();
    return json.empty() ? nullptr : lend(capture, &capture->calls, std::move(json), length);
  });
}

void br_answer_free(br_answer* answer) {
  if (answer == nullptr) return;
  br::shield<int>(0, [&] {
    if (!answer->is_delivered && !answer->capture->is_forked()) answer->capture->returned(answer->answer);
    delete answer;
    return 0;
  });
}

int64_t br_answer_id(const br_answer* answer) { return answer == nullptr ? 0 : answer->answer.ticket; }

int32_t br_answer_status(const br_answer* answer) { return answer == nullptr ? 0 : answer->answer.http.status; }

size_t br_answer_header_count(const br_answer* answer) {
  return answer == nullptr ? 0 : answer->answer.http.headers.size();
}

const char* br_answer_header_name(const br_answer* answer, size_t index) {
  return index < br_answer_header_count(answer) ? answer->answer.http.headers[index].first.c_str() : nullptr;
}

const char* br_answer_header_value(const br_answer* answer, size_t index) {
  return index < br_answer_header_count(answer) ? answer->answer.http.headers[index].second.c_str() : nullptr;
}

const char* br_answer_body(const br_answer* answer, size_t* length) {
  if (length != nullptr) *length = answer == nullptr ? 0 : answer->answer.http.body.size();
  return answer == nullptr ? nullptr : answer->answer.http.body.c_str();
}

const char* br_answer_events(const br_answer* answer, size_t* length) {
  const bool has_events = answer != nullptr && !answer->answer.events.empty();
  if (length != nullptr) *length = has_events ? answer->answer.events.size() : 0;
  return has_events ? answer->answer.events.c_str() : nullptr;
}

const char* br_answer_batch_id(const br_answer* answer) {
  return answer == nullptr || answer->answer.batch_id.empty() ? nullptr : answer->answer.batch_id.c_str();
}

int32_t br_answer_is_cached(const br_answer* answer) { return answer != nullptr && answer->answer.cached ? 1 : 0; }

br_status br_answer_delivered(br_answer* answer, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (answer == nullptr) return br::null_argument("answer");
    if (!std::exchange(answer->is_delivered, true)) answer->capture->delivered(answer->answer);
    return BR_OK;
  });
}

}  // extern "C"
