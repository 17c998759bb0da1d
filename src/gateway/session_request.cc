// From the first byte of a request to what answers it.
#include <boost/beast/http/error.hpp>
#include <utility>

#include "gateway/credential.h"
#include "gateway/forward.h"
#include "gateway/framing.h"
#include "gateway/pass_through.h"
#include "gateway/session.h"
#include "gateway/text.h"

namespace br::gateway {
namespace http = boost::beast::http;
using boost::beast::error_code;

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// A client that tries again says so, or uses the name of its first try.
bool says_repeated(const RequestHead& head) {
  const std::string_view count = head.header("x-stainless-retry-count");
  return !count.empty() && count != "0";
}

Reply dry_run_reply(const std::string& provider) {
  return error_reply(provider, 400, "batchrouter_dry_run", "a dry run: nothing is sent to a vendor")
      .with("x-should-retry", "false");
}

Reply busy_reply(const std::string& provider, std::string_view why) {
  return error_reply(provider, 503, "overloaded_error", why).with("retry-after", "1").with("retry-after-ms", "1000");
}

}  // namespace

bool Session::take_head() {
  size_t blank = 0;  // empty lines before a request are allowed
  while (pending_.compare(blank, 2, "\r\n") == 0) blank += 2;
  pending_.erase(0, blank);
  if (pending_.empty()) return false;
  const size_t from = looked_at_ < 3 ? 0 : looked_at_ - 3;
  const size_t end = pending_.find("\r\n\r\n", from);
  const bool whole = end != std::string::npos;
  const size_t size = whole ? end + 4 : pending_.size();
  if (size > service_.options.max_head_bytes) {
    refuse(error_reply({}, 431, "request_too_large", "the head of the request is too large"));
    return false;
  }
  const char* fault = whole ? framing_fault({pending_.data(), size}) : byte_fault(pending_, from);
  if (!whole && looked_at_ == 0) set_timer(service_.options.head_timeout_ms);
  looked_at_ = whole ? 0 : pending_.size();
  if (fault != nullptr) {
    refuse(error_reply({}, 400, "bad_request", std::string("the request cannot be read without doubt: ") + fault));
    return false;
  }
  if (!whole) return false;
  reader_ = std::make_unique<RequestReader>(service_.options.max_head_bytes);
  reader_->eager(false);
  error_code error;
  const size_t used = reader_->put(boost::asio::buffer(pending_.data(), size), error);
  if (error || !reader_->is_header_done()) {
    const int status = error == http::error::header_limit ? 431 : 400;
    reader_.reset();
    refuse(error_reply({}, status, "bad_request", "this is no HTTP/1.1 request: " + error.message()));
    return false;
  }
  pending_.erase(0, used);
  reader_->eager(true);
  state_ = State::kBody;
  on_head();
  return true;
}

void Session::take_body() {
  while (reader_ && !reader_->is_done() && !pending_.empty()) {
    error_code error;
    const std::string bytes = std::exchange(pending_, std::string());
    const size_t used = reader_->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    window_bytes_ += static_cast<int64_t>(used);
    if (call_ && call_->trouble != 0) return refuse_body();
    pending_ = bytes.substr(used);
    if (error == http::error::need_more) {
      if (pending_.size() <= service_.options.max_head_bytes) return;
      error = http::error::header_limit;
    }
    if (error) return refuse(error_reply({}, 400, "bad_request", "the body is not framed right: " + error.message()));
  }
  if (reader_ && reader_->is_done()) return on_request_end();
  if (!std::exchange(timing_body_, true)) set_timer(service_.options.body_window_ms);
}

void Session::on_head() {
  const RequestHead& head = reader_->head;
  old_ = head.version < 11;
  keep_alive_ = head.keep_alive && !old_;
  is_head_ = head.method == "HEAD";
  leaving_ = false;
  window_bytes_ = 0;
  timing_body_ = false;
  const Route route = service_.paths.route(head.target);
  if (auto refused = service_.guard.check(head, route)) {
    if (reader_->is_done()) reader_.reset();
    return send(*refused);
  }
  serve(route);
  if (state_ == State::kBody && reader_ && reader_->is_done()) on_request_end();
}

void Session::serve(const Route& route) {
  if (route.kind == Route::Kind::kOwnPage) {
    if (reader_->is_done()) reader_.reset();
    return send(service_.pages.get(route.page));
  }
  if (service_.stopping) return refuse(busy_reply(route.provider, "the gateway ends; it will be back"));
  if (!claim_place(route)) return refuse(busy_reply(route.provider, "this caller has all the connections it may have"));
  serve_vendor(route);
}

bool Session::claim_place(const Route& route) {
  const Credential key = find_credential(reader_->head.headers, route.url);
  if (key.empty()) return true;
  const size_t caller = std::hash<std::string>()(key.value);
  if (caller == caller_) return true;
  if (!service_.callers.has_room(caller)) return false;
  service_.callers.remove(caller_);
  service_.callers.add(caller);
  caller_ = caller;
  return true;
}

