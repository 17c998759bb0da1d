#include "gateway/listening.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>

#include "gateway/gateway.h"
#include "gateway/paths.h"
#include "gateway/text.h"

namespace br::gateway {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int kBacklog = 4096;
constexpr long kProbeSeconds = 2;

std::string in_url(const std::string& host) { return host.find(':') != std::string::npos ? "[" + host + "]" : host; }

bool connect_to(tcp::socket& socket, const std::string& host, uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (!error) socket.connect(tcp::endpoint(address, port), error);
  return !error;
}

// What is answered to a GET, as far as one read brings it; empty where nobody answers.
std::string first_bytes(tcp::socket& socket, const std::string& host, const std::string& path) {
  const timeval limit{kProbeSeconds, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  error_code error;
  asio::write(socket, asio::buffer("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"), error);
  std::array<char, 4096> bytes{};
  const ssize_t size = error ? -1 : ::recv(socket.native_handle(), bytes.data(), bytes.size(), 0);
  return size > 0 ? std::string(bytes.data(), static_cast<size_t>(size)) : std::string();
}

sockaddr_storage address_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return address;
}

}  // namespace

tcp family_of(int socket) { return address_of(socket).ss_family == AF_INET6 ? tcp::v6() : tcp::v4(); }

uint16_t port_of(int listening) {
  const sockaddr_storage address = address_of(listening);
  const in_port_t port = address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                                       : reinterpret_cast<const sockaddr_in&>(address).sin_port;
  return ntohs(port);
}

int listen_on(const std::string& host, uint16_t port, std::string& error) {
  error_code code;
  asio::io_context loop;
  tcp::acceptor acceptor(loop);
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, code);
  const tcp::endpoint endpoint(address, port);
  if (!code) acceptor.open(endpoint.protocol(), code);
  if (!code) ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor.bind(endpoint, code);
  if (!code) acceptor.listen(kBacklog, code);
  if (!code) acceptor.native_non_blocking(true, code);
  const int fd = code ? -1 : ::fcntl(acceptor.native_handle(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0)
    error = "cannot listen on " + host + ":" + std::to_string(port) + ": " + code.message() +
            "; choose another --listen, or port 0 for a free one";
  return fd;
}

std::string url_of(const std::string& host, uint16_t port, bool with_tls) {
  const std::string reached = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
  return (with_tls ? "https://" : "http://") + in_url(reached) + ":" + std::to_string(port);
}

std::vector<std::pair<std::string, std::string>> variables_of(const std::string& url) {
  constexpr std::array<std::pair<const char*, const char*>, 7> kVariables = {{{"OPENAI_BASE_URL", "openai"},
                                                                              {"OPENAI_API_BASE", "openai"},
                                                                              {"ANTHROPIC_BASE_URL", "anthropic"},
                                                                              {"GOOGLE_GEMINI_BASE_URL", "google"},
                                                                              {"GROQ_BASE_URL", "groq"},
                                                                              {"TOGETHER_BASE_URL", "together"},
                                                                              {"MISTRAL_BASE_URL", "mistral"}}};
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, provider] : kVariables) out.emplace_back(name, url + Paths::client_path(provider));
  return out;
}

bool is_gateway(const std::string& url) {
  const bool tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://")) return false;
  const std::string rest = url.substr(tls ? 8 : 7);
  const size_t slash = rest.find('/');
  std::string host;
  uint16_t port = 0;
  if (!parse_listen(rest.substr(0, slash), &host, &port) || !is_loopback_host(host)) return false;
  asio::io_context loop;
  tcp::socket socket(loop);
  if (!connect_to(socket, host, port)) return false;
  if (tls) return true;  // with a certificate that only its clients know of: that somebody listens has to do
  const std::string path = slash == std::string::npos ? std::string() : rest.substr(slash);
  return lowered(first_bytes(socket, rest.substr(0, slash), path + "/healthz")).find(kGatewayMark) != std::string::npos;
}

}  // namespace br::gateway
