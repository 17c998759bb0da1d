#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <thread>

#include "batchrouter.h"
#include "gateway/intake.h"

namespace br::gateway {

// The one thread that waits for the library's answers and hands them to the loop, many at a time.
class Pump {
 public:
  using Receive = std::function<void(Answer)>;

  using Failed = std::function<void(const std::string& why)>;

  // `receive` runs on the loop, once for each answer. `failed` on the pump's thread, as the last thing: no answer will come
  // any more; it may be empty.
  Pump(br_capture* capture, Intake& intake, boost::asio::io_context& loop, Receive receive, Failed failed);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  // Ends the thread within a moment.
  void stop();

 private:
  void run();

  br_capture* capture_;
  Intake& intake_;
  boost::asio::io_context& loop_;
  Receive receive_;
  Failed failed_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace br::gateway
