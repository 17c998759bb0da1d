#include "emulator/vendor/apply_fault.h"

#include <utility>

#include "emulator/base/key_forms.h"
#include "emulator/vendor/break_off.h"
#include "emulator/vendor/list_shape.h"

namespace br::emulator {
namespace {

constexpr char kHtmlPage[] =
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>Bad gateway</h1></body></html>\n";

Reply with_retry_after(Reply reply, const Fault& fault, std::string_view otherwise) {
  const std::string seconds = fault_text(fault, "retry_after", otherwise);
  if (!seconds.empty()) reply.headers.emplace_back("retry-after", seconds);
  return reply;
}

constexpr char kPortalPage[] =
    "<!DOCTYPE html>\n<html><head><title>Welcome to the network</title></head><body><form method=\"post\" "
    "action=\"http://portal.invalid/login\">Please accept the terms of use.</form></body></html>\n";
constexpr char kPortalJson[] =
    R"({"proxy":"gateway-3","result":"login required","login_url":"http://portal.invalid/login"})";
constexpr char kQueueFull[] =
    "You exceeded your current quota, please check your plan and billing details: too many batches run at once.";

// The vendor's shape, or a body as it is, which may repeat the client's key.
Reply status_reply(const Fault& fault, const Vendor& vendor, const RequestHead& head, const std::string& key) {
  const bool full = fault.kind == "queue_full";
  const int status = static_cast<int>(fault_number(fault, "status", full ? 429 : 500));
  const char* const type = status >= 500 ? "server_error" : "invalid_request_error";
  const char* const message =
      full ? kQueueFull : "The server had an error while processing your request. Sorry about that!";
  Reply reply = vendor.refusal_of(head, {status,
                                         fault_text(fault, "type", type),
                                         fault_text(fault, "code", ""),
                                         with_key(fault_text(fault, "message", message), key),
                                         {}});
  if (fault.values.count("body") != 0) reply.body = with_key(fault_text(fault, "body", ""), key);
  return with_retry_after(std::move(reply), fault, "");
}

// What stands between the client and the vendor and answers in its place.
Reply portal_reply(const Fault& fault, const std::string& key) {
  const std::string form = fault_text(fault, "form", "html");
  const bool redirects = form == "redirect";
  Reply reply;
  reply.status = static_cast<int>(fault_number(fault, "status", redirects ? 302 : 200));
  reply.content_type = form == "json" ? "application/json" : "text/html; charset=utf-8";
  reply.body = with_key(fault_text(fault, "body", form == "json" ? kPortalJson : kPortalPage), key);
  if (redirects) reply.headers.emplace_back("location", fault_text(fault, "location", "http://portal.invalid/login"));
  return reply;
}

// The answer that the fault puts in place of the true one; the true one where it only changes the way it goes out.
Reply spoiled_reply(const Fault& fault, const Vendor& vendor, const RequestHead& head, World& world, Reply reply) {
  const std::string& key = world.call.tenant.key;
  if (fault.kind == "status" || fault.kind == "queue_full") return status_reply(fault, vendor, head, key);
  if (fault.kind == "portal") return portal_reply(fault, key);
  if (fault.kind == "insufficient_quota") {
    return vendor.refusal_of(head, {429,
                                    "insufficient_quota",
                                    "insufficient_quota",
                                    "You exceeded your current quota, please check your plan and billing details.",
                                    {}});
  }
  if (fault.kind == "rate_limited") {
    Reply refusal =
        vendor.refusal_of(head, {429, "requests", "rate_limit_exceeded", "Rate limit reached for requests.", {}});
    return with_retry_after(std::move(refusal), fault, "1");
  }
  if (fault.kind == "html") {
    Reply page;
    page.status = static_cast<int>(fault_number(fault, "status", 502));
    page.content_type = "text/html; charset=utf-8";
    page.body = kHtmlPage;
    return page;
  }
  if (fault.kind == "list_entry" || fault.kind == "empty_page" || fault.kind == "page_repeats") {
    damage_list(fault, vendor.name(), head, reply);
  } else if (fault.kind == "breaks") {
    break_off(fault, head, world.ids, reply);
  } else if (fault.kind == "truncated") {
    reply.delivery = Delivery::kTruncated;
    reply.amount = fault_number(fault, "bytes", reply.body_bytes() / 2);
  } else if (fault.kind == "slow") {
    reply.delivery = Delivery::kSlow;
    reply.amount = fault_number(fault, "bytes_per_s", 1000);
  } else if (fault.kind == "delay") {
    reply.delay_ms = fault_number(fault, "ms", 1000);
  } else if (fault.kind == "hang") {
    reply.delivery = Delivery::kHang;
  } else if (fault.kind == "empty") {
    reply.body.clear();
    reply.blob.reset();
  } else if (fault.kind == "wrong_json") {
    reply.blob.reset();
    reply.body = R"({"unexpected":["shape"]})";
  } else {
    reply.delivery = Delivery::kReset;
  }
  return reply;
}

// Takes the whole body, lets the request do its work or not, and spoils the answer.
class SpoiledExchange : public Exchange {
 public:
  SpoiledExchange(Fault fault, const Vendor& vendor, const RequestHead& head, World& world, Opening opening)
      : fault_(std::move(fault)), vendor_(vendor), head_(head), world_(world), opening_(std::move(opening)) {
    if (!fault_executes(fault_)) opening_ = Opening();
  }

  void body(std::string_view piece) override {
    if (opening_.exchange) opening_.exchange->body(piece);
  }

  Reply finish() override {
    Reply reply = opening_.exchange ? opening_.exchange->finish() : std::move(opening_.reply);
    return spoiled_reply(fault_, vendor_, head_, world_, std::move(reply));
  }

 private:
  Fault fault_;
  const Vendor& vendor_;
  RequestHead head_;
  World& world_;
  Opening opening_;
};

}  // namespace

Opening with_fault(const Fault& fault, const Vendor& vendor, const RequestHead& head, World& world, Opening opening) {
  if (fault.kind == "reset_before_read") {
    Opening reset;
    reset.unread = true;
    reset.reply.delivery = Delivery::kReset;
    return reset;
  }
  return Opening::of(std::make_unique<SpoiledExchange>(fault, vendor, head, world, std::move(opening)));
}

}  // namespace br::emulator
