#include "abi/guard.h"
#include "abi/handles.h"
#include "codec/result_line.h"

using br::Error;
using br::guard;
using br::Result;

namespace {

constexpr std::size_t kWriteBlock = std::size_t{1} << 20;

Error forked() { return Error(br::Code::forked, "the router was opened before fork()"); }

using Field = br::ResultField;

// The handle is used by one thread at a time, so reading the line late is no race.
br_result* mutable_of(const br_result* result) { return const_cast<br_result*>(result); }

// Decodes the token that `find` gives into *text once. NULL where it is no string.
template <class Fn>
const char* decoded(std::optional<std::string>* text, size_t* length, Fn&& find) {
  if (!*text) {
    const std::string_view token = find();
    if (token.empty() || token.front() != '"') return nullptr;
    std::string made;
    br::append_unescaped(token, &made);
    *text = std::move(made);
  }
  if (length != nullptr) *length = (*text)->size();
  return (*text)->c_str();
}

const char* text_of(const br_result* result, Field field, size_t* length = nullptr) {
  if (length != nullptr) *length = 0;
  if (result == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&] {
    br_result* r = mutable_of(result);
    return decoded(&r->texts[static_cast<std::size_t>(field)], length, [&] { return r->fields.token(field); });
  });
}

// An object or array as it stands in the line.
const char* raw_of(const br_result* result, Field field, size_t* length) {
  if (length != nullptr) *length = 0;
  if (result == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&]() -> const char* {
    br_result* r = mutable_of(result);
    std::optional<std::string>& text = r->texts[static_cast<std::size_t>(field)];
    if (!text) {
      const std::string_view token = r->fields.token(field);
      if (token.empty() || (token.front() != '{' && token.front() != '[')) return nullptr;
      text = std::string(token);
    }
    if (length != nullptr) *length = text->size();
    return text->c_str();
  });
}

bool has_succeeded(const br_result* result) {
  return mutable_of(result)->fields.status() == br::ResultStatus::succeeded;
}

std::string_view error_member(const br_result* result, std::string_view name) {
  // It is the last field: a success has none, and its response need not be passed to know that.
  if (has_succeeded(result)) return {};
  return br::ResultFields::member(mutable_of(result)->fields.token(Field::error), name);
}

const char* error_text(const br_result* result, std::optional<std::string> br_result::*text, std::string_view name) {
  if (result == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&] {
    return decoded(&(mutable_of(result)->*text), nullptr, [&] { return error_member(result, name); });
  });
}

Result<bool> next_in_order(br_results* results, std::string* line) {
  if (results->next_place >= results->places.size()) return false;
  const br::ResultPlace& place = results->places[results->next_place];
  line->resize(place.size);
  auto n = results->files[static_cast<std::size_t>(place.part)].read_at(line->data(), place.size, place.offset);
  if (!n) return std::move(n.error());
  if (*n != place.size) return Error(br::Code::store, "a results file has become shorter", "restore it from a backup");
  ++results->next_place;
  return true;
}

// The next line of any part, in the order of the parts.
Result<bool> next_line(br_results* results, std::string* line) {
  if (results->in_order) return next_in_order(results, line);
  while (results->part < results->feeds.size()) {
    if (!results->reader) results->reader = std::make_unique<br::FeedReader>(results->feeds[results->part], 0);
    std::uint64_t end = 0;
    auto more = results->reader->next(line, &end);
    if (!more || *more) return more;
    results->reader.reset();
    ++results->part;
  }
  return false;
}

}  // namespace

std::string_view br_result::pad(std::string* line) {
  const std::size_t size = line->size();
  line->append(br::kJsonPadding, '\0');
  return std::string_view(*line).substr(0, size);
}

extern "C" {

void br_result_free(br_result* result) { delete result; }

br_status br_result_ack(br_result* result, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (result == nullptr) return br::null_argument("result");
    if (result->router == nullptr) return BR_OK;
    if (result->router->is_forked()) return forked();
    auto use = result->router->use();
    if (!use) return std::move(use.error());
    result->router->acknowledge(result->item);
    return BR_OK;
  });
}

const char* br_result_custom_id(const br_result* r, size_t* length) { return text_of(r, Field::custom_id, length); }

int32_t br_result_status(const br_result* result) {
  if (result == nullptr) return 0;
  return br::shield<int32_t>(BR_RESULT_ERRORED, [&]() -> int32_t {
    switch (mutable_of(result)->fields.status()) {
      case br::ResultStatus::succeeded:
        return BR_RESULT_SUCCEEDED;
      case br::ResultStatus::cancelled:
        return BR_RESULT_CANCELLED;
      case br::ResultStatus::expired:
        return BR_RESULT_EXPIRED;
      default:
        return BR_RESULT_ERRORED;
    }
  });
}

const char* br_result_job_id(const br_result* r) { return text_of(r, Field::job_id); }
const char* br_result_batch_id(const br_result* r) { return text_of(r, Field::batch_id); }
const char* br_result_text(const br_result* r, size_t* length) { return text_of(r, Field::text, length); }
const char* br_result_model(const br_result* r) { return text_of(r, Field::model); }
const char* br_result_finish_reason(const br_result* r) { return text_of(r, Field::finish_reason); }
const char* br_result_tool_calls(const br_result* r, size_t* length) { return raw_of(r, Field::tool_calls, length); }
const char* br_result_response(const br_result* r, size_t* length) { return raw_of(r, Field::response, length); }
const char* br_result_error_type(const br_result* r) { return error_text(r, &br_result::error_type, "type"); }
const char* br_result_error_code(const br_result* r) { return error_text(r, &br_result::error_code, "code"); }
const char* br_result_error_message(const br_result* r) { return error_text(r, &br_result::error_message, "message"); }

