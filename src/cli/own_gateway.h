// OwnGateway: the gateway of a state directory that this process owns, with the router and the capture behind it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "cli/handles.h"
#include "cli/options.h"
#include "gateway/gateway.h"

namespace cli {

// What this process serves calls with when it owns the directory.
class OwnGateway {
 public:
  // Throws Failure; its code is BR_ELOCKED where another process owns the directory. It listens on a copy of the socket.
  // failed: called on a thread of its own, with the reason, when the state can no longer be written: whoever waited has
  // been told to ask again, and it takes no call any more. It must not be destroyed in there.
  OwnGateway(const Options& options, br::gateway::Options server, std::function<void(const std::string&)> failed);
  ~OwnGateway();
  OwnGateway(const OwnGateway&) = delete;
  OwnGateway& operator=(const OwnGateway&) = delete;

  void adopt(int socket) { gateway_->adopt(socket); }
  br::gateway::Figures figures() const;
  bool was_shared() const { return socket_->was_shared(); }
  std::string stats() const;
  void stop_taking();
  // Submits what is queued. false: it did not get done within the time.
  bool submit(std::int64_t timeout_ms);
  void stop();

 private:
  void count_events();

  std::atomic<std::int64_t> batches_{0};
  std::atomic<bool> ending_{false};
  Config config_;
  Router router_;
  std::unique_ptr<br_capture, Freer<br_capture_free>> capture_;
  std::unique_ptr<br::gateway::Gateway> gateway_;
  std::unique_ptr<br::gateway::OwnerSocket> socket_;
  std::thread events_;
};

}  // namespace cli
