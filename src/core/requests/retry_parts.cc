#include "core/requests/retry_parts.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "codec/json_read.h"
#include "core/results/id_ledger.h"
#include "providers/registry.h"
#include "providers/shared/line_check.h"

namespace br {
namespace {

// As it was asked for; of a version that did not note it, as many as its canaries had.
std::int64_t canary_size(const Job& job) {
  std::int64_t size = 0;
  for (const auto& [name, value] : job.settings) {
    if (name == "canary") std::from_chars(value.data(), value.data() + value.size(), size);
  }
  if (size > 0) return size;
  for (const RemoteBatch& batch : job.batches) {
    if (batch.canary) size = std::max(size, batch.rows);
  }
  return size;
}

const Capability& limits_of(const RemoteBatch& batch) {
  static const Capability any;
  const Provider* provider = find_provider(batch.provider);
  return provider == nullptr ? any : provider->capability();
}

RemoteBatch planned_as(const RemoteBatch& from) {
  RemoteBatch to;
  to.provider = from.provider;
  to.base_url = from.base_url;
  to.account = from.account;
  to.model = from.model;
  to.endpoint = from.endpoint;
  to.path = from.path;
  to.metadata = from.metadata;
  to.key_salt = from.key_salt;
  to.keys = from.keys;
  to.id_tag = from.id_tag;
  return to;
}

// The requests of one batch fitted into one; those of several need not. The numbers in a file of ids rise.
bool fits(const RetryPart& part, const RetrySlice& more, const Capability& limits) {
  if (part.slices.back().last >= more.first) return false;
  if (limits.max_batch_inputs > 0 && part.batch.endpoint == Endpoint::embeddings) return false;
  std::int64_t rows = static_cast<std::int64_t>(more.set.ids.size()), bytes = more.bytes;
  for (const RetrySlice& slice : part.slices) {
    rows += static_cast<std::int64_t>(slice.set.ids.size());
    bytes += slice.bytes;
  }
  return (limits.max_requests <= 0 || rows <= limits.max_requests) &&
         (limits.max_bytes <= 0 || bytes <= limits.max_bytes);
}

void put(const auto& item, RetrySlice* slice) {
  slice->set.ids.push_back(item.id);
  slice->bytes += item.bytes;
  slice->last = item.number;
  if (slice->first == 0) slice->first = item.number;
}

RetrySlice sorted(RetrySlice slice) {
  std::sort(slice.set.ids.begin(), slice.set.ids.end());
  return slice;
}

}  // namespace

std::int64_t canary_of_retry(const Job& parent, std::int64_t configured) {
  if (configured > 0) return configured;
  const bool has_passed = std::all_of(parent.batches.begin(), parent.batches.end(), [](const RemoteBatch& batch) {
    return !batch.canary || (batch.phase == Phase::collected && batch.canary_refusal.empty());
  });
  return has_passed ? 0 : canary_size(parent);
}

// The line names them where the vendor mixes several in one batch, else the batch does.
std::size_t RetryParts::kind_of(const RemoteBatch& from, const Capability& limits, std::string_view line) {
  Kind kind;
  kind.model = from.model, kind.path = from.path, kind.endpoint = from.endpoint;
  if (!limits.one_model_per_batch || !limits.one_endpoint_per_batch) {
    scratch_.assign(line).append(kJsonPadding, '\0');
    Issue unread;
    if (reader_.read(scratch_.data(), line.size(), &request_, &unread) && check_line(limits, &request_, &unread)) {
      if (!limits.one_model_per_batch) kind.model = request_.model;
      if (!limits.one_endpoint_per_batch) kind.path = request_.path, kind.endpoint = request_.endpoint;
    }
  }
  kind.text = RequestKind{from.provider, from.account, kind.model, kind.path, kind.endpoint}.text() + from.base_url;
  kind.least = limits.min_requests;
  const auto [at, is_new] = kind_numbers_.emplace(kind.text, kinds_.size());
  if (is_new) kinds_.push_back(std::move(kind));
  return at->second;
}

Result<void> RetryParts::add(const RemoteBatch& from, RequestSet set) {
  if (set.ids.empty()) return {};
  if (!quota_.on()) {
    parts_.push_back({planned_as(from), {}});
    parts_.back().slices.push_back({&from, std::move(set)});
    return {};
  }
  if (auto whole = spool_->check_requests(from, Spool::Check::content); !whole) return whole;
  const Capability& limits = limits_of(from);
  Source source{&from, set.seed, {}};
  auto read = for_each_request(*spool_, from, spool_->requests(from.job_id, from.part), set,
                               [&](const IdEntry& entry, std::string_view, std::string_view line) -> Result<void> {
                                 const std::size_t kind = kind_of(from, limits, line);
                                 kinds_[kind].total += 1;
                                 source.items.push_back({hash_id(entry.custom_id, set.seed), entry.number,
                                                         static_cast<std::int64_t>(line.size() + 1), kind});
                                 return {};
                               });
  if (!read) return read;
  sources_.push_back(std::move(source));
  return {};
}

void RetryParts::put_canary(Kind* kind, RetrySlice slice) {
  const RemoteBatch& from = *slice.from;
  if (kind->part == 0 || !fits(parts_[kind->part - 1], slice, limits_of(from))) {
    RemoteBatch batch = planned_as(from);
    batch.canary = true;
    batch.model = kind->model, batch.path = kind->path, batch.endpoint = kind->endpoint;
    parts_.push_back({std::move(batch), {}});
    kind->part = parts_.size();
  }
  parts_[kind->part - 1].slices.push_back(std::move(slice));
}

void RetryParts::divide(const Source& source) {
  const RetrySlice none{source.from, {{}, source.seed}};
  std::map<std::size_t, RetrySlice> first;
  RetrySlice rest = none;
  for (const Item& item : source.items) {
    const Kind& kind = kinds_[item.kind];
    put(item, quota_.take(kind.text, kind.least) ? &first.try_emplace(item.kind, none).first->second : &rest);
  }
  for (auto& [kind, slice] : first) put_canary(&kinds_[kind], sorted(std::move(slice)));
  if (rest.set.ids.empty()) return;
  parts_.push_back({planned_as(*source.from), {}});
  parts_.back().slices.push_back(sorted(std::move(rest)));
}

std::vector<RetryPart> RetryParts::plan() {
  for (const Kind& kind : kinds_) quota_.expect(kind.text, kind.total, kind.least);
  for (const Source& source : sources_) divide(source);
  return std::move(parts_);
}

}  // namespace br
