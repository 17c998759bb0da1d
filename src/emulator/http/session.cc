#include "emulator/http/session.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "emulator/base/times.h"

namespace br::emulator {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::error_code;

namespace {

constexpr uint32_t kHeadLimitBytes = 64 * 1024;
constexpr int kPiecesPerTurn = 8;  // then the other connections get theirs
constexpr int64_t kSlowTickMs = 50;
constexpr int64_t kDrainMs = 2000;

Reply plain_reply(int status, std::string text) {
  Reply reply;
  reply.status = status;
  reply.content_type = "text/plain; charset=utf-8";
  reply.body = std::move(text);
  return reply;
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, SessionShare& share)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), share_(share) {}

void Session::start() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  next_request();
  wait_readable();
}

void Session::next_request() {
  state_ = State::kReading;
  parser_.emplace();
  parser_->header_limit(kHeadLimitBytes);
  parser_->body_limit(boost::none);
  parser_->get().body() = nullptr;
  exchange_.reset();
  early_reply_.reset();
  head_taken_ = false;
}

// The top of the loop: whatever goes wrong in one connection ends that connection only.
template <typename Action>
void Session::guarded(Action action) {
  const std::lock_guard lock(share_.gate);
  try {
    action();
  } catch (const std::exception& problem) {
    exchange_.reset();
    keep_alive_ = false;
    taking_ = false;
    if (state_ == State::kReading) {
      send(plain_reply(500, std::string("the emulator cannot go on: ") + problem.what() + "\n"));
    } else {
      close();
    }
  }
}

void Session::wait_readable() {
  socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error) self->guarded([&] { self->on_readable(); });
  });
}

void Session::wait_writable() {
  socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](const error_code& error) {
    if (!error) self->guarded([&] { self->on_writable(); });
  });
}

void Session::wait_timer(int64_t ms, void (Session::*then)()) {
  timer_.expires_after(std::chrono::milliseconds(ms));
  timer_.async_wait([self = shared_from_this(), then](const error_code& error) {
    if (!error) self->guarded([&] { (self.get()->*then)(); });
  });
}

void Session::on_readable() {
  for (int piece = 0; piece < kPiecesPerTurn; ++piece) {
    error_code error;
    const size_t size = socket_.read_some(asio::buffer(share_.in), error);
    if (error == asio::error::would_block || error == asio::error::interrupted) return wait_readable();
    if (error) return close();
    const State before = state_;
    if (state_ == State::kReading) take({share_.in.data(), size});
    // Whoever changed the state waits for what he needs; while a reply goes out nothing is read.
    if (state_ != before) return;
  }
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->guarded([&] { self->on_readable(); }); });
}

void Session::take(std::string_view piece) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::move(held_);
    joined.append(piece);
    piece = joined;
    held_.clear();
  }
  taking_ = true;
  while (!piece.empty() && state_ == State::kReading) {
    error_code error;
    const size_t used = parser_->put(asio::buffer(piece.data(), piece.size()), error);
    piece.remove_prefix(used);
    if (error == http::error::need_more) break;
    if (error) {
      keep_alive_ = false;
      exchange_.reset();
      send(plain_reply(400, "malformed HTTP request: " + error.message() + "\n"));
      break;
    }
    if (!head_taken_ && parser_->is_header_done()) on_head();
    if (state_ == State::kReading && parser_->is_done()) on_body_complete();
  }
  taking_ = false;
  held_ = std::string(piece);
}

void Session::on_head() {
  head_taken_ = true;
  keep_alive_ = parser_->get().keep_alive();
  RequestHead head;
  head.method = std::string(parser_->get().method_string());
  parse_target({parser_->get().target().data(), parser_->get().target().size()}, head);
  for (const auto& field : parser_->get()) {
    head.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  if (const auto length = parser_->content_length()) head.content_length = static_cast<int64_t>(*length);
  const bool asks_first = equal_ignoring_case(head.header("expect"), "100-continue") && !parser_->is_done();
  Opening opening = share_.handler.begin(head);
  exchange_ = std::move(opening.exchange);
  if (!exchange_) {
    if (opening.unread || asks_first) {
      keep_alive_ = keep_alive_ && parser_->is_done();
      return send(std::move(opening.reply));
    }
    early_reply_ = std::move(opening.reply);
  }
  parser_->get().body() = exchange_.get();
  parser_->eager(true);
  if (asks_first) {
    // A fresh connection's socket buffer always has room for these bytes.
    error_code ignored;
    socket_.write_some(asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), ignored);
  }
}