int32_t br_result_http_status(const br_result* r) {
  if (r == nullptr) return 0;
  return br::shield<int32_t>(0, [&] {
    if (has_succeeded(r)) return 200;
    return static_cast<int32_t>(br::token_integer(error_member(r, "http_status")).value_or(0));
  });
}
int32_t br_result_is_transient(const br_result* r) {
  if (r == nullptr) return 0;
  return br::shield<int32_t>(0, [&] { return error_member(r, "transient") == "true" ? 1 : 0; });
}

int64_t br_result_tokens(const br_result* r, int32_t which) {
  static constexpr const char* kNames[] = {"input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens"};
  if (r == nullptr || which < 0 || which > BR_TOKENS_REASONING) return -1;
  return br::shield<int64_t>(-1, [&] {
    const std::string_view usage = mutable_of(r)->fields.token(Field::usage);
    return br::token_integer(br::ResultFields::member(usage, kNames[which])).value_or(-1);
  });
}

int32_t br_result_redelivered(const br_result* r) { return r != nullptr && r->item.redelivered ? 1 : 0; }

const char* br_result_json(const br_result* result, size_t* length) {
  if (length != nullptr) *length = result == nullptr ? 0 : result->size;
  return result == nullptr ? nullptr : result->item.line.c_str();
}

br_status br_results_open(br_job* job, br_results** results, br_error** err) {
  if (results != nullptr) *results = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    if (job == nullptr || results == nullptr) return br::null_argument("job or results");
    if (job->router->is_forked()) return forked();
    auto use = job->router->use();
    if (!use) return std::move(use.error());
    auto feeds = job->router->finished_feeds(job->id);
    if (!feeds) return std::move(feeds.error());
    auto made = std::make_unique<br_results>();
    made->router = job->router;
    made->feeds = std::move(*feeds);
    made->job_id = job->id;
    *results = made.release();
    return BR_OK;
  });
}

void br_results_free(br_results* results) { delete results; }

br_status br_results_set_order(br_results* results, int32_t order, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (results == nullptr) return br::null_argument("results");
    if (results->router->is_forked()) return forked();
    if (order != BR_ORDER_ARRIVAL && order != BR_ORDER_INPUT)
      return Error(br::Code::invalid_argument, "the order " + std::to_string(order) + " is not known",
                   "use BR_ORDER_ARRIVAL or BR_ORDER_INPUT");
    results->part = results->next_place = 0;
    results->reader.reset();
    results->in_order = order == BR_ORDER_INPUT;
    if (!results->in_order || !results->places.empty()) return BR_OK;
    auto use = results->router->use();
    if (!use) return std::move(use.error());
    auto places = results->router->input_order(results->job_id);
    if (!places) {
      results->in_order = false;
      return std::move(places.error());
    }
    for (const auto& feed : results->feeds) {
      auto file = br::File::open_read(feed->path);
      if (!file) return std::move(file.error());
      results->files.push_back(std::move(*file));
    }
    results->places = std::move(*places);
    return BR_OK;
  });
}

br_status br_results_next(br_results* results, br_result** out, size_t capacity, size_t* count, br_error** err) {
  if (count != nullptr) *count = 0;
  return guard(err, [&]() -> Result<br_status> {
    if (results == nullptr || out == nullptr || count == nullptr || capacity == 0)
      return br::null_argument("results, out, capacity or count");
    if (results->router->is_forked()) return forked();
    std::vector<std::unique_ptr<br_result>> handles;
    while (handles.size() < capacity) {
      br::Delivered item;
      auto more = next_line(results, &item.line);
      // What was read before the mistake is handed out first; the next call meets it again.
      if (!more && handles.empty()) return std::move(more.error());
      if (!more || !*more) break;
      item.job_id = results->job_id;
      handles.push_back(std::make_unique<br_result>(nullptr, std::move(item)));
    }
    for (size_t i = 0; i < handles.size(); ++i) out[i] = handles[i].release();
    *count = handles.size();
    return *count == 0 ? BR_END : BR_OK;
  });
}

br_status br_results_write(br_results* results, br_write_fn write, void* user_data, int64_t* rows, int64_t* failed,
                           br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (results == nullptr || write == nullptr) return br::null_argument("results or write");
    if (results->router->is_forked()) return forked();
    std::int64_t count = 0, bad = 0;
    std::string block, line;
    for (;;) {
      auto more = next_line(results, &line);
      if (!more) return std::move(more.error());
      if (*more) {
        ++count;
        bad += br::is_success_line(line) ? 0 : 1;
        block.append(line).push_back('\n');
      }
      if (!block.empty() && (block.size() >= kWriteBlock || !*more)) {
        if (write(user_data, block.data(), block.size()) != 0)
          return Error(br::Code::cancelled, "the write function stopped the work");
        block.clear();
      }
      if (!*more) break;
    }
    if (rows != nullptr) *rows = count;
    if (failed != nullptr) *failed = bad;
    return BR_OK;
  });
}

}  // extern "C"
