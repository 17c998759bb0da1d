#include "abi/provider_call.h"

#include "abi/guard.h"
#include "codec/utf8.h"

using br::shield;

namespace {

const char* null_if_empty(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

const br::RemoteBatch* batch_of(const br_provider_call* call) { return call == nullptr ? nullptr : call->batch; }

// The batch that the setters speak of; nullptr: none was named.
br::RemoteStatus* subject(br_provider_call* call) {
  if (call == nullptr) return nullptr;
  if (!call->listing) return &call->status;
  return call->listed.empty() ? nullptr : &call->listed.back();
}

bool is_state(std::int32_t state) {
  return (state >= BR_STATE_VALIDATING && state <= BR_STATE_EXPIRED) || state == BR_STATE_FINALIZING ||
         state == BR_STATE_CANCELLING;
}

br::Code code_of(br_status status) {
  return status <= BR_EINVAL && status >= BR_EBUDGET ? static_cast<br::Code>(status) : br::Code::provider;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return br::repair_utf8(text);
}

// An id stands in paths of requests, in logs and in JSON.
bool is_batch_id(const char* text) {
  constexpr std::size_t kMaxId = 1024;
  if (text == nullptr) return false;
  const std::string_view id(text);
  return !id.empty() && id.size() <= kMaxId && one_line(std::string(id)) == id;
}

const std::pair<std::string, std::string>* meta(const br_provider_call* call, size_t index) {
  const br::RemoteBatch* batch = batch_of(call);
  return batch == nullptr || index >= batch->metadata.size() ? nullptr : &batch->metadata[index];
}

}  // namespace

namespace br {

Result<void> outcome_of(const br_provider_call& call, br_status returned) {
  if (returned >= 0 && !call.error) return {};
  if (call.error) return *call.error;
  Error error(code_of(returned),
              "[" + call.provider + "] " + call.what + " returned " + br_status_name(returned) + " and gave no reason");
  error.provider = call.provider;
  error.hint = "the provider should say why with br_call_fail";
  return error;
}

}  // namespace br

extern "C" {

const char* br_call_batch_id(const br_provider_call* call) {
  const br::RemoteBatch* batch = batch_of(call);
  return batch == nullptr ? nullptr : null_if_empty(batch->status.id);
}

const char* br_call_requests_path(const br_provider_call* call) {
  const br::RemoteBatch* batch = batch_of(call);
  return batch == nullptr ? nullptr : null_if_empty(batch->request_path);
}

int64_t br_call_rows(const br_provider_call* call) {
  const br::RemoteBatch* batch = batch_of(call);
  return batch == nullptr || batch->rows <= 0 ? -1 : batch->rows;
}

const char* br_call_model(const br_provider_call* call) {
  const br::RemoteBatch* batch = batch_of(call);
  return batch == nullptr ? nullptr : batch->model.c_str();
}

const char* br_call_marker(const br_provider_call* call) {
  const br::RemoteBatch* batch = batch_of(call);
  return batch == nullptr ? nullptr : null_if_empty(batch->marker);
}

int64_t br_call_limit(const br_provider_call* call) { return call == nullptr ? 0 : call->limit; }

size_t br_call_meta_count(const br_provider_call* call) {
  const br::RemoteBatch* batch = batch_of(call);
  return batch == nullptr ? 0 : batch->metadata.size();
}

const char* br_call_meta_key(const br_provider_call* call, size_t index) {
  const auto* pair = meta(call, index);
  return pair == nullptr ? nullptr : pair->first.c_str();
}

const char* br_call_meta_value(const br_provider_call* call, size_t index) {
  const auto* pair = meta(call, index);
  return pair == nullptr ? nullptr : pair->second.c_str();
}

br_status br_call_set_batch_id(br_provider_call* call, const char* batch_id) {
  br::RemoteStatus* status = subject(call);
  if (status == nullptr || !is_batch_id(batch_id)) return BR_EINVAL;
  return shield<br_status>(BR_ENOMEM, [&] { return status->id = batch_id, BR_OK; });
}

br_status br_call_set_state(br_provider_call* call, int32_t state, const char* word) {
  br::RemoteStatus* status = subject(call);
  if (status == nullptr || !is_state(state)) return BR_EINVAL;
  return shield<br_status>(BR_ENOMEM, [&] {
    status->state = static_cast<br::State>(state);
    status->vendor_state = word == nullptr ? br::state_name(status->state) : one_line(word);
    status->state_known = true;
    if (!call->listing) call->state_given = true;
    return BR_OK;
  });
}

br_status br_call_set_counts(br_provider_call* call, int64_t total, int64_t succeeded, int64_t errored,
                             int64_t cancelled, int64_t expired) {
  br::RemoteStatus* status = subject(call);
  if (status == nullptr || total < 0 || succeeded < 0 || errored < 0 || cancelled < 0 || expired < 0) return BR_EINVAL;
  std::int64_t left = total;
  for (const std::int64_t part : {succeeded, errored, cancelled, expired}) {
    if (part > left) return BR_EINVAL;
    left -= part;
  }
  status->counts = {total, succeeded, errored, left, cancelled, expired};
  status->counts_known = true;
  return BR_OK;
}

br_status br_call_set_time(br_provider_call* call, int32_t which, int64_t time_ms) {
  br::RemoteStatus* status = subject(call);
  if (status == nullptr) return BR_EINVAL;
  switch (which) {
    case BR_TIME_CREATED:
      status->created_ms = time_ms;
      return BR_OK;
    case BR_TIME_COMPLETED:
      status->completed_ms = time_ms;
      return BR_OK;
    case BR_TIME_EXPIRES:
      status->expires_ms = time_ms;
      return BR_OK;
    default:
      return BR_EINVAL;
  }
}

br_status br_call_set_message(br_provider_call* call, const char* message) {
  if (subject(call) == nullptr || message == nullptr) return BR_EINVAL;
  return shield<br_status>(BR_ENOMEM, [&] { return call->message = one_line(message), BR_OK; });
}

br_status br_call_add_batch(br_provider_call* call, const char* batch_id, const char* marker) {
  if (call == nullptr || !call->listing || !is_batch_id(batch_id)) return BR_EINVAL;
  return shield<br_status>(BR_ENOMEM, [&] {
    br::RemoteStatus status;
    status.id = batch_id;
    status.marker = marker == nullptr ? "" : marker;
    call->listed.push_back(std::move(status));
    return BR_OK;
  });
}

br_status br_call_write(br_provider_call* call, const char* data, size_t length) {
  if (call == nullptr || !call->write || (data == nullptr && length > 0) || !br::is_size(length)) return BR_EINVAL;
  return shield<br_status>(BR_ENOMEM, [&]() -> br_status {
    auto written = call->write({data, length});
    if (written) return BR_OK;
    call->error = std::move(written.error());
    return static_cast<br_status>(call->error->code);
  });
}

br_status br_call_fail(br_provider_call* call, br_status status, int32_t transient, int64_t retry_after_ms,
                       const char* vendor_code, const char* message) {
  if (call == nullptr) return BR_EINVAL;
  return shield<br_status>(BR_ENOMEM, [&] {
    br::Error error(
        code_of(status),
        "[" + call->provider + "] " + (message == nullptr ? std::string(call->what) + " failed" : one_line(message)));
    error.provider = call->provider;
    error.vendor_code = vendor_code == nullptr ? "" : one_line(vendor_code);
    error.transient = transient != 0;
    error.retry_after_ms = retry_after_ms < 0 ? -1 : retry_after_ms;
    error.not_executed = error.code != br::Code::unknown_outcome;
    const auto code = static_cast<br_status>(error.code);
    call->error = std::move(error);
    return code;
  });
}

}  // extern "C"
