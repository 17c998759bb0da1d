#include "emulator/vendor/dispatcher.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/base/json.h"
#include "emulator/vendor/apply_fault.h"
#include "emulator/vendor/list_shape.h"

namespace br::emulator {
namespace {

// What follows on every answer: files that a fault has taken away, batches that were made and never were, refusals in
// the ledger. A stranger's calls are none of the client's.
Reply settled(World& world, const Vendor& vendor, const RequestHead& head, const LedgerCalls& before, Reply reply) {
  Ledger& ledger = world.ledger.sums();
  const GoneResults* const gone = reply.blob ? world.batches.refused_download(reply.blob) : nullptr;
  if (gone != nullptr) {
    --ledger.downloads;
    ledger.downloaded_bytes -= reply.blob->size();
    reply = vendor.refusal_of(head, {gone->status, "invalid_request_error", gone->code, gone->message, {}});
  }
  for (const auto& batch : std::exchange(world.unmade, {})) batch->owner->unmake(*batch);
  if (reply.status >= 400 && reply.status < 500) ++ledger.refused;
  if (world.call.tenant.stranger) static_cast<LedgerCalls&>(ledger) = before;
  return reply;
}

// One request, in the name of who sent it.
class CallExchange : public Exchange {
 public:
  CallExchange(World& world, const Vendor& vendor, const RequestHead& head, std::unique_ptr<Exchange> inner)
      : world_(world), vendor_(vendor), head_(head), call_(world.call), inner_(std::move(inner)) {}

  void body(std::string_view piece) override {
    const CallScope scope(world_.call, call_);
    const LedgerCalls before = world_.ledger.sums();
    inner_->body(piece);
    if (call_.tenant.stranger) static_cast<LedgerCalls&>(world_.ledger.sums()) = before;
  }
  Reply finish() override {
    const CallScope scope(world_.call, call_);
    const LedgerCalls before = world_.ledger.sums();
    return settled(world_, vendor_, head_, before, inner_->finish());
  }

