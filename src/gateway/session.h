#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "gateway/caller.h"
#include "gateway/hold.h"
#include "gateway/reader.h"
#include "gateway/reply.h"
#include "gateway/service.h"
#include "gateway/work.h"

namespace br::gateway {

// One connection: request after request until either side has enough. Lives as long as something waits for it. While a
// call is held it keeps no buffer, no parser and no head.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, Service& service, size_t caller);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  void start();

  // The gateway ends: idle connections close, whoever waits is cut so that it tries again.
  void end_now();
  void end_when_idle();

  // ---- for Work ----
  Service& service() { return service_; }
  const boost::asio::any_io_executor get_executor() { return socket_.get_executor(); }
  bool is_http_1_0() const { return old_; }
  bool keeps_alive() const { return keep_alive_; }
  bool has_whole_request() const { return !reader_; }

  void write(std::string_view bytes);
  bool is_drained() const { return out_.empty(); }
  // Calls on_timer once.
  void wake_after(int64_t ms);
  // No more of the body is read until told so.
  void pause_body(bool pause);
  // The response is written; `answer`: whose arrival is to be told.
  void end_response(Answer answer = nullptr);
  void send(const Reply& reply, Answer answer = nullptr);
  void close_after_this() { leaving_ = true; }
  // The connection ends so that no client takes what it has for the whole answer.
  void cut();

 private:
  enum class State : uint8_t { kHead, kBody, kTaking, kWorking, kDraining, kClosed };

  void arm_read();
  void on_readable();
  void on_end(bool in_order);
  void take(std::string_view piece);
  bool take_head();
  void take_body();
  void on_head();
  void serve(const Route& route);
  void serve_vendor(const Route& route);
  bool claim_place(const Route& route);
  void pass_through(const Route& route, Headers headers, std::string url, bool said_sync);
  void collect(std::string_view piece);
  void refuse_body();
  void on_request_end();
  void hand_in();
  void on_taken(Taken taken, const Patience& patience, StreamKind stream, const std::string& provider);
  void refuse(Reply reply);

  void flush();
  void on_stalled();
  void response_done();
  void next_request();
  void drain_and_close();
  void close();
  void set_timer(int64_t ms);
  void on_timer();
  void release_body();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  Service& service_;
  size_t caller_;
  State state_ = State::kHead;
  bool reading_ = false;  // a wait for bytes is under way
  bool paused_ = false;   // nobody wants bytes
  bool taking_ = false;   // take() is on the stack and goes on itself
  bool writing_ = false;  // a wait for room is under way
  bool ending_ = false;   // the response ends when what is written has gone
  bool keep_alive_ = true;
  bool old_ = false;          // HTTP/1.0
  bool is_head_ = false;      // HEAD: no body goes back
  bool timing_body_ = false;  // the timer is that of the body
  bool leaving_ = false;      // the connection ends behind this response
  std::string pending_;       // bytes that were read and not used
  size_t looked_at_ = 0;      // of pending_, while a head is incomplete
  std::string out_;
  size_t sent_ = 0;  // of out_
  std::unique_ptr<RequestReader> reader_;
  // A call whose body is read as a whole, because it may be one for a batch.
  struct Collected {
    Call call;
    Wishes wishes;
    uint64_t counted = 0;
    int trouble = 0;  // the status that refuses it
  };
  std::unique_ptr<Collected> call_;
  std::shared_ptr<Work> work_;
  Answer answer_;  // that is being sent
  std::unique_ptr<boost::asio::steady_timer> stall_;
  int64_t window_bytes_ = 0;
};

}  // namespace br::gateway
