#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "gateway/gateway.h"
#include "gateway/listening.h"
#include "gateway/metrics.h"
#include "gateway/pump.h"
#include "gateway/session.h"
#include "gateway/stats.h"
#include "gateway/tls_front.h"

namespace br::gateway {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int64_t kAcceptPauseMs = 20;  // when the process is out of descriptors
constexpr int64_t kSettleMs = 500;      // how often it is looked whether answers have arrived

constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nretry-after-ms: 1000\r\n"
    "connection: close\r\n\r\n";

Reply json_page(std::string body) {
  Reply reply;
  reply.body = std::move(body);
  return reply.with("content-type", "application/json");
}

Reply no_figures() { return error_reply({}, 503, "unavailable", "there are no figures now"); }

}  // namespace

struct Gateway::Impl {
  Impl(Options from, br_capture* of)
      : options(std::move(from)), capture(of), paths(options.base_urls), upstreams(options, loop) {}

  ~Impl() { stop(); }

  bool listen(std::string& error) {
    const int fd = options.listening >= 0 ? options.listening : listen_on(options.host, options.port, error);
    if (fd < 0) return false;
    port = port_of(fd);
    error_code code;
    acceptor.assign(family_of(fd), fd, code);
    if (!code) acceptor.non_blocking(true, code);
    if (code) error = "cannot listen on " + options.host + ": " + code.message();
    return !code;
  }

