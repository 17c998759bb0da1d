#include "core/requests/pack.h"

#include <algorithm>

#include "codec/json_write.h"
#include "core/requests/request_tokens.h"

namespace br {
namespace {

constexpr std::size_t kSmallBuffer = std::size_t{64} << 10, kLargeBuffer = std::size_t{256} << 10;
constexpr const char* kSplitHint = "give --split (split=auto) to cut it into several remote batches";

Result<std::unique_ptr<BufferedFile>> create_file(FileSystem* files, const std::string& path, std::size_t buffer) {
  auto file = files->create(path);
  BR_RETURN_IF_ERROR(file);
  return std::make_unique<BufferedFile>(std::move(*file), buffer);
}

}  // namespace

std::string id_tag_of(std::string_view job_id) {
  constexpr std::size_t kPrefix = 4, kLength = 12;  // "job_", and sixty bits of chance
  return std::string(job_id.substr(std::min(kPrefix, job_id.size()), kLength));
}

void Packer::over_limit(Error error) {
  if (!limit_) limit_ = std::move(error);
}

Result<Packer::OpenPart*> Packer::begin_part(const Provider& provider, const EncodedRequest& item,
                                             const std::string& key, PartKind kind) {
  auto part = std::make_unique<OpenPart>();
  part->batch.job_id = plan_.job_id;
  part->batch.provider = provider.name();
  part->batch.part = static_cast<std::int32_t>(parts_.size());
  part->batch.account = item.account;
  part->batch.model = item.request.model;
  part->batch.endpoint = item.request.endpoint;
  part->batch.canary = kind == PartKind::canary;
  part->batch.path = item.request.path;
  if (provider.capability().marker == Marker::none) part->batch.id_tag = plan_.id_tag;
  if (plan_.spool != nullptr) {
    auto requests = create_file(plan_.spool->files(), plan_.spool->requests(plan_.job_id, part->batch.part), kLargeBuffer);
    BR_RETURN_IF_ERROR(requests);
    part->requests = std::move(*requests);
    part->requests->keep_checksum();
    auto ids = create_file(plan_.spool->files(), plan_.spool->ids(plan_.job_id, part->batch.part), kSmallBuffer);
    BR_RETURN_IF_ERROR(ids);
    part->ids = std::move(*ids);
    if (plan_.keep_unified) {
      auto unified = create_file(plan_.spool->files(), plan_.spool->unified(plan_.job_id, part->batch.part), kLargeBuffer);
      BR_RETURN_IF_ERROR(unified);
      part->unified = std::move(*unified);
      part->unified->keep_checksum();
    }
  }
  part->digest = digests_.of(part->batch);
  parts_.push_back(std::move(part));
  current_[key] = parts_.back().get();
  return parts_.back().get();
}

// Requests that the vendor takes in one batch have one key. Those of several models or endpoints become several
// batches, split or not: it is the only way to send them.
void Packer::make_key(const Provider& provider, const EncodedRequest& item) {
  const Capability& limits = item.limits;
  const Request& request = item.request;
  key_.assign(provider.name()).append("@").append(item.account).push_back('\n');
  if (limits.one_endpoint_per_batch) {
    key_.push_back(static_cast<char>(request.endpoint));
    key_.append(request.path);
  }
  key_.push_back('\n');
  if (limits.one_model_per_batch) key_.append(request.model);
}

// The first of each kind are kept apart, also where the vendor would take all kinds in one batch: a refusal then tells
// of which kind, and an answer to one kind says nothing of another.
Result<Packer::PartKind> Packer::kind_for(const Provider& provider, const EncodedRequest& item) {
  if (!quota_.on()) return PartKind::ordinary;
  const Request& request = item.request;
  const std::string kind =
      "canary " + RequestKind{provider.name(), item.account, request.model, request.path, request.endpoint}.text();
  if (quota_.take(kind, item.limits.min_requests)) {
    key_ = kind;
    return PartKind::canary;
  }
  // The kind's canary is whole.
  if (const auto found = current_.find(kind); found != current_.end()) {
    BR_RETURN_IF_ERROR(end_files(found->second));
    current_.erase(found);
  }
  return PartKind::ordinary;
}

Result<Packer::OpenPart*> Packer::part_for(const Provider& provider, const EncodedRequest& item) {
  make_key(provider, item);
  const auto kind = kind_for(provider, item);
  BR_RETURN_IF_ERROR(kind);
  const auto found = current_.find(key_);
  if (found == current_.end()) return begin_part(provider, item, key_, *kind);
  OpenPart* part = found->second;
  if (!is_full(*part, item)) return part;
  // A million requests are many parts: a full one keeps neither its buffers nor its files open.
  BR_RETURN_IF_ERROR(end_files(part));
  return begin_part(provider, item, key_, *kind);
}

bool Packer::is_full(const OpenPart& part, const EncodedRequest& item) const {
  const Capability& limits = item.limits;
  const bool too_many = limits.max_requests > 0 && part.batch.rows >= limits.max_requests;
  const bool too_large = limits.max_bytes > 0 &&
                         part.batch.bytes + static_cast<std::int64_t>(item.native.size()) > limits.max_bytes;
  const bool too_dense = limits.max_batch_inputs > 0 && part.inputs + item.inputs > limits.max_batch_inputs;
  return (too_many || too_large || too_dense) && plan_.split;
}

// On the disk when this returns, but for the copy in the unified format, which nothing depends on.
Result<void> Packer::end_files(OpenPart* part) {
  if (part->requests) {
    if (auto synced = part->requests->sync(); !synced) return synced;
    part->batch.ids_sum = part->id_sum.last_line();
    if (auto done = part->ids->append(part->batch.ids_sum + "\n"); !done) return done;
    if (auto synced = part->ids->sync(); !synced) return synced;
    part->batch.request_sum = part->requests->checksum();
  }
  if (part->unified) {
    if (auto flushed = part->unified->flush(); !flushed) return flushed;
    part->batch.unified_sum = part->unified->checksum();
  }
  part->requests.reset();
  part->ids.reset();
  part->unified.reset();
  return {};
}

// What cannot be written is the state, and no wrong input.
Result<void> Packer::add(const Provider& provider, const EncodedRequest& item) {
  auto taken = put(provider, item);
  if (!taken && taken.error().code == Code::io) taken.error().code = Code::store;
  return taken;
}

Result<void> Packer::put(const Provider& provider, const EncodedRequest& item) {
  auto part = part_for(provider, item);
  BR_RETURN_IF_ERROR(part);
  RemoteBatch& batch = (*part)->batch;
  batch.rows += 1;
  batch.bytes += static_cast<std::int64_t>(item.native.size());
  (*part)->inputs += item.inputs;
  const TokenSums guess = estimate_of(item.request, item.native, plan_.default_max_tokens);
  batch.tokens.add(guess);
  add_tokens(item.request.model, guess, &batch.model_tokens);
  const Capability& limits = item.limits;
  const std::string name(provider.name());
  (*part)->min_requests = limits.min_requests;
  (*part)->mixes = !limits.one_model_per_batch || !limits.one_endpoint_per_batch;
  if (limits.max_bytes > 0 && batch.rows == 1 && batch.bytes > limits.max_bytes)
    return Error(Code::limit, "the request \"" + std::string(item.request.custom_id) + "\" alone is larger than the " +
                                  std::to_string(limits.max_bytes) + " bytes that " + name + " takes in a batch",
                 "shorten it");
  if (limits.max_requests > 0 && batch.rows > limits.max_requests)
    over_limit(Error(Code::limit, "the batch has more than the " + std::to_string(limits.max_requests) +
                                      " requests that " + name + " takes in one", kSplitHint));
  if (limits.max_bytes > 0 && batch.bytes > limits.max_bytes)
    over_limit(Error(Code::limit, "the batch has more than the " + std::to_string(limits.max_bytes) +
                                      " bytes that " + name + " takes in one", kSplitHint));
  if (limits.max_batch_inputs > 0 && (*part)->inputs > limits.max_batch_inputs)
    over_limit(Error(Code::limit, "the batch has more than the " + std::to_string(limits.max_batch_inputs) +
                                      " embedding inputs that " + name + " takes in one", kSplitHint));
  if (plan_.spool == nullptr || limit_) return {};
  (*part)->digest->add(item.id_json, item.wire_id, item.native);
  if (auto done = (*part)->requests->append(item.native); !done) return done;
  std::string& ids = (*part)->ids->buffer();
  const std::size_t line = ids.size();
  ids.append(item.id_json).push_back(' ');
  append_json_int(static_cast<std::int64_t>(item.number), &ids);
  if (!item.wire_id.empty()) ids.append(" ").append(item.wire_id);
  (*part)->id_sum.add(std::string_view(ids).substr(line));
  ids.push_back('\n');
  if (auto done = (*part)->ids->flush_if_full(); !done) return done;
  if ((*part)->unified) {
    std::string& unified = (*part)->unified->buffer();
    unified.append(item.unified).push_back('\n');
    return (*part)->unified->flush_if_full();
  }
  return {};
}

void Packer::check_least(const OpenPart& part) {
  const RemoteBatch& batch = part.batch;
  if (batch.rows >= part.min_requests) return;
  const std::string rows = std::to_string(batch.rows) + " requests (model " + batch.model + "); " + batch.provider;
  const std::string least = std::to_string(part.min_requests);
  if (quota_.on() && !batch.canary)
    return over_limit(Error(Code::limit, "behind the canary there are only " + rows + " takes no batch below " + least,
                            "leave --canary out (canary=0), or add requests"));
  // Without a canary its requests would stand in one batch with those of other kinds.
  const bool may_mix = quota_.on() && part.mixes;
  over_limit(Error(
      Code::limit, (may_mix ? "a canary has only " : "a batch has only ") + rows + " takes none below " + least,
      may_mix ? "leave --canary out (canary=0), or add requests" : "add requests, or send them to another provider"));
}

Result<std::vector<RemoteBatch>> Packer::finish() {
  for (const auto& part : parts_) check_least(*part);
  if (limit_) return std::move(*limit_);
  std::vector<RemoteBatch> batches;
  for (auto& part : parts_) {
    BR_RETURN_IF_ERROR(end_files(part.get()));
    if (part->batch.model_tokens.size() == 1) part->batch.model_tokens.clear();
    batches.push_back(std::move(part->batch));
  }
  return batches;
}

}  // namespace br
