#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>

namespace br::gateway {

// Speaks TLS with a client and plain bytes with the session that serves it, over a pair of sockets of this process: so
// a session is the same with and without TLS.
//
// `then` gets the session's socket once the client's handshake has succeeded within `timeout_ms`.
void start_tls_front(boost::asio::ip::tcp::socket client, boost::asio::io_context& loop,
                     boost::asio::ssl::context& context, int64_t timeout_ms,
                     std::function<void(boost::asio::ip::tcp::socket)> then);

}  // namespace br::gateway
