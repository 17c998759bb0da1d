// Where the gateway listens, and what has to be there for it.
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "gateway/gateway.h"
#include "gateway/text.h"
#include "gateway/upstreams.h"

namespace br::gateway {

bool is_loopback_host(const std::string& host) {
  if (equal_ignoring_case(host, "localhost")) return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

bool parse_listen(const std::string& text, std::string* host, uint16_t* port) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  std::string name = text.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']'))
    name = name.substr(1, name.size() - 2);
  else if (name.find(':') != std::string::npos)
    return false;
  const char* from = text.data() + colon + 1;
  const char* to = text.data() + text.size();
  const auto [end, code] = std::from_chars(from, to, *port);
  *host = name;
  return code == std::errc() && end == to && from != to;
}

std::string check_options(const Options& options, bool behind_proxy, bool token_given) {
  if (options.tls_cert.empty() != options.tls_key.empty()) return "--tls-cert and --tls-key belong together";
  if (is_loopback_host(options.host)) return {};
  const std::string where = "--listen " + options.host + ": other machines can reach this address, ";
  if (!token_given) return where + "so it needs --token-file";
  if (options.tls_cert.empty() && !behind_proxy)
    return where + "so it needs --tls-cert and --tls-key, or --behind-proxy where a proxy does that";
  return {};
}

bool leads_to(const std::string& url, const std::string& host, uint16_t port) {
  if (url.find("://") == std::string::npos) return false;
  const Destination to = destination_of(url);
  if (to.port != std::to_string(port)) return false;
  return equal_ignoring_case(to.host, host) || is_loopback_host(to.host);
}

}  // namespace br::gateway
