// The gateway of a state directory, whoever runs it: this process where it is the first, else the process that owns the
// directory, for as long as it lives. Where the state cannot be written for a time, it is opened again and again, and
// whoever calls meanwhile is told to come back.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/options.h"
#include "cli/own_gateway.h"
#include "gateway/gateway.h"

namespace cli {

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
  void start();
  void close_listening();
  int listening();
  void check_profile(const std::string& theirs) const;
  void run();
  void be_owner();
  void be_front();
  void find_owner();
  bool join_owner();
  void take_over();
  bool pass_on_next();
  void retire();
  void turn_away_for(int ms);
  void wake_up() const;
  std::shared_ptr<OwnGateway> own();

  Options options_;
  br::gateway::Options server_;
  std::string profile_, url_;
  int wake_ = -1;  // written when the thread has to look at failed_ or ending_
  std::mutex mutex_;
  // Guarded by mutex_, as are the next seven. It stays open beside the own gateway's copy, for the time after a failure.
  int listening_ = -1;
  std::shared_ptr<OwnGateway> own_;
  br::gateway::OwnerLink link_;
  br::gateway::Figures before_;   // the owner's figures when this process came
  br::gateway::Figures retired_;  // of own gateways that failed
  std::string failure_;           // of the own gateway
  bool in_trouble_ = false;       // it failed, and there is no other yet
  bool has_joined_ = false;
  std::atomic<bool> ending_{false}, failed_{false};
  std::vector<int> waiting_;      // connections without an owner; the thread's, as is the next
  std::vector<int> turned_away_;  // closed when their clients had the time to read why
  std::thread thread_;
};

}  // namespace cli