void Session::serve_vendor(const Route& route) {
  const RequestHead& head = reader_->head;
  Wishes wishes;
  std::string error;
  if (!read_wishes(head.headers, &wishes, &error)) {
    Reply reply = error_reply(route.provider, 400, "invalid_request_error", error).with("x-should-retry", "false");
    if (reader_->is_done()) reader_.reset();
    return send(reply);
  }
  std::string url = route.url;
  Headers headers = headers_for_vendor(head, service_.options, &url);
  const Mode mode = wishes.mode.value_or(service_.options.mode);
  if (head.has_body() && equal_ignoring_case(head.header("expect"), "100-continue") && !old_) write(kContinue);
  if (mode == Mode::kSync || !may_be_batched(head))
    return pass_through(route, std::move(headers), std::move(url), mode == Mode::kSync);
  call_ = std::make_unique<Collected>();
  call_->call = {head.method, std::move(url), route.provider,      std::move(headers),
                 {},          wishes.cache,   says_repeated(head), service_.options.payer == Payer::kConfigured};
  call_->wishes = wishes;
  reader_->body = [this](std::string_view piece) { collect(piece); };
}

// Inside of the reader, which must not end here: what is wrong is said behind it.
void Session::collect(std::string_view piece) {
  if (!call_ || call_->trouble != 0) return;
  std::string& body = call_->call.body;
  if (body.size() + piece.size() > service_.options.max_body_bytes)
    call_->trouble = 413;
  else if (service_.body_bytes + piece.size() > service_.options.max_bodies_bytes)
    call_->trouble = 503;
  if (call_->trouble != 0) return;
  body.append(piece);
  call_->counted += piece.size();
  service_.body_bytes += piece.size();
}

void Session::refuse_body() {
  const std::string provider = call_->call.provider;
  const bool too_large = call_->trouble == 413;
  release_body();
  refuse(too_large ? error_reply(provider, 413, "request_too_large", "the body is too large for the gateway")
                   : busy_reply(provider, "too many large bodies at once"));
}

void Session::release_body() {
  if (!call_) return;
  service_.body_bytes -= call_->counted;
  call_.reset();
}

void Session::on_request_end() {
  if (call_) return hand_in();
  reader_.reset();
  state_ = State::kWorking;
  timer_.cancel();
  if (const auto work = work_) work->on_body_end();
}

void Session::hand_in() {
  state_ = State::kTaking;
  timer_.cancel();
  Call call = std::move(call_->call);
  const StreamKind stream = stream_kind(call.provider, call.url, call.body);
  const Patience patience = patience_of(reader_->head, call_->wishes, stream != StreamKind::kNone, service_.options);
  release_body();
  reader_.reset();
  service_.deliveries.settle();
  service_.held.take_began();
  std::string provider = call.provider;
  service_.intake.take(std::move(call), [self = shared_from_this(), patience, stream, provider](Taken taken) {
    self->on_taken(std::move(taken), patience, stream, provider);
    self->service_.held.take_ended();
  });
}

void Session::on_taken(Taken taken, const Patience& patience, StreamKind stream, const std::string& provider) {
  if (state_ != State::kTaking) {
    if (taken.kind == Taken::Kind::kHeld) service_.intake.leave(taken.id);
    return;
  }
  state_ = State::kWorking;
  if (taken.kind == Taken::Kind::kFailed)
    return send(busy_reply(provider, "the request could not be kept: " + taken.error));
  if (taken.kind == Taken::Kind::kHeld) {
    const auto hold = std::make_shared<Hold>(shared_from_this(), taken.id, provider, patience, stream);
    work_ = hold;
    return hold->start();
  }
  if (service_.options.dry_run) return send(dry_run_reply(provider));
  const uint64_t length = taken.call.body.size();
  if (service_.options.payer == Payer::kConfigured) {
    const auto key = service_.options.keys.find(provider);
    if (key != service_.options.keys.end()) add_credential(provider, key->second, &taken.call.headers);
  }
  const auto work = std::make_shared<PassThrough>(shared_from_this(), std::move(taken.call), length, false, false);
  work_ = work;
  work->start();
  work->on_body_end();
}

void Session::pass_through(const Route& route, Headers headers, std::string url, bool said_sync) {
  const RequestHead& head = reader_->head;
  if (service_.options.dry_run) return refuse(dry_run_reply(route.provider));
  if (service_.options.payer == Payer::kConfigured) {
    const auto key = service_.options.keys.find(route.provider);
    if (key != service_.options.keys.end()) add_credential(route.provider, key->second, &headers);
  }
  Call call{head.method, std::move(url), route.provider, std::move(headers), {}, {}, false, false};
  const auto work =
      std::make_shared<PassThrough>(shared_from_this(), std::move(call), head.content_length, head.chunked, said_sync);
  work_ = work;
  reader_->body = [this](std::string_view piece) {
    if (const auto sink = work_) sink->on_body(piece);
  };
  work->start();
}

}  // namespace br::gateway
