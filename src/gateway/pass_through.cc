#include "gateway/pass_through.h"

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

namespace br::gateway {
namespace {

bool is_without_body(const std::string& method, int status) {
  return method == "HEAD" || status == 204 || status == 304;
}

}  // namespace

PassThrough::PassThrough(std::shared_ptr<Session> session, Call call, std::optional<uint64_t> length, bool chunked,
                         bool said_sync)
    : session_(std::move(session)),
      call_(std::move(call)),
      to_(destination_of(call_.url)),
      length_(length),
      chunked_(chunked),
      said_sync_(said_sync) {}

void PassThrough::start() {
  to_send_ = request_head();
  if (!call_.body.empty()) {
    to_send_ += call_.body;
    std::string().swap(call_.body);
  }
  connect(false);
}

void PassThrough::connect(bool fresh) {
  session_->service().upstreams.get(to_, fresh,
                                    [self = shared_from_this()](std::shared_ptr<Link> link, std::string problem) {
                                      self->on_link(std::move(link), std::move(problem));
                                    });
}

void PassThrough::on_link(std::shared_ptr<Link> link, std::string problem) {
  if (!session_) return;
  if (!problem.empty()) return fail(502, problem);
  link_ = std::move(link);
  fresh_reader();
  left_.clear();
  send_more();
  read_more();
}

std::string PassThrough::request_head() const {
  std::string text = call_.method + " " + to_.target + " HTTP/1.1\r\nHost: " + to_.authority + "\r\n";
  for (const auto& [name, value] : call_.headers) text += name + ": " + value + "\r\n";
  if (chunked_)
    text += "Transfer-Encoding: chunked\r\n";
  else if (length_)
    text += "Content-Length: " + std::to_string(*length_) + "\r\n";
  return text + "\r\n";
}

void PassThrough::on_body(std::string_view piece) {
  if (!session_) return;
  to_send_ += chunked_ ? chunk(piece) : std::string(piece);
  session_->pause_body(true);
  send_more();
}

void PassThrough::on_body_end() {
  if (!session_) return;
  whole_body_ = true;
  if (chunked_) to_send_ += kLastChunk;
  send_more();
}

void PassThrough::send_more() {
  if (!link_ || sending_ || to_send_.empty()) return;
  sending_ = true;
  on_wire_.swap(to_send_);
  link_->write(on_wire_,
               [self = shared_from_this()](const boost::system::error_code& error, size_t) { self->on_sent(error); });
}

void PassThrough::on_sent(const boost::system::error_code& error) {
  sending_ = false;
  if (!session_) return;
  // Whoever refuses a body early closes behind the answer: that answer is worth reading.
  if (error) return;
  if (!may_try_again()) std::string().swap(on_wire_);
  send_more();
  if (!sending_ && !whole_body_) session_->pause_body(false);
}

void PassThrough::read_more() {
  if (!session_ || !link_ || reading_ || !session_->is_drained()) return;
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(kReadBytes);
  reading_ = true;
  link_->read_some(
      buffer_.get(), kReadBytes,
      [self = shared_from_this()](const boost::system::error_code& error, size_t size) { self->on_read(error, size); });
}

void PassThrough::on_read(const boost::system::error_code& error, size_t size) {
  reading_ = false;
  if (!session_) return;
  if (!error) {
    answered_ = true;
    return feed({buffer_.get(), size});
  }
  boost::system::error_code end;
  // Without a length, a body ends where the connection ends; behind TLS only its own end counts, which cannot be
  // forged.
  if (error == boost::asio::error::eof && reader_->is_header_done() && reader_->need_eof()) {
    reader_->put_eof(end);
    if (!end) return finish();
  }
  on_broken(error.message());
}

void PassThrough::fresh_reader() {
  reader_ = std::make_unique<ResponseReader>();
  reader_->skip(call_.method == "HEAD");
  reader_->body = [this](std::string_view part) {
    if (chunks_)
      to_client_ += chunk(part);
    else
      to_client_ += part;
  };
}

void PassThrough::drop_link() {
  if (link_) link_->close();
  link_.reset();
}

void PassThrough::feed(std::string_view piece) {
  std::string joined;
  if (!left_.empty()) {
    joined = std::move(left_) + std::string(piece);
    piece = joined;
  }
  left_.clear();
  while (!piece.empty() && !reader_->is_done()) {
    boost::system::error_code error;
    // Until the head is through, the body waits: how it goes on is known then.
    reader_->eager(head_written_);
    const size_t used = reader_->put(boost::asio::buffer(piece.data(), piece.size()), error);
    piece.remove_prefix(used);
    if (error && error != boost::beast::http::error::need_more) return on_broken(error.message());
    if (reader_->is_header_done() && reader_->status / 100 == 1) {
      if (reader_->status == 101) return on_broken("it changes the protocol without being asked");
      fresh_reader();
      continue;
    }
    if (reader_->is_header_done() && !head_written_) {
      on_response_head();
      continue;
    }
    if (error) break;
  }
  left_ = std::string(piece);
  if (!to_client_.empty()) session_->write(std::exchange(to_client_, std::string()));
  if (!session_) return;
  if (reader_->is_done()) return finish();
  read_more();
}

void PassThrough::on_response_head() {
  head_written_ = true;
  const std::string* connection = find_header(reader_->headers, "connection");
  Headers headers;
  for (const auto& [name, value] : reader_->headers) {
    if (!is_hop_header(name, connection == nullptr ? std::string() : *connection)) headers.emplace_back(name, value);
  }
  const bool bodiless = is_without_body(call_.method, reader_->status);
  const bool open_end = !bodiless && !reader_->content_length();
  chunks_ = open_end && !session_->is_http_1_0();
  if (chunks_) headers.emplace_back("transfer-encoding", "chunked");
  if (said_sync_) headers.emplace_back("x-batchrouter-mode", "sync");
  const bool closes = !session_->keeps_alive() || (open_end && !chunks_) || !session_->has_whole_request();
  if (closes) session_->close_after_this();
  to_client_ += head_text(reader_->status, reader_->reason, headers, closes);
}

bool PassThrough::may_try_again() const {
  return link_ && link_->reused && !answered_ && whole_body_ && call_.method != "POST" && call_.method != "PATCH" &&
         !length_.value_or(0) && !chunked_;
}

void PassThrough::on_broken(const std::string& why) {
  if (may_try_again()) {
    // The vendor closed a connection that was kept too long, and never saw the request.
    drop_link();
    to_send_ = request_head();
    return connect(true);
  }
  if (!head_written_) return fail(502, "the vendor " + to_.host + " broke the connection off: " + why);
  drop_link();
  const auto session = std::move(session_);
  session->cut();
}

void PassThrough::finish() {
  if (chunks_) session_->write(kLastChunk);
  if (!session_) return;
  if (reader_->keep_alive() && !reader_->need_eof() && whole_body_ && !sending_ && to_send_.empty() && left_.empty())
    session_->service().upstreams.give_back(std::move(link_));
  drop_link();
  const auto session = std::move(session_);
  session->end_response();
}

void PassThrough::fail(int status, const std::string& why) {
  drop_link();
  const auto session = std::move(session_);
  session->send(error_reply(call_.provider, status, "upstream_error", why));
}

void PassThrough::on_gone() {
  drop_link();
  session_.reset();
}

}  // namespace br::gateway
