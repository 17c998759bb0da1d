#include "gateway/hold.h"

#include <algorithm>

#include "gateway/json.h"
#include "gateway/session.h"
#include "gateway/text.h"

namespace br::gateway {
namespace {

constexpr std::string_view kComment = ": batchrouter\n\n";
constexpr std::string_view kPing = "event: ping\ndata: {\"type\": \"ping\"}\n\n";
constexpr std::string_view kBlank = " ";

int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool is_success(const Answer& answer) {
  const int32_t status = br_answer_status(answer.get());
  return status >= 200 && status < 300;
}

std::string_view body_of(const Answer& answer) {
  size_t size = 0;
  const char* body = br_answer_body(answer.get(), &size);
  return body == nullptr ? std::string_view() : std::string_view(body, size);
}

}  // namespace

StreamKind stream_kind(std::string_view provider, std::string_view url, std::string_view body) {
  if (const size_t at = url.find(":streamGenerateContent"); at != std::string_view::npos)
    return url.find("alt=sse", at) != std::string_view::npos ? StreamKind::kComments : StreamKind::kArray;
  if (!json::has_true(body, "stream")) return StreamKind::kNone;
  return provider == "anthropic" ? StreamKind::kPings : StreamKind::kComments;
}

Hold::Hold(std::shared_ptr<Session> session, int64_t id, std::string provider, const Patience& patience,
           StreamKind stream)
    : session_(std::move(session)),
      id_(id),
      provider_(std::move(provider)),
      patience_(patience),
      stream_(stream),
      since_(Clock::now()) {}

void Hold::start() {
  session_->service().held.add(id_, weak_from_this());
  if (!session_) return;
  if (patience_.first_byte_after_ms <= 0 && patience_.mode != Mode::kDefer) send_early_head();
  if (session_) sleep();
}

int64_t Hold::waited_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since_).count();
}

void Hold::sleep() {
  const int64_t waited = waited_ms();
  int64_t next =
      early_ ? (patience_.heartbeat_ms > 0 ? next_ms_ : patience_.max_wait_ms) : patience_.first_byte_after_ms;
  if (patience_.max_wait_ms > 0) next = std::min(next, patience_.max_wait_ms);
  session_->wake_after(std::max<int64_t>(0, next - waited));
}

void Hold::on_timer() {
  if (!session_) return;
  const int64_t waited = waited_ms();
  if (patience_.max_wait_ms > 0 && waited >= patience_.max_wait_ms) return give_up();
  if (!early_ && waited >= patience_.first_byte_after_ms) {
    if (patience_.mode == Mode::kDefer) return defer();
    send_early_head();
  } else if (early_ && patience_.heartbeat_ms > 0 && waited >= next_ms_) {
    send_heartbeat();
  }
  if (session_) sleep();
}

Headers Hold::own_headers(const std::string& batch) const {
  Headers headers = {{"x-batchrouter-id", std::to_string(id_)},
                     {"x-batchrouter-mode", std::string(mode_name(patience_.mode))}};
  if (!batch.empty()) headers.emplace_back("x-batchrouter-batch", batch);
  return headers;
}

std::string Hold::batch_id() const {
  size_t size = 0;
  const char* text = br_capture_call_json(session_->service().capture, id_, &size);
  return text == nullptr ? std::string() : json::Object({text, size}).text("batch_id");
}

void Hold::send_early_head() {
  early_ = true;
  next_ms_ = waited_ms() + patience_.heartbeat_ms;
  Headers headers = {{"content-type", is_stream() ? "text/event-stream; charset=utf-8" : "application/json"},
                     {"cache-control", is_stream() ? "no-cache, no-transform" : "no-transform"},
                     {"x-accel-buffering", "no"}};
  if (session_->is_http_1_0())
    session_->close_after_this();
  else
    headers.emplace_back("transfer-encoding", "chunked");
  for (auto& header : own_headers(batch_id())) headers.push_back(std::move(header));
  session_->write(head_text(200, "OK", headers, session_->is_http_1_0() || !session_->keeps_alive()));
}

