#include "gateway/session.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "gateway/framing.h"

namespace br::gateway {
namespace asio = boost::asio;
using boost::beast::error_code;

namespace {

constexpr int kPiecesPerTurn = 8;  // then the other connections get theirs
constexpr int64_t kDrainMs = 2000;

}  // namespace

Session::Session(asio::ip::tcp::socket socket, Service& service, size_t caller)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), service_(service), caller_(caller) {
  service_.sessions.insert(this);
  service_.callers.add(caller_);
}

Session::~Session() {
  service_.sessions.erase(this);
  service_.callers.remove(caller_);
}

void Session::start() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  // A peer that is gone without a word is noticed, however long the answer takes.
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  set_timer(service_.options.head_timeout_ms);
  arm_read();
}

void Session::set_timer(int64_t ms) {
  timer_.expires_after(std::chrono::milliseconds(ms));
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error && self->timer_.expiry() <= asio::steady_timer::clock_type::now()) self->on_timer();
  });
}

void Session::wake_after(int64_t ms) { set_timer(ms); }

void Session::arm_read() {
  if (reading_ || paused_ || state_ == State::kClosed) return;
  reading_ = true;
  socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](const error_code& error) {
    self->reading_ = false;
    if (!error && self->state_ != State::kClosed) self->on_readable();
  });
}

void Session::on_readable() {
  for (int piece = 0; piece < kPiecesPerTurn; ++piece) {
    if (paused_) return;
    error_code error;
    const size_t size = socket_.read_some(asio::buffer(service_.in), error);
    if (error == asio::error::would_block || error == asio::error::interrupted) return arm_read();
    if (error) return on_end(error == asio::error::eof);
    if (state_ == State::kDraining) continue;
    if (state_ == State::kHead && pending_.empty()) service_.deliveries.arrived(socket_.native_handle());
    take({service_.in.data(), size});
    if (state_ == State::kClosed) return;
  }
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->state_ != State::kClosed && !self->reading_) self->on_readable();
  });
}

void Session::on_end(bool in_order) {
  if (in_order) service_.deliveries.arrived(socket_.native_handle());
  close();
}

void Session::take(std::string_view piece) {
  // Requests that follow one that is not answered yet wait, but not without limit.
  if (state_ == State::kTaking || state_ == State::kWorking || taking_) {
    pending_.append(piece);
    if (pending_.size() > service_.options.max_head_bytes) paused_ = true;
    return;
  }
  pending_.append(piece);
  taking_ = true;
  while (!pending_.empty() && (state_ == State::kHead || state_ == State::kBody)) {
    const size_t before = pending_.size();
    const State was = state_;
    if (state_ == State::kHead && !take_head()) break;
    if (state_ == State::kBody) take_body();
    if (pending_.size() == before && state_ == was) break;
  }
  taking_ = false;
  if (pending_.empty()) std::string().swap(pending_);
}

void Session::flush() {
  if (writing_) return;
  while (sent_ < out_.size()) {
    error_code error;
    sent_ += socket_.write_some(asio::buffer(out_.data() + sent_, out_.size() - sent_), error);
    if (error == asio::error::interrupted) continue;
    if (error == asio::error::would_block) {
      writing_ = true;
      if (!stall_) stall_ = std::make_unique<asio::steady_timer>(socket_.get_executor());
      stall_->expires_after(std::chrono::milliseconds(service_.options.send_timeout_ms));
      stall_->async_wait([self = shared_from_this()](const error_code& stopped) {
        if (!stopped) self->on_stalled();
      });
      return socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](const error_code& stopped) {
        self->writing_ = false;
        if (stopped || self->state_ == State::kClosed) return;
        self->stall_.reset();
        self->flush();
        const auto work = self->work_;
        if (work && self->out_.empty()) work->on_drained();
      });
    }
    if (error) return asio::post(socket_.get_executor(), [self = shared_from_this()] { self->on_end(false); });
  }
  std::string().swap(out_);
  sent_ = 0;
  if (ending_) response_done();
}

void Session::on_stalled() {
  if (writing_ && state_ != State::kClosed) cut();
}

void Session::write(std::string_view bytes) {
  if (state_ == State::kClosed) return;
  out_.append(bytes);
  flush();
}

void Session::pause_body(bool pause) {
  if (state_ != State::kBody || paused_ == pause) return;
  paused_ = pause;
  if (!pause) {
    window_bytes_ = service_.options.body_window_bytes;  // the wait was not the client's
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      if (self->state_ != State::kClosed && !self->reading_ && !self->paused_) self->on_readable();
    });
  }
}

void Session::send(const Reply& reply, Answer answer) {
  if (state_ == State::kClosed) return;
  if (reply.close || reader_) leaving_ = true;
  out_ += reply_head(reply, leaving_ || !keep_alive_);
  if (!is_head_) out_ += reply.body;
  end_response(std::move(answer));
}

void Session::end_response(Answer answer) {
  if (state_ == State::kClosed) return;
  if (reader_) leaving_ = true;  // what is left of the request nobody wants
  state_ = State::kWorking;
  answer_ = std::move(answer);
  ending_ = true;
  timer_.cancel();
  flush();
}

void Session::response_done() {
  ending_ = false;
  if (answer_) service_.deliveries.sent(socket_.native_handle(), std::move(answer_));
  answer_.reset();
  stall_.reset();
  work_.reset();
  release_body();
  if (!keep_alive_ || leaving_ || service_.stopping) return drain_and_close();
  next_request();
}

void Session::next_request() {
  state_ = State::kHead;
  reader_.reset();
  paused_ = false;
  set_timer(pending_.empty() ? service_.options.keep_alive_ms : service_.options.head_timeout_ms);
  if (taking_) return;  // the loop goes on
  if (!pending_.empty()) take({});
  arm_read();
}

// Closing with unread bytes would reset the connection and could take the response with it.
void Session::drain_and_close() {
  state_ = State::kDraining;
  reader_.reset();
  std::string().swap(pending_);
  paused_ = false;
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  set_timer(kDrainMs);
  arm_read();
}

void Session::cut() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

void Session::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  release_body();
  service_.deliveries.lost(socket_.native_handle());
  answer_.reset();
  error_code ignored;
  timer_.cancel();
  stall_.reset();
  socket_.close(ignored);
  reader_.reset();
  if (const auto work = std::exchange(work_, nullptr)) work->on_gone();
}

void Session::end_when_idle() {
  if (state_ == State::kHead && pending_.empty()) drain_and_close();
}

void Session::end_now() {
  if (state_ == State::kHead || state_ == State::kDraining)
    close();
  else
    cut();
}

void Session::on_timer() {
  switch (state_) {
    case State::kHead:
      if (pending_.empty()) return close();
      return refuse(error_reply({}, 408, "request_timeout", "the head of the request did not come in time"));
    case State::kBody:
      if (!paused_ && window_bytes_ < service_.options.body_window_bytes)
        return refuse(error_reply({}, 408, "request_timeout", "the body of the request comes too slowly"));
      window_bytes_ = 0;
      return set_timer(service_.options.body_window_ms);
    case State::kWorking:
      if (const auto work = work_) work->on_timer();
      return;
    case State::kDraining:
      service_.deliveries.settle();
      return close();
    case State::kTaking:
    case State::kClosed:
      return;
  }
}

void Session::refuse(Reply reply) {
  reply.close = true;
  if (const auto work = std::exchange(work_, nullptr)) work->on_gone();
  send(reply);
}

}  // namespace br::gateway
