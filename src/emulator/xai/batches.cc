#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/base/json_lines.h"
#include "emulator/base/times.h"
#include "emulator/base/uuid.h"
#include "emulator/vendor/results_so_far.h"
#include "emulator/xai/api.h"

namespace br::emulator {
namespace {

constexpr int64_t kLifeMs = int64_t{30} * 86'400'000;

struct Counters {
  int64_t requests = 0;
  int64_t success = 0;
  int64_t error = 0;
  int64_t cancelled = 0;
};

Counters counters_of(const XaiContainer& container) {
  Counters sum;
  for (const XaiContainer::Portion& portion : container.portions) {
    const Batch& batch = *portion.batch;
    sum.requests += std::max(batch.total, portion.requests);
    sum.success += batch.completed;
    sum.error += batch.failed - batch.unanswered;
    if (batch.stage == Stage::kCancelled) sum.cancelled += batch.unanswered;
  }
  return sum;
}

// A page of results is told by the portion and the byte that it begins at.
struct PageToken {
  size_t portion = 0;
  int64_t offset = 0;

  bool read(const std::string* text) {
    if (text == nullptr || text->empty()) return true;
    const char* const end = text->data() + text->size();
    const auto [dot, error] = std::from_chars(text->data(), end, portion);
    if (error != std::errc() || dot == end || *dot != '.') return false;
    const auto [last, second] = std::from_chars(dot + 1, end, offset);
    return second == std::errc() && last == end && offset >= 0;
  }
  std::string str() const { return std::to_string(portion) + "." + std::to_string(offset); }
};

}  // namespace

Opening XaiApi::begin_batches(const RequestHead& head, Path path) {
  if (path.empty() && head.method == "POST") {
    return with_body([this](const std::string& body) { return create(body); });
  }
  if (path.empty() && head.method == "GET") return Opening::answered(list(head));
  if (path.size() == 2 && path[1] == "results" && head.method == "GET")
    return Opening::answered(results(head, path[0]));
  if (path.size() == 2 && path[1] == "requests" && head.method == "POST") return begin_add(path[0]);
  constexpr std::string_view kCancel = ":cancel";
  const bool cancels = path.size() == 1 && path[0].size() > kCancel.size() && path[0].ends_with(kCancel);
  if (cancels && head.method == "POST") {
    return with_body(
        [this, id = path[0].substr(0, path[0].size() - kCancel.size())](const std::string&) { return cancel(id); });
  }
  if (path.size() == 1 && head.method == "GET") return Opening::answered(get(path[0]));
  return Opening::answered(not_found(head.path));
}

XaiContainer* XaiApi::find(std::string_view id) {
  const auto at =
      std::find_if(containers_.begin(), containers_.end(), [&](const auto& each) { return each->id == id; });
  return at == containers_.end() || (*at)->tenant.project != world_.call.tenant.project ? nullptr : at->get();
}

XaiContainer* XaiApi::find_to(std::string_view what, std::string_view id) {
  XaiContainer* const container = find(id);
  if (container != nullptr) world_.ledger.touch(container->tenant, world_.call.tenant, "xai", what, id);
  return container;
}

// A container that a file of the stranger's fills, or a call.
void XaiApi::make_twin(const Batch&, Batch& twin) {
  auto container = std::make_unique<XaiContainer>();
  container->id = twin.id = "batch_" + next_uuid(world_.ids);
  container->name = twin.name;
  container->created_ms = world_.clock.now_ms();
  container->tenant = twin.tenant;
  if (!twin.is_inline) {
    StoredFile file;
    file.id = "file_" + next_uuid(world_.ids);
    file.filename = "nightly.jsonl";
    file.created_s = world_.now_s();
    file.blob = twin.input;
    container->input_file_id = twin.input_file_id = files_.add(std::move(file)).id;
  }
  int64_t requests = 0;
  for_each_line(*twin.input, [&](char*, size_t) { return ++requests > 0; });
  container->portions.push_back({&twin, requests});
  containers_.push_back(std::move(container));
}

void XaiApi::unmake(const Batch& batch) {
  for (const auto& container : containers_) {
    const auto held = [&](const XaiContainer::Portion& portion) { return portion.batch == &batch; };
    if (std::erase_if(container->portions, held) > 0) container->added.clear();
  }
  // What a file should have filled is not there; a container for calls was made before and stays, empty again.
  std::erase_if(containers_, [](const auto& each) { return !each->input_file_id.empty() && each->portions.empty(); });
}

Reply XaiApi::create(const std::string& text) {
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject()) return bad("The body is no JSON object.");
  for (const auto& field : body.GetObject()) {
    const std::string field_name(json::view(field.name));
    if (field_name != "name" && field_name != "input_file_id") return bad("Unknown field: " + field_name);
  }
  const std::string_view batch_name = json::string_member(body, "name");
  if (batch_name.empty()) return bad("name is required.");
  const std::string_view file_id = json::string_member(body, "input_file_id");
  const StoredFile* const file = file_id.empty() ? nullptr : files_.find(file_id);
  if (!file_id.empty() && file == nullptr) return bad("The input file was not found: " + std::string(file_id));
  XaiContainer& container = *containers_.emplace_back(std::make_unique<XaiContainer>());
  container.id = "batch_" + next_uuid(world_.ids);
  container.name = std::string(batch_name);
  container.input_file_id = std::string(file_id);
  container.created_ms = world_.clock.now_ms();
  container.tenant = world_.call.tenant;
  if (file != nullptr) fill(container, file->blob, 0);
  return ok(container_json(container));
}

