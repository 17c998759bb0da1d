#include "capture/call_writer.h"

#include <utility>

#include "codec/json_write.h"
#include "providers/registry.h"

namespace br {
namespace {

// The request as a line of the unified format. The id is the call's number, so that a row proves which call it answers.
std::string line_of(std::int64_t id, const QueueKey& key, std::string_view body) {
  std::string line;
  JsonWriter json(&line);
  json.begin_object().field("custom_id", "call-" + std::to_string(id)).field("model", key.model);
  json.field("endpoint", key.endpoint).key("body").raw(body).end_object();
  line.push_back('\n');
  return line;
}

// A body may hold line breaks between its tokens; a line may not.
std::string on_one_line(std::string_view body) {
  std::string line(body);
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

}  // namespace

Result<void> CallWriter::open(const std::vector<CallBatch>& batches) {
  auto last_call = p_.store->last_call();
  BR_RETURN_IF_ERROR(last_call);
  auto last_batch = p_.store->last_batch();
  BR_RETURN_IF_ERROR(last_batch);
  last_call_ = *last_call;
  last_batch_ = *last_batch;
  for (const CallBatch& batch : batches) {
    if (batch.state != CallBatchState::collecting) continue;
    auto key = read_queue_key(batch.queue);
    const Provider* provider = key ? find_provider(key->provider) : nullptr;
    if (provider == nullptr) continue;
    Collecting collecting;
    collecting.batch = batch.id;
    collecting.key = std::move(*key);
    collecting.limits = p_.settings->limits(provider->capability());
    collecting.since_ms = batch.created_ms;
    collecting.requests = batch.requests;
    collecting.bytes = batch.bytes;
    collecting_[batch.id] = batch;
    queues_.begin(std::move(collecting));
  }
  return {};
}

Collecting& CallWriter::queue_for(const Classified& asked, std::int64_t bytes, std::int64_t now_ms, NewCalls* into) {
  if (Collecting* open = queues_.find(asked.queue, bytes); open != nullptr) {
    if (!into->texts.contains(open->batch)) into->texts[open->batch].begin = static_cast<std::uint64_t>(open->bytes);
    return *open;
  }
  CallBatch batch;
  batch.id = ++last_batch_;
  batch.queue = asked.queue.text();
  batch.created_ms = now_ms;
  collecting_[batch.id] = batch;
  into->texts[batch.id].begin = 0;
  const Account settings = provider_settings(*p_.config, *asked.provider, asked.queue.slot);
  return queues_.begin(
      {batch.id, asked.queue, p_.settings->limits(asked.provider->dialect().limits(settings)), now_ms});
}

Result<CapturedCall> CallWriter::add(const Classified& asked, std::int64_t now_ms, NewCalls* into) {
  CapturedCall call;
  call.id = last_call_ + 1;
  call.identity = asked.identity;
  call.created_ms = now_ms;
  const std::string line = line_of(call.id, asked.queue, on_one_line(asked.body));
  const std::int64_t most = asked.provider->capability().max_line_bytes;
  const auto bytes = static_cast<std::int64_t>(line.size());
  if (bytes > p_.config->integer("limits.max_line_bytes") || (most > 0 && bytes > most))
    return Error(Code::limit,
                 "the request has " + std::to_string(bytes) + " bytes, more than a batch of the vendor takes");
  ++last_call_;
  Collecting& queue = queue_for(asked, bytes, now_ms, into);
  NewCalls::Text& text = into->texts[queue.batch];
  call.line = {queue.batch, text.begin + text.lines.size(), static_cast<std::uint64_t>(bytes)};
  text.lines += line;
  CallBatch& batch = collecting_[queue.batch];
  ++batch.requests;
  batch.bytes += bytes;
  queues_.note(&queue, bytes);
  into->changes.calls.push_back(call);
  return call;
}

Result<void> CallWriter::commit(NewCalls calls) {
  auto written = write(&calls);
  if (written) return {};
  queues_ = std::move(calls.queues);
  collecting_ = std::move(calls.collecting);
  return written;
}

Result<void> CallWriter::write(NewCalls* calls) {
  for (const auto& [batch, text] : calls->texts) {
    BR_RETURN_IF_ERROR(p_.files->append(p_.files->requests(batch), text.begin, text.lines));
    calls->changes.batches.push_back(collecting_[batch]);
  }
  return p_.store->apply(calls->changes);
}

Result<std::vector<CallBatch>> CallWriter::seal(Which which, std::int64_t now_ms) {
  if (which == Which::due && (queues_.next_due_ms() < 0 || queues_.next_due_ms() > now_ms)) return std::vector<CallBatch>();
  Queues before = queues_;
  const std::vector<Collecting> leaving = which == Which::all ? queues_.take_all() : queues_.take_due(now_ms);
  CallChanges changes;
  for (const Collecting& each : leaving) {
    CallBatch batch = collecting_[each.batch];
    batch.state = CallBatchState::sealed;
    changes.batches.push_back(std::move(batch));
  }
  if (auto sealed = p_.store->apply(changes); !sealed) {
    queues_ = std::move(before);
    return std::move(sealed.error());
  }
  for (const Collecting& each : leaving) collecting_.erase(each.batch);
  return changes.batches;
}

std::vector<CallBatch> CallWriter::collecting() const {
  std::vector<CallBatch> batches;
  batches.reserve(collecting_.size());
  for (const auto& [id, batch] : collecting_) batches.push_back(batch);
  return batches;
}

Result<CallBatch> CallWriter::put_again(const CallBatch& from, std::vector<CapturedCall> calls, std::int64_t now_ms,
                                        std::vector<CapturedCall>* moved) {
  CallBatch batch;
  batch.id = last_batch_ + 1;
  batch.queue = from.queue;
  batch.state = CallBatchState::sealed;
  batch.created_ms = now_ms;
  std::string lines;
  for (CapturedCall& call : calls) {
    auto line = p_.files->read(p_.files->requests(call.line.batch), call.line);
    BR_RETURN_IF_ERROR(line);
    call.line = {batch.id, lines.size(), line->size()};
    lines += *line;
  }
  batch.requests = static_cast<std::int64_t>(calls.size());
  batch.bytes = static_cast<std::int64_t>(lines.size());
  BR_RETURN_IF_ERROR(p_.files->append(p_.files->requests(batch.id), 0, lines));
  CallChanges changes;
  changes.batches.push_back(batch);
  changes.calls = calls;
  BR_RETURN_IF_ERROR(p_.store->apply(changes));
  ++last_batch_;
  *moved = std::move(calls);
  return batch;
}

}  // namespace br