  bool read_certificate(std::string& error) {
    if (options.tls_cert.empty()) return true;
    error_code code;
    tls.emplace(asio::ssl::context::tls_server);
    tls->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    tls->use_certificate_chain_file(options.tls_cert, code);
    const std::string& which = code ? options.tls_cert : options.tls_key;
    if (!code) tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, code);
    if (code) error = which + ": cannot be used for TLS: " + code.message();
    return !code;
  }

  void run() {
    guard.emplace(options, port);
    intake.emplace(capture, loop);
    service.emplace(Service{options, loop, capture, paths, *guard, *intake, held, upstreams, pages, Callers(options),
                            Deliveries(*intake)});
    add_pages();
    pump.emplace(
        capture, *intake, loop, [this](Answer answer) { held.answered(std::move(answer)); }, options.failed);
    wait_connection();
    settle_later();
    thread = std::thread([this] { loop.run(); });
  }

  void add_pages() {
    pages.add_files();
    pages.add("/healthz", [] { return json_page(R"({"status":"ok"})").with(std::string(kGatewayMark), "1"); });
    pages.add("/stats", [this] {
      const std::string text = stats_text();
      return text.empty() ? no_figures() : json_page(text);
    });
    pages.add("/metrics", [this] {
      const auto stats = read_stats(stats_text());
      if (!stats) return no_figures();
      Reply reply;
      reply.body = metrics_text(*stats, service->callers.total(), br_version());
      return reply.with("content-type", std::string(kMetricsType));
    });
  }

  // Empty: there are none.
  std::string stats_text() const {
    size_t size = 0;
    const char* text = br_capture_stats_json(capture, &size);
    return text == nullptr ? std::string() : std::string(text, size);
  }

  void wait_connection() {
    acceptor.async_wait(tcp::acceptor::wait_read, [this](const error_code& error) {
      if (!error) accept_all();
    });
  }

  // Empties the whole queue at once: thousands of clients may connect in one moment.
  void accept_all() {
    error_code error;
    while (true) {
      tcp::endpoint peer;
      tcp::socket socket = acceptor.accept(peer, error);
      if (error == asio::error::connection_aborted || error == asio::error::interrupted) continue;
      if (error) break;
      admit(std::move(socket), std::hash<std::string>()(peer.address().to_string()));
    }
    if (error == asio::error::would_block) return wait_connection();
    if (!acceptor.is_open()) return;
    accept_timer.expires_after(std::chrono::milliseconds(kAcceptPauseMs));
    accept_timer.async_wait([this](const error_code& stopped) {
      if (!stopped && acceptor.is_open()) wait_connection();
    });
  }

  void admit(tcp::socket socket, size_t caller) {
    const bool full = service->callers.total() >= options.max_connections || !service->callers.has_room(caller);
    if (full) {
      error_code ignored;
      socket.non_blocking(true, ignored);
      if (!tls) socket.write_some(asio::buffer(kFull), ignored);
      socket.shutdown(tcp::socket::shutdown_send, ignored);
      return;
    }
    if (!tls) return std::make_shared<Session>(std::move(socket), *service, caller)->start();
    start_tls_front(std::move(socket), loop, *tls, options.head_timeout_ms, [this, caller](tcp::socket inner) {
      std::make_shared<Session>(std::move(inner), *service, caller)->start();
    });
  }

  void adopt(int fd) {
    tcp::socket socket(loop);
    error_code error;
    socket.assign(family_of(fd), fd, error);
    if (error) {
      ::close(fd);
      return;
    }
    const tcp::endpoint own = socket.local_endpoint(error), peer = socket.remote_endpoint(error);
    if (error || service->stopping) return;
    guard->add_address(own.address().to_string(), own.port());
    admit(std::move(socket), std::hash<std::string>()(peer.address().to_string()));
  }

  void settle_later() {
    settle_timer.expires_after(std::chrono::milliseconds(kSettleMs));
    settle_timer.async_wait([this](const error_code& stopped) {
      if (stopped) return;
      service->deliveries.settle();
      settle_later();
    });
  }

  // Runs on the loop, and waits until it has run.
  void on_loop(const std::function<void()>& action) {
    std::promise<void> done;
    asio::post(loop, [&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }

  template <typename Action>
  void each_session(Action action) {
    std::vector<std::shared_ptr<Session>> all;
    for (Session* session : service->sessions) all.push_back(session->shared_from_this());
    for (const auto& session : all) action(*session);
  }

  void stop_taking() {
    if (!thread.joinable()) return;
    on_loop([this] {
      error_code ignored;
      acceptor.close(ignored);
      service->stopping = true;
      each_session([](Session& session) { session.end_when_idle(); });
    });
  }

  void stop() {
    if (!thread.joinable()) return;
    stop_taking();
    pump->stop();
    on_loop([this] {
      service->deliveries.settle();
      each_session([](Session& session) { session.end_now(); });
    });
    intake->stop();
    on_loop([this] { settle_timer.cancel(); });
    loop.stop();
    thread.join();
    // What was closed above ends here: sessions go before what they use.
    loop.restart();
    while (loop.poll() > 0) {
    }
  }

  Options options;
  br_capture* capture;
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop};
  asio::steady_timer accept_timer{loop};
  asio::steady_timer settle_timer{loop};
  std::optional<asio::ssl::context> tls;
  uint16_t port = 0;
  Paths paths;
  Held held;
  Pages pages;
  Upstreams upstreams;
  std::optional<Guard> guard;
  std::optional<Intake> intake;
  std::optional<Service> service;
  std::optional<Pump> pump;
  std::thread thread;
};

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gateway::~Gateway() = default;

std::unique_ptr<Gateway> Gateway::start(Options options, br_capture* capture, std::string& error) {
  auto impl = std::make_unique<Impl>(std::move(options), capture);
  if (!impl->read_certificate(error) || !impl->listen(error)) return nullptr;
  impl->run();
  return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

void turn_away(int socket, bool with_tls) {
  if (!with_tls) (void)::send(socket, kFull.data(), kFull.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(socket, SHUT_WR);
}

uint16_t Gateway::port() const { return impl_->port; }

std::string Gateway::url() const { return url_of(impl_->options.host, impl_->port, impl_->tls.has_value()); }

std::vector<std::pair<std::string, std::string>> Gateway::variables() const { return variables_of(url()); }

void Gateway::adopt(int socket) {
  asio::post(impl_->loop, [this, socket] { impl_->adopt(socket); });
}

int64_t Gateway::calls() const { return impl_->intake->taken(); }

void Gateway::stop_taking() { impl_->stop_taking(); }
void Gateway::stop() { impl_->stop(); }

}  // namespace br::gateway