void Hold::piece(std::string_view bytes) {
  if (bytes.empty() || !session_) return;
  if (session_->is_http_1_0())
    session_->write(bytes);
  else
    session_->write(chunk(bytes));
}

void Hold::send_heartbeat() {
  next_ms_ = waited_ms() + patience_.heartbeat_ms;
  // A client that does not read gets no more of them, or they would pile up.
  if (!session_->is_drained()) return;
  if (stream_ == StreamKind::kPings) return piece(kPing);
  piece(is_stream() ? kComment : kBlank);
}

std::shared_ptr<Session> Hold::detach() {
  if (session_) session_->service().held.remove(id_);
  return std::move(session_);
}

void Hold::leave() { session_->service().intake.leave(id_); }

void Hold::on_gone() {
  if (!session_) return;
  leave();
  detach();
}

void Hold::give_up() {
  leave();
  const Headers headers = own_headers(batch_id());
  const auto session = detach();
  if (early_) return session->cut();
  Reply reply =
      error_reply(provider_, 504, "batchrouter_max_wait",
                  "the answer did not come in time; the request stays in its batch, and asking again finds it");
  for (const auto& [name, value] : headers) reply.with(name, value);
  session->send(reply.with("x-should-retry", "false"));
}

int64_t Hold::retry_after_s() const {
  size_t size = 0;
  const char* text = br_capture_call_json(session_->service().capture, id_, &size);
  const int64_t unknown = session_->service().options.unknown_wait_ms;
  const int64_t now = wall_ms();
  const int64_t expected =
      text == nullptr ? now + unknown : json::Object({text, size}).number("expected_at", now + unknown);
  const int64_t seconds = (std::max<int64_t>(0, expected - now) + 999) / 1000;
  return std::clamp<int64_t>(seconds, 1, patience_.longest_retry_after_s);
}

void Hold::defer() {
  const int64_t seconds = retry_after_s();
  const Headers headers = own_headers(batch_id());
  leave();
  const auto session = detach();
  Reply reply = error_reply(provider_, 503, "batchrouter_deferred",
                            "the answer comes from a batch; ask again after Retry-After, which costs nothing");
  for (const auto& [name, value] : headers) reply.with(name, value);
  reply.with("retry-after", std::to_string(seconds)).with("retry-after-ms", std::to_string(seconds * 1000));
  session->send(reply.with("x-should-retry", "true"));
}

void Hold::on_answer(Answer answer) {
  if (!session_) return;
  if (early_)
    send_late(std::move(answer));
  else
    send_whole(std::move(answer));
}

void Hold::send_whole(Answer answer) {
  Reply reply;
  reply.status = br_answer_status(answer.get());
  for (size_t i = 0; i < br_answer_header_count(answer.get()); ++i) {
    const std::string_view name = br_answer_header_name(answer.get(), i);
    // Of the vendor's connection, not of this one.
    if (name == "content-length" || name == "content-encoding" || is_hop_header(name, {})) continue;
    reply.with(std::string(name), br_answer_header_value(answer.get(), i));
  }
  const char* batch = br_answer_batch_id(answer.get());
  for (auto& header : own_headers(batch == nullptr ? "" : batch)) reply.headers.push_back(std::move(header));
  reply.body = body_of(answer);
  const auto session = detach();
  session->send(reply, std::move(answer));
}

void Hold::send_late(Answer answer) {
  std::string_view rest = body_of(answer);
  if (!is_success(answer)) {
    size_t size = 0;
    const char* events = br_answer_events(answer.get(), &size);
    if (stream_ == StreamKind::kNone || events == nullptr) {
      // 200 has been said, and no well-formed end may confirm it. Whoever asks again gets the true status.
      const auto session = detach();
      return session->cut();
    }
    rest = {events, size};
  }
  const bool chunks = !session_->is_http_1_0();
  std::string bytes = chunks ? chunk(rest) : std::string(rest);
  if (chunks) bytes += kLastChunk;
  const auto session = detach();
  session->write(bytes);
  session->end_response(std::move(answer));
}

}  // namespace br::gateway