 private:
  World& world_;
  const Vendor& vendor_;
  RequestHead head_;
  Call call_;
  std::unique_ptr<Exchange> inner_;
};

Reply control_reply(int status, std::string_view key, std::string_view value) {
  json::Writer out;
  Reply reply;
  reply.status = status;
  reply.body = out.begin_object().field(key, value).end_object().str();
  return reply;
}

std::vector<std::string> segments_of(std::string_view path) {
  RequestHead head;
  parse_target(path, head);
  return head.segments;
}

bool begins_with(const std::vector<std::string>& segments, const std::vector<std::string>& start) {
  return segments.size() >= start.size() && std::equal(start.begin(), start.end(), segments.begin());
}

}  // namespace

Opening Dispatcher::begin(const RequestHead& given) {
  RequestHead head = given;
  if (!head.segments.empty() && head.segments[0] == "__emulator") return begin_control(head);
  // OpenAI is found at /v1 and, as all others, below its name.
  if (begins_with(head.segments, {"openai", "v1"})) {
    head.segments.erase(head.segments.begin());
    head.path.erase(0, std::string_view("/openai").size());
  }
  for (const auto& vendor : vendors_) {
    const std::vector<std::string> base = segments_of(vendor->base_path());
    if (!begins_with(head.segments, base)) continue;
    return begin_call(*vendor, std::move(head), base.size());
  }
  std::string known;
  for (const auto& vendor : vendors_) known += " " + std::string(vendor->base_path());
  return Opening::answered(control_reply(404, "error", "no vendor at " + head.path + ", base paths are:" + known));
}

Opening Dispatcher::begin_call(Vendor& vendor, RequestHead head, size_t base_size) {
  Call call{world_.tenancy.of(head), {}, {}};
  RequestFaults faults;
  if (!call.tenant.stranger) {
    faults = world_.faults.on_request(head,
                                      [&] { return world_.batches.count_running(vendor.name(), call.tenant.project); });
  }
  if (faults.any()) ++world_.ledger.sums().faults;
  for (const Fault& bend : faults.bends) {
    if (bend.kind == "list_order") {
      call.order = fault_text(bend, "order", "mixed") == "oldest" ? ListOrder::kOldestFirst : ListOrder::kMixed;
    }
    bend_list_request(bend, vendor.name(), head);
  }
  const bool spoilt = faults.spoils.has_value();
  if (spoilt && faults.spoils->kind == "stranger_instead") call.look_alikes = look_alikes_of(*faults.spoils, true);
  if (spoilt) bend_list_request(*faults.spoils, vendor.name(), head);
  const CallScope scope(world_.call, std::move(call));
  const LedgerCalls before = world_.ledger.sums();
  Opening opening;
  if (!spoilt || fault_executes(*faults.spoils)) {
    opening = vendor.begin(head, Path(head.segments).subspan(base_size));
  }
  if (spoilt) opening = with_fault(*faults.spoils, vendor, head, world_, std::move(opening));
  if (opening.exchange) {
    return Opening::of(std::make_unique<CallExchange>(world_, vendor, head, std::move(opening.exchange)));
  }
  opening.reply = settled(world_, vendor, head, before, std::move(opening.reply));
  return opening;
}

Opening Dispatcher::begin_control(const RequestHead& head) {
  const std::string what = head.method + " " + (head.segments.size() == 2 ? head.segments[1] : "");
  if (what == "GET ledger") {
    Reply reply;
    reply.body = ledger_json(ledger());
    return Opening::answered(std::move(reply));
  }
  if (what == "GET service-account") {
    Reply reply;
    reply.body = world_.service_account.json(origin_of(head));
    return Opening::answered(std::move(reply));
  }
  if (what == "POST faults") {
    return with_body([this](const std::string& text) { return add_faults(text); });
  }
  if (what == "DELETE faults") {
    world_.faults.clear();
    return Opening::answered(control_reply(200, "faults", "none"));
  }
  if (what == "POST tenants") {
    return with_body([this](const std::string& text) { return add_tenants(text); });
  }
  if (what == "DELETE tenants") {
    world_.tenancy.clear();
    return Opening::answered(control_reply(200, "tenants", "none"));
  }
  if (what == "POST advance") {
    const std::string* const text = head.query_value("ms");
    int64_t ms = -1;
    if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), ms);
    if (ms < 0) return Opening::answered(control_reply(400, "error", "advance needs ?ms= and a number of 0 or more"));
    world_.clock.advance(ms);
    return Opening::answered(control_reply(200, "now_ms", std::to_string(world_.clock.now_ms())));
  }
  return Opening::answered(
      control_reply(404, "error",
                    "write GET /__emulator/ledger or /__emulator/service-account, POST or DELETE /__emulator/faults "
                    "or /__emulator/tenants, POST /__emulator/advance?ms="));
}

namespace {

// The lines of a text that hold something.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.find_first_not_of(" \r\t") != std::string_view::npos) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

// One fault a line; all of them or, where one is wrong, none.
Reply Dispatcher::add_faults(const std::string& text) {
  std::vector<Fault> faults;
  for (const std::string_view line : lines_of(text)) {
    std::string error;
    if (!Fault::parse(line, faults.emplace_back(), error)) return control_reply(400, "error", error);
  }
  for (const Fault& fault : faults) world_.faults.add(fault);
  return control_reply(200, "faults", std::to_string(faults.size()) + " added");
}

Reply Dispatcher::add_tenants(const std::string& text) {
  Tenancy with_them = world_.tenancy;
  const std::vector<std::string_view> lines = lines_of(text);
  for (const std::string_view line : lines) {
    std::string error;
    if (!with_them.add(line, error)) return control_reply(400, "error", error);
  }
  world_.tenancy = std::move(with_them);
  return control_reply(200, "tenants", std::to_string(lines.size()) + " added");
}

const Vendor* Dispatcher::vendor(std::string_view name) const {
  for (const auto& vendor : vendors_) {
    if (vendor->name() == name) return vendor.get();
  }
  return nullptr;
}

Ledger Dispatcher::ledger() const {
  Ledger ledger = world_.ledger.sums();
  for (const auto& batch : world_.batches.all()) ledger.batches[batch->account].status = stage_word(batch->stage);
  return ledger;
}

}  // namespace br::emulator
