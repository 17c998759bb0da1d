#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string_view>

namespace br::gateway {

// A header of /healthz by which a gateway is known.
inline constexpr std::string_view kGatewayMark = "x-batchrouter-gateway";

// Of a socket that some other code has opened.
boost::asio::ip::tcp family_of(int socket);

}  // namespace br::gateway
