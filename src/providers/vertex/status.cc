#include "providers/vertex/status.h"

#include <string>
#include <utility>

#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

State read_state(std::string word, bool* known) {
  static constexpr std::pair<std::string_view, State> kStates[] = {
      {"unspecified", State::validating}, {"queued", State::validating},
      {"pending", State::validating},     {"running", State::in_progress},
      {"paused", State::in_progress},     {"updating", State::in_progress},
      {"succeeded", State::completed},    {"partially_succeeded", State::completed},
      {"failed", State::failed},          {"cancelling", State::cancelling},
      {"canceling", State::cancelling},   {"cancelled", State::cancelled},
      {"canceled", State::cancelled},     {"expired", State::expired}};
  word = lower_case(word);
  if (word.starts_with("job_state_")) word.erase(0, std::string_view("job_state_").size());
  for (const auto& [state_word, state] : kStates) {
    if (state_word == word) return state;
  }
  *known = false;
  return State::in_progress;
}

// Often missing before the end; -1 stands for an unknown rest.
void read_counts(const Json& stats, RemoteStatus* status) {
  const std::int64_t good = stats["successfulCount"].integer().value_or(0);
  const std::int64_t bad = stats["failedCount"].integer().value_or(0);
  const std::int64_t rest = stats["incompleteCount"].integer().value_or(0);
  if (good < 0 || bad < 0 || rest < 0 || good + bad + rest == 0) return;
  status->counts_known = true;
  status->counts.total = good + bad + rest;
  status->counts.succeeded = good;
  status->counts.errored = bad;
  status->counts.processing = is_terminal(status->state) ? 0 : rest;
}

}  // namespace

Result<RemoteStatus> read_vertex_job(const Json& json, std::string_view provider, std::string_view what) {
  RemoteStatus status;
  status.id = json["name"].string_or("");
  if (status.id.empty()) return protocol_error(provider, what, "the answer is no job: it has no name");
  status.vendor_state = json["state"].string_or("");
  status.state = read_state(status.vendor_state, &status.state_known);
  read_counts(json["completionStats"], &status);
  status.created_ms = read_time(json["createTime"]);
  status.completed_ms = read_time(json["endTime"]);
  status.model = json["model"].string_or("");
  status.marker = json["labels"][kMarkerKey].string_or(json["displayName"].string());
  const auto& uris = json["inputConfig"]["gcsSource"]["uris"].items();
  if (!uris.empty()) status.input_file_id = uris.front().string_or("");
  status.output.url = json["outputInfo"]["gcsOutputDirectory"].string_or("");
  if (status.state == State::failed) {
    const std::string why = json["error"]["message"].string_or("the vendor gave no reason");
    status.failure = Error(Code::provider, "the batch failed at the vendor: " + why);
    if (const auto code = json["error"]["code"].integer()) status.failure->vendor_code = std::to_string(*code);
  }
  status.raw = kept_raw(json);
  return status;
}

}  // namespace br
