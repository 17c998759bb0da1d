#include "gateway/tls_front.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <utility>

namespace br::gateway {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

class TlsFront : public std::enable_shared_from_this<TlsFront> {
 public:
  TlsFront(tcp::socket client, asio::io_context& loop, asio::ssl::context& context)
      : stream_(std::move(client), context), inner_(loop), timer_(loop) {}

  void start(int64_t timeout_ms, std::function<void(tcp::socket)> then) {
    timer_.expires_after(std::chrono::milliseconds(timeout_ms));
    timer_.async_wait([self = shared_from_this()](const error_code& stopped) {
      if (!stopped) self->close();
    });
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = shared_from_this(), then = std::move(then)](const error_code& error) {
                              self->timer_.cancel();
                              if (error || !self->connect_inner(then)) return self->close();
                              self->read_client();
                              self->read_session();
                            });
  }

 private:
  bool connect_inner(const std::function<void(tcp::socket)>& then) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return false;
    inner_.assign(asio::local::stream_protocol(), pair[0]);
    tcp::socket outer(inner_.get_executor());
    outer.assign(tcp::v4(), pair[1]);
    then(std::move(outer));
    return true;
  }

  void read_client() {
    stream_.async_read_some(asio::buffer(in_), [self = shared_from_this()](const error_code& error, size_t size) {
      if (error) return self->end_inner();
      asio::async_write(self->inner_, asio::buffer(self->in_.data(), size), [self](const error_code& failed, size_t) {
        if (failed) return self->close();
        self->read_client();
      });
    });
  }

  void read_session() {
    inner_.async_read_some(asio::buffer(out_), [self = shared_from_this()](const error_code& error, size_t size) {
      // Without TLS's own end: whether a response is whole its framing says, and a cut one has none.
      if (error) return self->end_client();
      asio::async_write(self->stream_, asio::buffer(self->out_.data(), size), [self](const error_code& failed, size_t) {
        if (failed) return self->close();
        self->read_session();
      });
    });
  }

  void end_inner() {
    error_code ignored;
    inner_.shutdown(asio::socket_base::shutdown_send, ignored);
  }

  void end_client() {
    error_code ignored;
    stream_.next_layer().shutdown(asio::socket_base::shutdown_send, ignored);
    close();
  }

  void close() {
    error_code ignored;
    stream_.next_layer().close(ignored);
    inner_.close(ignored);
  }

  asio::ssl::stream<tcp::socket> stream_;
  asio::local::stream_protocol::socket inner_;
  asio::steady_timer timer_;
  std::array<char, 16 * 1024> in_{};
  std::array<char, 16 * 1024> out_{};
};

}  // namespace

void start_tls_front(tcp::socket client, asio::io_context& loop, asio::ssl::context& context, int64_t timeout_ms,
                     std::function<void(tcp::socket)> then) {
  std::make_shared<TlsFront>(std::move(client), loop, context)->start(timeout_ms, std::move(then));
}

}  // namespace br::gateway
