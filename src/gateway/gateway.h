#pragma once

// The gateway: an HTTP server that looks like every vendor, and answers from batches. Its one door for the program.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "batchrouter.h"
#include "gateway/options.h"
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

// Whether a URL leads to a gateway on that host and port.
bool leads_to(const std::string& url, const std::string& host, uint16_t port);

// "HOST:PORT" taken apart; false: it is none.
bool parse_listen(const std::string& text, std::string* host, uint16_t* port);

bool is_loopback_host(const std::string& host);

}  // namespace br::gateway
