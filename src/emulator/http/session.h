#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "emulator/http/exchange.h"

namespace br::emulator {

// A Beast body that hands every piece to an exchange as it comes off the socket.
struct ExchangeBody {
  using value_type = Exchange*;

  class reader {
   public:
    template <bool kIsRequest, class Fields>
    reader(boost::beast::http::header<kIsRequest, Fields>&, value_type& exchange) : exchange_(exchange) {}
    template <class Length>
    void init(const Length&, boost::beast::error_code& error) {
      error = {};
    }
    template <class Buffers>
    size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      error = {};
      size_t total = 0;
      for (const auto piece : boost::beast::buffers_range_ref(buffers)) {
        if (exchange_ != nullptr) exchange_->body({static_cast<const char*>(piece.data()), piece.size()});
        total += piece.size();
      }
      return total;
    }
    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    value_type& exchange_;
  };
};

// What all connections of a server share: one buffer each way serves them all, since there is one thread.
struct SessionShare {
  static constexpr size_t kPieceBytes = 256 * 1024;

  Handler& handler;
  std::mutex& gate;
  std::function<void()> kick;
  std::vector<char> in = std::vector<char>(kPieceBytes);
  std::vector<char> out = std::vector<char>(kPieceBytes);
};

// One connection: request after request until either side has enough. Lives as long as something waits for it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, SessionShare& share);
  void start();

 private:
  using Parser = boost::beast::http::request_parser<ExchangeBody>;
  enum class State { kReading, kReplying, kHanging, kDraining, kClosed };

  void next_request();
  void wait_readable();
  void on_readable();
  void wait_writable();
  void on_writable();
  void wait_timer(int64_t ms, void (Session::*then)());
  template <typename Action>
  void guarded(Action action);

  void take(std::string_view piece);
  void on_head();
  void on_body_complete();
  void send(Reply reply);
  void begin_sending();
  std::string reply_head() const;
  // Hands the next bytes of the reply to the socket; false if the socket takes no more for now.
  bool send_piece(int64_t at_most);
  void on_slow_tick();
  void reply_sent();
  void drain_and_close();
  void reset();
  void close();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  SessionShare& share_;
  State state_ = State::kReading;
  std::optional<Parser> parser_;
  std::unique_ptr<Exchange> exchange_;
  std::optional<Reply> early_reply_;  // decided by the head; goes out when the body has been read
  std::string held_;                  // bytes the parser wants to see again with more
  bool taking_ = false;               // take() is on the stack and will see to the next request
  bool head_taken_ = false;
  bool keep_alive_ = true;
  Reply reply_;
  std::string head_;     // of the reply, with the whole body if it is short
  int64_t sent_ = 0;     // bytes of head_, then of the blob
  int64_t to_send_ = 0;  // bytes of both
};

}  // namespace br::emulator
