#include "emulator/dispatcher.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/json.h"
#include "emulator/spoil.h"

namespace br::emulator {
namespace {

// Enters refusals in the ledger, whoever made them.
class CountedExchange : public Exchange {
 public:
  CountedExchange(Ledger& ledger, std::unique_ptr<Exchange> inner) : ledger_(ledger), inner_(std::move(inner)) {}
  void body(std::string_view piece) override { inner_->body(piece); }
  Reply finish() override {
    Reply reply = inner_->finish();
    if (reply.status >= 400 && reply.status < 500) ++ledger_.refused;
    return reply;
  }

 private:
  Ledger& ledger_;
  std::unique_ptr<Exchange> inner_;
};

Opening counted(Ledger& ledger, Opening opening) {
  if (opening.exchange) return Opening::of(std::make_unique<CountedExchange>(ledger, std::move(opening.exchange)));
  if (opening.reply.status >= 400 && opening.reply.status < 500) ++ledger.refused;
  return opening;
}

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
    const Path path = Path(head.segments).subspan(base.size());
    Ledger& ledger = world_.books.ledger();
    const std::optional<Fault> fault = world_.faults.on_request(head);
    if (!fault) return counted(ledger, vendor->begin(head, path));
    ++ledger.faults;
    Opening opening = fault_executes(*fault) ? vendor->begin(head, path) : Opening();
    return counted(ledger, spoiled(*fault, *vendor, head, std::move(opening)));
  }
  std::string known;
  for (const auto& vendor : vendors_) known += " " + std::string(vendor->base_path());
  return Opening::answered(control_reply(404, "error", "no vendor at " + head.path + ", base paths are:" + known));
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
  if (what == "POST advance") {
    const std::string* const text = head.query_value("ms");
    int64_t ms = -1;
    if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), ms);
    if (ms < 0) return Opening::answered(control_reply(400, "error", "advance needs ?ms= and a number of 0 or more"));
    world_.clock.advance(ms);
    return Opening::answered(control_reply(200, "now_ms", std::to_string(world_.clock.now_ms())));
  }
  return Opening::answered(control_reply(
      404, "error",
      "write GET /__emulator/ledger or /__emulator/service-account, POST or DELETE /__emulator/faults, POST "
      "/__emulator/advance?ms="));
}

// One fault a line; all of them or, where one is wrong, none.
Reply Dispatcher::add_faults(const std::string& text) {
  std::vector<Fault> faults;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \r\t") == std::string_view::npos) continue;
    std::string error;
    if (!Fault::parse(line, faults.emplace_back(), error)) return control_reply(400, "error", error);
  }
  for (const Fault& fault : faults) world_.faults.add(fault);
  return control_reply(200, "faults", std::to_string(faults.size()) + " added");
}

const Vendor* Dispatcher::vendor(std::string_view name) const {
  for (const auto& vendor : vendors_) {
    if (vendor->name() == name) return vendor.get();
  }
  return nullptr;
}

Ledger Dispatcher::ledger() const {
  Ledger ledger = world_.books.ledger();
  for (const auto& batch : world_.batches.all()) ledger.batches[batch->account].status = stage_word(batch->stage);
  return ledger;
}

}  // namespace br::emulator
