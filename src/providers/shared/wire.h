// What all providers share of reading answers and writing calls: times, status words, errors of batches, metadata.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "codec/json_read.h"
#include "codec/json_write.h"
#include "providers/http_api.h"

namespace br {

// What stands between the quotes of a JSON string token, still escaped.
inline std::string_view inside(std::string_view token) {
  return token.size() < 2 ? std::string_view() : token.substr(1, token.size() - 2);
}

std::string lower_case(std::string_view text);

// Seconds since 1970 as a number or as text, or ISO 8601, in milliseconds; -1 when absent.
std::int64_t read_time(const Json& value);
// The first of the fields that holds a time.
std::int64_t first_time(const Json& json, std::initializer_list<std::string_view> names);

// The answer's JSON object or array; the vendor's error when it is none of 2xx. `what` names the call for messages.
Result<std::shared_ptr<const Json>> read_object(std::string_view provider, std::string_view what,
                                                const HttpResponse& response);

// An upload that is a single exchange.
inline std::optional<UploadCall> one_exchange(HttpRequest request) { return UploadCall{std::move(request), {}}; }

// Takes an entry of a list of batches. One that cannot be read is counted: it may be any batch, so that nothing is
// proven to be absent from that list.
void add_listed(Result<RemoteStatus> entry, BatchPage* page);

// The cursor behind a page of a list that goes on with "has_more" and "last_id"; empty at the end. Where the vendor left
// out "has_more", a full page is followed by another look: a batch that is not found in the whole list is made again.
// last_listed: the id of the page's last entry. An error where there is more and no way to it.
Result<std::string> next_by_last_id(std::string_view provider, std::string_view what, const PageQuery& query,
                                    const Json& page, std::size_t items, const std::string& last_listed);

// The vendor's own object as it is kept in the batch's record; empty for one that nobody would want to keep.
inline std::string kept_raw(const Json& object) {
  constexpr std::size_t kMost = std::size_t{64} << 10;
  return object.raw().size() <= kMost ? std::string(object.raw()) : std::string();
}

// A vendor's own status word, in lower case.
struct StateWord {
  std::string_view word;
  State state;
};
// Sets the state from the vendor's word, in any case and both spellings: one of `own`, or one that most vendors use. An
// unknown one means that it goes on.
void read_state_word(std::string_view word, std::span<const StateWord> own, RemoteStatus* status);
// An error that says why the whole batch failed.
Error batch_failure(std::string_view message, std::string_view code);
// A cancel call whose answer is the batch.
Cancelled cancelled_batch(RemoteStatus status);
// A cancel call that was refused because the batch has ended.
Result<Cancelled> cancel_refused(Error error);

// Where a batch keeps our marker among its metadata or labels.
inline constexpr std::string_view kMarkerKey = "batchrouter_marker";
// A field with the caller's metadata and our marker.
void write_metadata(std::string_view name, const RemoteBatch& batch, JsonWriter* json);

// Appends JSON as one line; the line breaks of a pretty-printed answer become blanks.
void append_line(std::string_view json, std::string* lines);

}  // namespace br
