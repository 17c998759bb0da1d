#pragma once

// The gateway: an HTTP server that looks like every vendor, and answers from batches. Its one door for the program.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "batchrouter.h"
#include "gateway/options.h"
#include "gateway/owner_socket.h"
#include "gateway/token.h"

namespace br::gateway {

class Gateway {
 public:
  // Listens and serves, on threads of its own. `capture` must outlive it. nullptr, with `error` saying why: the options
  // don't go together, or the address is not to be had.
  static std::unique_ptr<Gateway> start(Options options, br_capture* capture, std::string& error);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:4141"
  // The variables that lead the vendors' own clients here.
  std::vector<std::pair<std::string, std::string>> variables() const;

  // Serves a connection that another process has accepted; the socket becomes the gateway's. Any thread.
  void adopt(int socket);
  // How many calls it has taken for batches, those that were answered at once included. Any thread.
  int64_t calls() const;

  // No new connections and no new calls; those that wait go on waiting. Any thread, as the next.
  void stop_taking();
  // Cuts whoever still waits, so that it tries again, and ends the threads. Further calls do nothing.
  void stop();

  struct Impl;

 private:
  explicit Gateway(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What is wrong with them, empty for nothing: an address that everybody can reach without what protects it.
std::string check_options(const Options& options, bool behind_proxy, bool token_given);

// The variables that lead the vendors' own clients to a gateway there: Gateway::variables().
std::vector<std::pair<std::string, std::string>> variables_of(const std::string& url);

// What a gateway on that host and port is called.
std::string url_of(const std::string& host, uint16_t port, bool with_tls);

// Listens; the descriptor, or -1 with `error` saying why. It is not passed on to programs that are started.
int listen_on(const std::string& host, uint16_t port, std::string& error);
uint16_t port_of(int listening);

// Tells whoever has connected to come back soon, which the vendors' own clients do by themselves. The socket stays the
// caller's, who closes it when that has been read. with_tls: nothing can be told.
void turn_away(int socket, bool with_tls);

// Whether a gateway of ours answers at that URL, which is one of this machine's own addresses. Waits for a few seconds.
bool is_gateway(const std::string& url);

// Whether a URL leads to a gateway on that host and port.
bool leads_to(const std::string& url, const std::string& host, uint16_t port);

// "HOST:PORT" taken apart; false: it is none.
bool parse_listen(const std::string& text, std::string* host, uint16_t* port);

bool is_loopback_host(const std::string& host);

}  // namespace br::gateway
