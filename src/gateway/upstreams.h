#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/options.h"

namespace br::gateway {

// Where a URL leads, and what is asked there.
struct Destination {
  bool tls = true;
  std::string host;  // without the brackets of an IPv6 address
  std::string port;
  std::string authority;  // as the Host header names it
  std::string target;     // path and query

  std::string key() const { return (tls ? "https://" : "http://") + host + ":" + port; }
};

// Of an absolute http or https URL.
Destination destination_of(std::string_view url);

// A connection to a vendor, with or without TLS. The certificate is checked for the host that was asked for. Lives
// until its last operation has ended, which close() brings about.
class Link : public std::enable_shared_from_this<Link> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Stream = boost::asio::ssl::stream<Socket>;
  using Done = std::function<void(const boost::system::error_code&, size_t)>;

  // `tls`: nullptr for none.
  Link(boost::asio::io_context& loop, boost::asio::ssl::context* tls);

  Socket& socket() { return tls_ ? tls_->next_layer() : *plain_; }
  Stream* tls() { return tls_.get(); }
  void write(std::string_view bytes, Done done);
  void read_some(char* to, size_t room, Done done);
  void close();
  // Whether nothing has come: neither the end nor bytes that nobody asked for.
  bool is_quiet();

  std::string key;  // of its destination
  bool reused = false;
  std::chrono::steady_clock::time_point idle_since;

 private:
  std::unique_ptr<Socket> plain_;
  std::unique_ptr<Stream> tls_;
};

// Connections to the vendors, kept for the next call. The loop's thread only.
class Upstreams {
 public:
  // `problem` is empty when there is a link.
  using Then = std::function<void(std::shared_ptr<Link> link, std::string problem)>;

  Upstreams(const Options& options, boost::asio::io_context& loop);

  // `fresh`: not one that was used before. `then` may run before this returns.
  void get(const Destination& to, bool fresh, Then then);
  // A link whose last response came to its end.
  void give_back(std::shared_ptr<Link> link);

 private:
  struct Opening;

  const Options& options_;
  boost::asio::io_context& loop_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
  std::map<std::string, std::vector<std::shared_ptr<Link>>> idle_;
};

}  // namespace br::gateway
