#include "providers/fireworks/status.h"

#include <algorithm>
#include <array>

#include "providers/openai/family.h"
#include "providers/shared/http_error.h"

namespace br {
namespace {

constexpr std::array<StateWord, 5> kWords = {{
    {"creating", State::validating},
    {"pending", State::validating},
    {"running", State::in_progress},
    {"writing_results", State::in_progress},
    {"deleting", State::cancelling},
}};

void read_progress(const Json& progress, RemoteStatus* status) {
  const auto total = progress["totalInputRequests"].integer();
  const auto succeeded = progress["successfullyProcessedRequests"].integer();
  if (!total || !succeeded) return;
  status->counts_known = true;
  Counts& c = status->counts;
  c.total = std::max<std::int64_t>(0, *total);
  c.succeeded = std::max<std::int64_t>(0, *succeeded);
  c.errored = std::max<std::int64_t>(0, progress["failedRequests"].integer().value_or(0));
  c.processing = std::max<std::int64_t>(0, c.total - c.succeeded - c.errored);
}

}  // namespace

std::string name_in_resource(std::string_view resource) { return std::string(resource.substr(resource.rfind('/') + 1)); }

Result<RemoteStatus> read_fireworks_job(const Json& json, std::string_view what) {
  RemoteStatus status;
  status.id = name_in_resource(json["name"].string());
  if (status.id.empty()) return protocol_error("fireworks", what, "the answer is no job: it has no name");
  constexpr std::string_view kPrefix = "JOB_STATE_";
  std::string_view word = json["state"].string();
  if (word.starts_with(kPrefix)) word.remove_prefix(kPrefix.size());
  read_state_word(word, kWords, &status);
  read_progress(json["jobProgress"], &status);
  status.created_ms = read_time(json["createTime"]);
  if (is_terminal(status.state)) status.completed_ms = read_time(json["updateTime"]);
  status.model = json["model"].string_or("");
  status.marker = json["displayName"].string_or("");
  status.input_file_id = name_in_resource(json["inputDatasetId"].string());
  status.output.id = name_in_resource(json["outputDatasetId"].string());
  if (status.state == State::failed)
    status.failure = batch_failure(json["status"]["message"].string(), json["status"]["code"].string());
  status.raw = kept_raw(json);
  return status;
}

}  // namespace br
