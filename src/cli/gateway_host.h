// The gateway of a state directory, whoever runs it: this process where it is the first, else the process that owns the
// directory, for as long as it lives.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/handles.h"
#include "cli/options.h"
#include "gateway/gateway.h"

namespace cli {

// What this process serves calls with when it owns the directory.
class OwnGateway {
 public:
  // Throws Failure; its code is BR_ELOCKED where another process owns the directory. It listens on a copy of the socket.
  OwnGateway(const Options& options, const br::gateway::Options& server);
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

class GatewayHost {
 public:
  // How the process waits for so many milliseconds while another one starts or ends; false: it is to give up.
  using Pause = std::function<bool(int)>;

  // Serves when it returns. Throws Failure where that cannot be.
  GatewayHost(const Options& options, Pause pause);
  ~GatewayHost();
  GatewayHost(const GatewayHost&) = delete;
  GatewayHost& operator=(const GatewayHost&) = delete;

  std::string url() const { return url_; }
  const br::gateway::Options& server() const { return server_; }

  // Since this process came to its owner, or became the owner.
  br::gateway::Figures figures();
  // Whether calls of other processes may be among them.
  bool is_shared();
  // What the library says of it; empty where another process is the owner.
  std::string stats();

  // No new calls.
  void stop_taking();
  // Submits what is queued, where this process is the owner. false: it did not get done within the time.
  bool submit(std::int64_t timeout_ms);
  // Cuts whoever still waits.
  void stop();

 private:
  void close_listening();
  bool join_owner();
  void check_profile(const std::string& theirs) const;
  void be_front();
  bool take_over();
  bool pass_on_next();
  OwnGateway* own();

  Options options_;
  br::gateway::Options server_;
  std::string profile_, url_;
  int listening_ = -1;
  int wake_ = -1;  // written when the thread is to end
  std::mutex mutex_;
  std::unique_ptr<OwnGateway> own_;  // guarded by mutex_, as are
  br::gateway::OwnerLink link_;      // this
  br::gateway::Figures before_;      // and this: the owner's figures when this process came
  bool has_joined_ = false;
  std::atomic<bool> ending_{false};
  std::vector<int> waiting_;  // connections without an owner; the thread's
  std::thread front_;
};

}  // namespace cli
