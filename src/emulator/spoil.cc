#include "emulator/spoil.h"

#include <utility>

namespace br::emulator {
namespace {

constexpr char kHtmlPage[] =
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>Bad gateway</h1></body></html>\n";

Reply with_retry_after(Reply reply, const Fault& fault, std::string_view otherwise) {
  const std::string seconds = fault_text(fault, "retry_after", otherwise);
  if (!seconds.empty()) reply.headers.emplace_back("retry-after", seconds);
  return reply;
}

Reply status_reply(const Fault& fault, const Vendor& vendor, const RequestHead& head) {
  const int status = static_cast<int>(fault_number(fault, "status", 500));
  const char* const type = status >= 500 ? "server_error" : "invalid_request_error";
  const char* const message = "The server had an error while processing your request. Sorry about that!";
  Reply reply = vendor.refusal_of(head, {status,
                                         fault_text(fault, "type", type),
                                         fault_text(fault, "code", ""),
                                         fault_text(fault, "message", message),
                                         {}});
  if (fault.values.count("body") != 0) reply.body = fault_text(fault, "body", "");
  return with_retry_after(std::move(reply), fault, "");
}

// The answer that the fault puts in place of the true one; the true one where it only changes the way it goes out.
Reply spoiled_reply(const Fault& fault, const Vendor& vendor, const RequestHead& head, Reply reply) {
  if (fault.kind == "status") return status_reply(fault, vendor, head);
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
  if (fault.kind == "truncated") {
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
  SpoiledExchange(Fault fault, const Vendor& vendor, const RequestHead& head, Opening opening)
      : fault_(std::move(fault)), vendor_(vendor), head_(head), opening_(std::move(opening)) {
    if (!fault_executes(fault_)) opening_ = Opening();
  }

  void body(std::string_view piece) override {
    if (opening_.exchange) opening_.exchange->body(piece);
  }

  Reply finish() override {
    Reply reply = opening_.exchange ? opening_.exchange->finish() : std::move(opening_.reply);
    return spoiled_reply(fault_, vendor_, head_, std::move(reply));
  }

 private:
  Fault fault_;
  const Vendor& vendor_;
  RequestHead head_;
  Opening opening_;
};

}  // namespace

Opening spoiled(const Fault& fault, const Vendor& vendor, const RequestHead& head, Opening opening) {
  if (fault.kind == "reset_before_read") {
    Opening reset;
    reset.unread = true;
    reset.reply.delivery = Delivery::kReset;
    return reset;
  }
  return Opening::of(std::make_unique<SpoiledExchange>(fault, vendor, head, std::move(opening)));
}

}  // namespace br::emulator
