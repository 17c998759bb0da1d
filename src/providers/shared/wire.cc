#include "providers/shared/wire.h"

#include <algorithm>
#include <cctype>

#include "providers/shared/http_error.h"
#include "sys/clock.h"

namespace br {

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::int64_t read_time(const Json& value) {
  if (const auto seconds = value.integer()) return *seconds > 0 ? *seconds * 1000 : -1;
  return value.is_string() ? parse_iso_time(value.string_or("")) : -1;
}

std::int64_t first_time(const Json& json, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (const std::int64_t ms = read_time(json[name]); ms >= 0) return ms;
  }
  return -1;
}

Result<std::shared_ptr<const Json>> read_object(std::string_view provider, std::string_view what,
                                                const HttpResponse& response) {
  if (!response.ok()) return read_http_error(provider, what, response);
  std::string why = "it is no object";
  auto json = Json::parse(response.body, &why);
  if (json == nullptr || !(json->is_object() || json->is_array()))
    return protocol_error(provider, what, response.body.find("<html") == std::string::npos
                                              ? "the answer is not JSON: " + why
                                              : "the answer is a web page, not the vendor's");
  return json;
}

Result<std::string> next_by_last_id(std::string_view provider, std::string_view what, const PageQuery& query,
                                    const Json& page, std::size_t items, const std::string& last_listed) {
  const Json& has_more = page["has_more"];
  const bool said = has_more.type() == Json::Type::boolean;
  if (said ? !has_more.boolean() : static_cast<int>(items) < query.limit) return std::string();
  std::string next = page["last_id"].string_or("");
  if (next.empty()) next = last_listed;
  if (next.empty())
    return protocol_error(provider, what, "the answer says that there is more and not where");
  return next;
}

void add_listed(Result<RemoteStatus> entry, BatchPage* page) {
  // No vendor's page is that long: what is behind is as good as unread, and the memory of one page is bounded.
  constexpr std::size_t kMostEntries = 50'000;
  if (page->batches.size() >= kMostEntries) {
    ++page->unreadable;
    return;
  }
  if (entry) page->batches.push_back(std::move(*entry));
  else page->unreadable += 1;
}

void append_line(std::string_view json, std::string* lines) {
  const std::size_t start = lines->size();
  lines->append(json);
  std::replace_if(
      lines->begin() + static_cast<std::ptrdiff_t>(start), lines->end(), [](char c) { return c == '\n' || c == '\r'; },
      ' ');
  lines->push_back('\n');
}

void read_state_word(std::string_view word, std::span<const StateWord> own, RemoteStatus* status) {
  status->vendor_state = word;
  std::string name = lower_case(word);
  if (name == "canceled") name = "cancelled";
  if (name == "canceling") name = "cancelling";
  const State known = state_from_name(name).value_or(State::queued);
  status->state_known = known != State::queued && known != State::submitting;  // these two are words of ours
  status->state = status->state_known ? known : State::in_progress;
  for (const StateWord& one : own) {
    if (one.word != name) continue;
    status->state = one.state;
    status->state_known = true;
  }
}

Error batch_failure(std::string_view message, std::string_view code) {
  Error failure(Code::provider, "the batch failed at the vendor: " +
                                    std::string(message.empty() ? "the vendor gave no reason" : message));
  failure.vendor_code = code;
  if (is_billing_code(code)) {
    failure.code = Code::quota;
    failure.hint = "add credit or raise the limit at the vendor, then send the requests again";
  }
  return failure;
}

Cancelled cancelled_batch(RemoteStatus status) {
  const bool ended = is_terminal(status.state) && status.state != State::cancelled;
  return {std::move(status), ended};
}

Result<Cancelled> cancel_refused(Error error) {
  if (error.http_status != 409 && error.http_status != 400) return error;
  return Cancelled{{}, true};
}

void write_metadata(std::string_view name, const RemoteBatch& batch, JsonWriter* json) {
  json->key(name).begin_object();
  for (const auto& [key, value] : batch.metadata) json->field(key, value);
  json->field(kMarkerKey, batch.marker).end_object();
}

}  // namespace br
