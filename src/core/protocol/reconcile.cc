#include "core/protocol/reconcile.h"

#include <algorithm>

namespace br {
namespace {

int rank(const RemoteStatus& status) {
  if (status.state == State::completed) return 3;
  if (!is_terminal(status.state)) return 2;
  return 1;
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void keep_file(const RemoteFile& before, RemoteFile* now) {
  if (now->id.empty() && now->url.empty()) *now = before;
}

}  // namespace

bool is_ours(const RemoteBatch& batch, const RemoteStatus& status, const std::vector<std::string>& uploads) {
  if (contains(batch.not_ours, status.id)) return false;
  if (!batch.marker.empty() && status.marker == batch.marker) return true;
  if (status.input_file_id.empty()) return false;
  return status.input_file_id == batch.input_file_id || contains(uploads, status.input_file_id);
}

bool looks_like_ours(const RemoteBatch& batch, const RemoteStatus& status, std::int64_t since_ms) {
  if (contains(batch.not_ours, status.id)) return false;
  if (status.created_ms >= 0 && status.created_ms < since_ms) return false;
  if (!status.model.empty() && !batch.model.empty() && status.model != batch.model) return false;
  return status.counts.total <= 0 || status.counts.total == batch.rows;  // no batch is empty: it was not said
}

void keep_match(const RemoteStatus& status, Matches* matches) {
  if (matches->best && matches->best->id == status.id) return;
  matches->count += 1;
  if (!matches->best || rank(status) > rank(*matches->best)) matches->best = status;
}

Error listing_loops(std::string_view provider) {
  Error error(Code::protocol, "[" + std::string(provider) + "] listing batches: the pages do not come to an end",
              "resume later; nothing is sent again before the list could be read");
  error.provider = provider;
  error.transient = true;
  return error;
}

RemoteStatus merge_status(const RemoteStatus& before, const RemoteStatus& now, bool ended) {
  RemoteStatus merged = now;
  if (!merged.counts_known) {
    merged.counts = before.counts;
    merged.counts_known = before.counts_known;
  }
  keep_file(before.output, &merged.output);
  keep_file(before.errors, &merged.errors);
  if (merged.id.empty()) merged.id = before.id;
  if (merged.created_ms < 0) merged.created_ms = before.created_ms;
  if (merged.completed_ms < 0) merged.completed_ms = before.completed_ms;
  if (merged.expires_ms < 0) merged.expires_ms = before.expires_ms;
  if (merged.model.empty()) merged.model = before.model;
  if (!merged.failure) merged.failure = before.failure;
  if (ended && !is_terminal(merged.state)) merged.state = before.state;
  if (!merged.state_known && !ended) merged.state = is_terminal(before.state) ? State::in_progress : before.state;
  return merged;
}

}  // namespace br
