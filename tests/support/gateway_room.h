// A gateway on loopback with a library of captures in memory, a client that sends bytes as they are, and a vendor that
// records what it gets and answers what it is told.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/gateway.h"
#include "support/capture_stand_in.h"
#include "support/cmocka.h"

namespace room {

inline sockaddr_in loopback(uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

class Wire {
 public:
  explicit Wire(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in to = loopback(port);
    assert_int_equal(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Wire() { close(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // As the system does for a program that is killed before it has read everything.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  // Reads until the text has `what` in it, or the end. What was read so far, and stays.
  const std::string& until(std::string_view what) {
    while (text_.find(what) == std::string::npos && more()) {
    }
    return text_;
  }
  // To the end of the connection.
  const std::string& rest() {
    while (more()) {
    }
    return text_;
  }
  // The next response with a length, taken out of what was read.
  std::string response() {
    until("\r\n\r\n");
    const size_t head = text_.find("\r\n\r\n");
    if (head == std::string::npos) return std::exchange(text_, {});
    const size_t length =
        text_.find("ontent-length: ") < head ? text_.find("ontent-length: ") : text_.find("ontent-Length: ");
    const size_t size = head + 4 + (length < head ? std::stoul(text_.substr(length + 15)) : 0);
    while (text_.size() < size && more()) {
    }
    std::string out = text_.substr(0, size);
    text_.erase(0, size);
    return out;
  }

  bool was_reset() const { return last_errno_ == ECONNRESET; }

 private:
  bool more() {
    char buffer[65536];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    last_errno_ = got < 0 ? errno : 0;
    if (got > 0) text_.append(buffer, static_cast<size_t>(got));
    return got > 0;
  }

  int fd_;
  int last_errno_ = 0;
  std::string text_;
};

// Answers each request whose head has come with the next of its answers, the last one again and again. A request is
// whole when it holds `waits_for`.
class Vendor {
 public:
  explicit Vendor(std::vector<std::string> answers, std::string waits_for = "\r\n\r\n")
      : answers_(std::move(answers)),
        waits_for_(std::move(waits_for)),
        fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    assert_int_equal(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), size), 0);
    assert_int_equal(::listen(fd_, 64), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Vendor() {
    stopping_ = true;
    ::shutdown(fd_, SHUT_RDWR);
    {
      const std::lock_guard lock(mutex_);
      for (const int client : clients_) ::shutdown(client, SHUT_RDWR);
    }
    thread_.join();
    ::close(fd_);
  }
  Vendor(const Vendor&) = delete;
  Vendor& operator=(const Vendor&) = delete;

  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string got() {
    const std::lock_guard lock(mutex_);
    return got_;
  }
  size_t connections() {
    const std::lock_guard lock(mutex_);
    return clients_.size();
  }

 private:
  void run() {
    std::vector<std::thread> threads;
    while (true) {
      const int client = ::accept(fd_, nullptr, nullptr);
      if (client < 0 || stopping_) {
        if (client >= 0) ::close(client);
        break;
      }
      {
        const std::lock_guard lock(mutex_);
        clients_.push_back(client);
      }
      threads.emplace_back([this, client] { serve(client); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const int client : clients_) ::close(client);
  }

  void serve(int client) {
    std::string text;
    char buffer[65536];
    for (ssize_t got = ::recv(client, buffer, sizeof buffer, 0); got > 0;
         got = ::recv(client, buffer, sizeof buffer, 0)) {
      text.append(buffer, static_cast<size_t>(got));
      {
        const std::lock_guard lock(mutex_);
        got_.append(buffer, static_cast<size_t>(got));
      }
      if (text.find(waits_for_) == std::string::npos) continue;
      text.clear();
      std::string answer;
      {
        const std::lock_guard lock(mutex_);
        answer = answers_[std::min(next_, answers_.size() - 1)];
        ++next_;
      }
      if (answer.empty()) break;
      ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (answer.find("onnection: close") != std::string::npos) break;
    }
    ::shutdown(client, SHUT_RDWR);
  }

  std::vector<std::string> answers_;
  std::string waits_for_;
  size_t next_ = 0;
  int fd_;
  uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::string got_;
  std::vector<int> clients_;
  std::thread thread_;
};

inline const std::string kToken = "0123456789abcdef0123456789abcdef";

struct Room {
  explicit Room(br::gateway::Options options = {}, const std::string& vendor = "http://127.0.0.1:9") {
    options.port = 0;
    options.token = kToken;
    for (const char* name : {"openai", "anthropic", "google"})
      options.base_urls.emplace(name, vendor + (std::string(name) == "openai" ? "/v1" : ""));
    std::string error;
    gateway = br::gateway::Gateway::start(std::move(options), &capture, error);
    if (!gateway) fail_msg("%s", error.c_str());
    host = "127.0.0.1:" + std::to_string(gateway->port());
  }
  ~Room() {
    capture.end();
    gateway.reset();
  }

  std::string get(const std::string& path, const std::string& headers = {}) const {
    return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n";
  }
  std::string post(const std::string& path, const std::string& body, const std::string& headers = {},
                   const char* version = "1.1") const {
    return "POST " + path + " HTTP/" + version + "\r\nHost: " + host +
           "\r\nContent-Type: application/json\r\nAuthorization: Bearer sk-caller\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  Wire wire() const { return Wire(gateway->port()); }
  std::string ask(const std::string& request) const {
    Wire client(gateway->port());
    client.send(request);
    return client.response();
  }

  br_capture capture;
  std::unique_ptr<br::gateway::Gateway> gateway;
  std::string host;
};

inline bool has(const std::string& text, std::string_view what) {
  if (text.find(what) != std::string::npos) return true;
  print_error("%.*s is not in:\n%s\n", static_cast<int>(what.size()), what.data(), text.c_str());
  return false;
}

inline std::string status_of(const std::string& response) { return response.substr(0, response.find(' ', 9)); }

}  // namespace room