void Session::on_body_complete() {
  Reply reply = exchange_ ? exchange_->finish() : std::move(*early_reply_);
  exchange_.reset();
  send(std::move(reply));
  share_.kick();
}

void Session::send(Reply reply) {
  state_ = State::kReplying;
  reply_ = std::move(reply);
  if (reply_.delay_ms > 0) return wait_timer(reply_.delay_ms, &Session::begin_sending);
  begin_sending();
}

void Session::begin_sending() {
  if (reply_.delivery == Delivery::kReset) return reset();
  if (reply_.delivery == Delivery::kHang) {
    state_ = State::kHanging;
    return wait_readable();
  }
  head_ = reply_head();
  to_send_ = static_cast<int64_t>(head_.size()) + reply_.body_bytes();
  if (reply_.delivery == Delivery::kTruncated) {
    to_send_ = static_cast<int64_t>(head_.size()) + std::min(reply_.amount, reply_.body_bytes());
    keep_alive_ = false;
  }
  if (!reply_.blob) head_ += reply_.body;
  sent_ = 0;
  if (reply_.delivery == Delivery::kSlow) return on_slow_tick();
  on_writable();
}

std::string Session::reply_head() const {
  std::string head = "HTTP/1.1 " + std::to_string(reply_.status) + " ";
  head += http::obsolete_reason(http::int_to_status(static_cast<unsigned>(reply_.status)));
  head += "\r\nserver: batchrouter-emulator\r\ndate: " + http_date(share_.handler.now_ms());
  head += "\r\ncontent-length: " + std::to_string(reply_.body_bytes());
  if (!reply_.content_type.empty()) head += "\r\ncontent-type: " + reply_.content_type;
  for (const auto& [name, value] : reply_.headers) head += "\r\n" + name + ": " + value;
  if (!keep_alive_) head += "\r\nconnection: close";
  return head + "\r\n\r\n";
}

bool Session::send_piece(int64_t at_most) {
  const auto head_bytes = static_cast<int64_t>(head_.size());
  const auto room = static_cast<size_t>(std::min(at_most, to_send_ - sent_));
  std::string_view piece;
  if (sent_ < head_bytes) {
    piece = std::string_view(head_).substr(static_cast<size_t>(sent_), room);
  } else {
    const int64_t from = reply_.blob_from + sent_ - head_bytes;
    const size_t size = reply_.blob->read(from, share_.out.data(), std::min(room, share_.out.size()));
    piece = {share_.out.data(), size};
  }
  error_code error;
  sent_ += static_cast<int64_t>(socket_.write_some(asio::buffer(piece.data(), piece.size()), error));
  if (error == asio::error::would_block || error == asio::error::interrupted) return false;
  if (error) close();
  return true;
}

void Session::on_writable() {
  for (int piece = 0; piece < kPiecesPerTurn && sent_ < to_send_; ++piece) {
    if (!send_piece(SessionShare::kPieceBytes)) break;
    if (state_ == State::kClosed) return;
  }
  if (sent_ < to_send_) return wait_writable();
  reply_sent();
}

void Session::on_slow_tick() {
  const int64_t bytes_per_s = std::max<int64_t>(1, reply_.amount);
  const int64_t tick_ms = std::max(kSlowTickMs, 1000 / bytes_per_s);  // one byte at least
  send_piece(std::max<int64_t>(1, bytes_per_s * tick_ms / 1000));
  if (state_ == State::kClosed) return;
  if (sent_ < to_send_) return wait_timer(tick_ms, &Session::on_slow_tick);
  reply_sent();
}

void Session::reply_sent() {
  reply_ = Reply();
  head_ = std::string();
  if (!keep_alive_) return drain_and_close();
  next_request();
  if (taking_) return;
  if (!held_.empty()) take({});
  if (state_ == State::kReading) wait_readable();
}

// Closing with unread bytes would reset the connection and could take the reply with it.
void Session::drain_and_close() {
  state_ = State::kDraining;
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  wait_timer(kDrainMs, &Session::close);
  wait_readable();
}

void Session::reset() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

void Session::close() {
  state_ = State::kClosed;
  error_code ignored;
  timer_.cancel(ignored);
  socket_.close(ignored);
  exchange_.reset();
  reply_ = Reply();
}

}  // namespace br::emulator
