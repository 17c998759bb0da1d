#include "gateway/upstreams.h"

#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

namespace br::gateway {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t kIdleLinks = 256;  // to one vendor
constexpr std::chrono::seconds kIdleTime{30};

}  // namespace

Destination destination_of(std::string_view url) {
  Destination out;
  out.tls = url.starts_with("https://");
  url.remove_prefix(url.find("://") + 3);
  const size_t path = url.find_first_of("/?");
  out.authority = url.substr(0, path);
  out.target = path == std::string_view::npos ? "" : url.substr(path);
  if (!out.target.starts_with('/')) out.target.insert(0, "/");
  out.host = out.authority;
  out.port = out.tls ? "443" : "80";
  const size_t colon = out.host.rfind(':');
  if (colon != std::string::npos && out.host.find(']', colon) == std::string::npos) {
    out.port = out.host.substr(colon + 1);
    out.host.resize(colon);
  }
  if (out.host.starts_with('[') && out.host.ends_with(']')) out.host = out.host.substr(1, out.host.size() - 2);
  return out;
}

Link::Link(asio::io_context& loop, asio::ssl::context* tls) {
  if (tls != nullptr)
    tls_ = std::make_unique<Stream>(loop, *tls);
  else
    plain_ = std::make_unique<Socket>(loop);
}

void Link::write(std::string_view bytes, Done done) {
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  auto kept = [self = shared_from_this(), done = std::move(done)](const error_code& error, size_t size) {
    done(error, size);
  };
  if (tls_)
    asio::async_write(*tls_, buffer, std::move(kept));
  else
    asio::async_write(*plain_, buffer, std::move(kept));
}

void Link::read_some(char* to, size_t room, Done done) {
  auto kept = [self = shared_from_this(), done = std::move(done)](const error_code& error, size_t size) {
    done(error, size);
  };
  if (tls_)
    tls_->async_read_some(asio::buffer(to, room), std::move(kept));
  else
    plain_->async_read_some(asio::buffer(to, room), std::move(kept));
}

void Link::close() {
  error_code ignored;
  socket().close(ignored);
}

bool Link::is_quiet() {
  char byte = 0;
  return ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

// A link on its way: name, connection, TLS, within one time.
struct Upstreams::Opening : std::enable_shared_from_this<Opening> {
  Opening(Upstreams& all, const Destination& to, Then then)
      : destination(to), resolver(all.loop_), timer(all.loop_), answer(std::move(then)) {
    link = std::make_shared<Link>(all.loop_, to.tls ? &all.tls_ : nullptr);
    link->key = to.key();
  }

  void start(int64_t timeout_ms) {
    timer.expires_after(std::chrono::milliseconds(timeout_ms));
    timer.async_wait([self = shared_from_this()](const error_code& stopped) {
      if (stopped || !self->answer) return;
      self->late = true;
      self->resolver.cancel();
      self->link->close();
    });
    resolver.async_resolve(
        destination.host, destination.port,
        [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
          if (error) return self->end("its name is not known", error);
          self->connect(found);
        });
  }

  void connect(const tcp::resolver::results_type& found) {
    asio::async_connect(link->socket(), found,
                        [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                          if (error) return self->end("it cannot be reached", error);
                          error_code ignored;
                          self->link->socket().set_option(tcp::no_delay(true), ignored);
                          if (self->link->tls() == nullptr) return self->end({}, {});
                          self->shake_hands();
                        });
  }

  void shake_hands() {
    Link::Stream& stream = *link->tls();
    SSL_set_tlsext_host_name(stream.native_handle(), destination.host.c_str());
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(destination.host));
    stream.async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](const error_code& error) {
      if (error) return self->end("there is no safe connection to it", error);
      self->end({}, {});
    });
  }

  void end(std::string_view what, const error_code& error) {
    timer.cancel();
    Then then = std::move(answer);
    answer = nullptr;
    if (what.empty()) return then(std::move(link), {});
    const std::string why = late ? "it takes too long" : error.message();
    then(nullptr, "the vendor " + destination.host + ": " + std::string(what) + ": " + why);
  }

  Destination destination;
  tcp::resolver resolver;
  asio::steady_timer timer;
  Then answer;
  std::shared_ptr<Link> link;
  bool late = false;
};

Upstreams::Upstreams(const Options& options, asio::io_context& loop) : options_(options), loop_(loop) {
  if (options.ca_file.empty() && options.ca_directory.empty()) tls_.set_default_verify_paths();
  if (!options.ca_file.empty()) tls_.load_verify_file(options.ca_file);
  if (!options.ca_directory.empty()) tls_.add_verify_path(options.ca_directory);
  tls_.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
}

void Upstreams::get(const Destination& to, bool fresh, Then then) {
  auto& idle = idle_[to.key()];
  if (!idle.empty() && std::chrono::steady_clock::now() - idle.back()->idle_since > kIdleTime) idle.clear();
  while (!fresh && !idle.empty()) {
    std::shared_ptr<Link> link = std::move(idle.back());
    idle.pop_back();
    if (!link->is_quiet()) continue;
    link->reused = true;
    return then(std::move(link), {});
  }
  std::make_shared<Opening>(*this, to, std::move(then))->start(options_.connect_timeout_ms);
}

void Upstreams::give_back(std::shared_ptr<Link> link) {
  auto& idle = idle_[link->key];
  if (idle.size() >= kIdleLinks) return;
  link->idle_since = std::chrono::steady_clock::now();
  idle.push_back(std::move(link));
}

}  // namespace br::gateway
