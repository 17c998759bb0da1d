#include "emulator/http/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "emulator/http/session.h"

namespace br::emulator {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int kBacklog = 4096;
constexpr int64_t kAcceptPauseMs = 20;  // when the process is out of descriptors

}  // namespace

struct Server::Loop {
  Loop(Handler& handler, std::mutex& gate)
      : acceptor(context), work_timer(context), accept_timer(context), share{handler, gate, [this] { wake(0); }} {}

  bool listen(uint16_t port, std::string& error) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    error_code code;
    if (!acceptor.open(endpoint.protocol(), code)) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
    if (!code) acceptor.bind(endpoint, code);
    if (!code) acceptor.listen(kBacklog, code);
    if (!code) acceptor.non_blocking(true, code);
    if (!code) return true;
    error = "emulator cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + code.message() +
            ", choose another port or 0 for a free one";
    return false;
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
      tcp::socket socket = acceptor.accept(error);
      if (error == asio::error::connection_aborted) continue;
      if (error) break;
      std::make_shared<Session>(std::move(socket), share)->start();
    }
    if (error == asio::error::would_block) return wait_connection();
    accept_timer.expires_after(std::chrono::milliseconds(kAcceptPauseMs));
    accept_timer.async_wait([this](const error_code& stopped) {
      if (!stopped) wait_connection();
    });
  }

  void wake(int64_t ms) {
    work_timer.expires_after(std::chrono::milliseconds(ms));
    work_timer.async_wait([this](const error_code& error) {
      if (!error) work();
    });
  }

  void work() {
    int64_t next_ms = -1;
    {
      const std::lock_guard lock(share.gate);
      next_ms = share.handler.work();
    }
    if (next_ms >= 0) wake(next_ms);
  }

  asio::io_context context{1};
  tcp::acceptor acceptor;
  asio::steady_timer work_timer;
  asio::steady_timer accept_timer;
  SessionShare share;
  std::thread thread;
};

Server::Server(Handler& handler, std::mutex& gate) : loop_(std::make_unique<Loop>(handler, gate)), gate_(gate) {}

Server::~Server() { stop(); }

bool Server::start(uint16_t port, std::string& error) {
  if (!loop_->listen(port, error)) return false;
  port_ = loop_->acceptor.local_endpoint().port();
  loop_->wait_connection();
  loop_->thread = std::thread([loop = loop_.get()] { loop->context.run(); });
  return true;
}

void Server::kick() {
  if (loop_) asio::post(loop_->context, [loop = loop_.get()] { loop->wake(0); });
}

void Server::stop() {
  if (!loop_) return;
  loop_->context.stop();
  if (loop_->thread.joinable()) loop_->thread.join();
  // Sessions hold exchanges and blobs, which belong to what the gate guards.
  const std::lock_guard lock(gate_);
  loop_.reset();
}

}  // namespace br::emulator
