#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "emulator/http/exchange.h"

namespace br::emulator {

// An HTTP/1.1 server on 127.0.0.1 with one thread. Bodies stream in and out in pieces, so memory does not grow with
// them. The handler is called with `gate` held, and only by the server's thread.
class Server {
 public:
  // `handler` and `gate` must outlive the server.
  Server(Handler& handler, std::mutex& gate);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens (port 0: a free one) and starts the thread. False, with `error` saying why, if the port is not to be had.
  bool start(uint16_t port, std::string& error);
  uint16_t port() const { return port_; }
  // Has the handler's work() called soon. Any thread.
  void kick();
  // Closes the port and every connection and joins the thread. Further calls do nothing.
  void stop();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
  std::mutex& gate_;
  uint16_t port_ = 0;
};

}  // namespace br::emulator
