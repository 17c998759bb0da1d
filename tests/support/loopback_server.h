// A server on a loopback port: one request for each connection, answered with bytes of the test's; then it hangs up.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/cmocka.h"

namespace br::test {

class LoopbackServer {
 public:
  using Answer = std::function<std::string(const std::string& request)>;
  explicit LoopbackServer(Answer answer) : answer_(std::move(answer)), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket_, raw, size) != 0 || listen(socket_, 64) != 0 || getsockname(socket_, raw, &size) != 0)
      fail_msg("no loopback port");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    stops_ = true;
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  static std::string receive(int connection) {
    std::string text;
    char buffer[4096];
    for (;;) {
      const std::size_t head = text.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t at = text.find("Content-Length: ");
        const std::size_t body = at < head ? std::stoul(text.substr(at + 16)) : 0;
        if (text.size() >= head + 4 + body) return text;
      }
      const ssize_t n = read(connection, buffer, sizeof buffer);
      if (n <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(n));
    }
  }
  void serve() {
    while (!stops_) {
      const int connection = accept(socket_, nullptr, nullptr);
      if (connection < 0) continue;
      const std::string request = receive(connection);
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const std::string text = answer_(request);
      for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t n = send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += static_cast<std::size_t>(n);
      }
      close(connection);
    }
  }

  const Answer answer_;
  const int socket_;
  int port_ = 0;
  std::atomic<bool> stops_{false};
  std::mutex mutex_;  // guards requests_
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace br::test