Reply XaiApi::get(const std::string& id) {
  const XaiContainer* const container = find(id);
  if (container == nullptr) return not_found("Batch " + id);
  if (container->portions.empty()) ++world_.ledger.sums().polls;
  for (const XaiContainer::Portion& portion : container->portions) {
    if (batches_.look_at(portion.batch->id) == nullptr) return not_found("Batch " + id);
  }
  return ok(container_json(*container));
}

Reply XaiApi::list(const RequestHead& head) {
  int64_t limit = 100;
  if (!query_number(head, "limit", 1, 1000, limit)) return bad("limit must be from 1 to 1000.");
  const std::string* const token = head.query_value("pagination_token");
  const std::vector<Batch*> shown = batches_.newest_first(token == nullptr);
  std::vector<const XaiContainer*> all;
  for (auto at = containers_.rbegin(); at != containers_.rend(); ++at) {
    const bool hidden =
        !(*at)->portions.empty() && std::find(shown.begin(), shown.end(), (*at)->portions[0].batch) == shown.end();
    const bool own = (*at)->tenant.project == world_.call.tenant.project;
    if (own && !hidden) all.push_back(at->get());
  }
  put_in_order(all, world_.call.order, world_.options.seed, [](const auto* each) { return each->id; });
  auto from = all.begin();
  if (token != nullptr) from = std::find_if(from, all.end(), [&](const auto* each) { return each->id == *token; });
  const auto left = static_cast<int64_t>(all.end() - from);
  json::Writer out;
  out.begin_object().key("batches").begin_array();
  for (auto at = from; at != from + std::min(limit, left); ++at) out.raw(container_json(**at));
  out.end_array().nullable_field("pagination_token", left > limit ? (*(from + limit))->id : "");
  return ok(out.end_object().str());
}

Reply XaiApi::cancel(const std::string& id) {
  XaiContainer* const container = find_to("cancel", id);
  if (container == nullptr) return not_found("Batch " + id);
  bool stopped = container->portions.empty() && container->cancelled_ms == 0;
  for (const XaiContainer::Portion& portion : container->portions) {
    stopped = world_.batches.cancel(*portion.batch) || stopped;
  }
  if (stopped) {
    container->cancelled_ms = world_.clock.now_ms();
    ++world_.ledger.sums().cancels;
  }
  return ok(container_json(*container));
}

// While the batch runs, there are the rows that are done.
Reply XaiApi::results(const RequestHead& head, const std::string& id) {
  XaiContainer* const container = find_to("results", id);
  if (container == nullptr) return not_found("Batch " + id);
  int64_t limit = 100;
  PageToken at;
  const bool fits = query_number(head, "limit", 1, 1000, limit) && at.read(head.query_value("pagination_token"));
  if (!fits) return bad("limit must be from 1 to 1000, and pagination_token one of ours.");
  for (const XaiContainer::Portion& portion : container->portions) {
    world_.batches.update(*portion.batch, false);
    if (!portion.batch->output) continue;
    const GoneResults* const gone = world_.batches.refused_download(portion.batch->output);
    if (gone != nullptr) return refusal({gone->status, {}, gone->code, gone->message, {}});
  }
  json::Writer out;
  out.begin_object().key("results").begin_array();
  bool more = false;
  for (int64_t rows = 0; at.portion < container->portions.size() && !more; ++at.portion, at.offset = 0) {
    Batch& batch = *container->portions[at.portion].batch;
    world_.batches.update(batch, false);
    const std::shared_ptr<const Blob> blob = results_so_far(batch);
    if (!blob) continue;
    int64_t skipped = 0;
    for_each_line(*blob, [&](char* line, size_t size) {
      const auto whole = static_cast<int64_t>(size) + 1;
      if (skipped < at.offset) return skipped += whole, true;
      more = rows == limit;
      if (more) return false;
      json::Document row;
      if (json::parse({line, size}, row)) out.value(row);
      ++rows;
      skipped += whole;
      at.offset += whole;
      return true;
    });
    if (more) break;
  }
  out.end_array().nullable_field("pagination_token", more ? at.str() : "");
  Reply reply = ok(out.end_object().str());
  ++world_.ledger.sums().downloads;
  world_.ledger.sums().downloaded_bytes += reply.body_bytes();
  return reply;
}

std::string XaiApi::container_json(const XaiContainer& container) const {
  constexpr size_t kDate = 10;
  const Batch* const batch = container.portions.empty() ? nullptr : container.portions.front().batch;
  const bool failed = batch != nullptr && batch->stage == Stage::kFailed;
  const int64_t cancel_ms = failed ? batch->times.ended_ms : container.cancelled_ms;
  const Counters sum = counters_of(container);
  json::Writer out;
  out.begin_object().field("batch_id", container.id).field("name", container.name);
  out.field("create_time", rfc3339(container.created_ms, 0));
  out.field("expire_time", rfc3339(container.created_ms + kLifeMs, 0).substr(0, kDate));
  out.field("create_api_key_id", "key-emulated");
  out.nullable_field("cancel_time", cancel_ms == 0 ? "" : rfc3339(cancel_ms, 0));
  out.nullable_field("cancel_by_xai_message", failed && !batch->problems.empty() ? batch->problems[0].message : "");
  out.nullable_field("input_file_id", container.input_file_id).key("state");
  if (batch != nullptr && batch->quirks.null_fields && !has_ended(batch->stage)) {
    out.null();
  } else {
    out.begin_object().field("num_requests", sum.requests);
    out.field("num_pending", sum.requests - sum.success - sum.error - sum.cancelled).field("num_success", sum.success);
    out.field("num_error", sum.error).field("num_cancelled", sum.cancelled).end_object();
  }
  out.key("cost_breakdown").begin_object().field("total_cost_usd_ticks", int64_t{0}).key("endpoint_costs");
  return out.begin_array().end_array().end_object().end_object().str();
}

}  // namespace br::emulator
