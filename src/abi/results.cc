// The br_results cursor: all answers of a job from the first, apart from what is handed out once.
#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/result_handle.h"
#include "abi/usable.h"

using br::Error;
using br::forked;
using br::guard;
using br::Result;
using br::ResultCursor;

namespace {

br_status status_of(ResultCursor::Came came) {
  switch (came) {
    case ResultCursor::Came::done:
      return BR_OK;
    case ResultCursor::Came::end:
      return BR_END;
    case ResultCursor::Came::again:
      break;
  }
  return BR_AGAIN;
}

Result<br_status> open_cursor(br_job* job, ResultCursor::Mode mode, std::int64_t timeout_ms, br_results** results) {
  if (job == nullptr || results == nullptr) return br::null_argument("job or results");
  auto use = br::usable(job);
  BR_RETURN_IF_ERROR(use);
  auto cursor = ResultCursor::open(&(*use)->files(), (*use)->world().clock.get(), job->id, mode, timeout_ms);
  BR_RETURN_IF_ERROR(cursor);
  *results = new br_results{job->router, std::move(*cursor)};
  return BR_OK;
}

}  // namespace

extern "C" {

br_status br_results_open(br_job* job, br_results** results, br_error** err) {
  if (results != nullptr) *results = nullptr;
  return guard(err, [&] { return open_cursor(job, ResultCursor::Mode::finished, 0, results); });
}

br_status br_results_follow(br_job* job, int64_t timeout_ms, br_results** results, br_error** err) {
  if (results != nullptr) *results = nullptr;
  return guard(err, [&] { return open_cursor(job, ResultCursor::Mode::follow, br::bounded_timeout(timeout_ms), results); });
}

void br_results_free(br_results* results) { delete results; }

br_status br_results_set_order(br_results* results, int32_t order, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (results == nullptr) return br::null_argument("results");
    if (results->router->is_forked()) return forked();
    if (order != BR_ORDER_ARRIVAL && order != BR_ORDER_INPUT)
      return Error(br::Code::invalid_argument, "the order " + std::to_string(order) + " is not known",
                   "use BR_ORDER_ARRIVAL or BR_ORDER_INPUT");
    const auto wanted = order == BR_ORDER_INPUT ? ResultCursor::Order::input : ResultCursor::Order::arrival;
    BR_RETURN_IF_ERROR(results->cursor->set_order(wanted));
    return BR_OK;
  });
}

br_status br_results_next(br_results* results, br_result** out, size_t capacity, size_t* count, br_error** err) {
  if (count != nullptr) *count = 0;
  return guard(err, [&]() -> Result<br_status> {
    if (results == nullptr || out == nullptr || count == nullptr || capacity == 0)
      return br::null_argument("results, out, capacity or count");
    BR_RETURN_IF_ERROR(br::check_size(capacity, "capacity", sizeof *out));
    if (results->router->is_forked()) return forked();
    std::vector<std::unique_ptr<br_result>> handles;
    auto came = results->cursor->next_block(capacity, [&](std::string_view line) {
      handles.push_back(br_result::make(line, results->router, {}));
    });
    BR_RETURN_IF_ERROR(came);
    for (size_t i = 0; i < handles.size(); ++i) out[i] = handles[i].release();
    *count = handles.size();
    return status_of(*came);
  });
}

br_status br_results_write(br_results* results, br_write_fn write, void* user_data, int64_t* rows, int64_t* failed,
                           br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (results == nullptr || write == nullptr) return br::null_argument("results or write");
    if (results->router->is_forked()) return forked();
    std::int64_t written = 0, bad = 0;
    auto came = results->cursor->write_all(
        [&](std::string_view block) -> Result<void> {
          if (write(user_data, block.data(), block.size()) == 0) return {};
          return Error(br::Code::cancelled, "the write function stopped the work");
        },
        &written, &bad);
    if (rows != nullptr) *rows = written;
    if (failed != nullptr) *failed = bad;
    BR_RETURN_IF_ERROR(came);
    return *came == ResultCursor::Came::end ? BR_OK : BR_AGAIN;
  });
}

}  // extern "C"
