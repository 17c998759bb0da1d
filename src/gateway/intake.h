#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/call.h"

namespace br::gateway {

// What became of a call that was handed to the library.
struct Taken {
  enum class Kind { kHeld, kPass, kFailed };
  Kind kind = Kind::kFailed;
  int64_t id = 0;     // kHeld
  Call call;          // kPass: as it was handed in
  std::string error;  // kFailed
};

// The one thread that waits for the library's disk: takes all calls that have arrived in one go, so that a thousand of
// them cost one sync. What sessions say of earlier calls is told before new ones are taken, so that a client that
// comes back finds what it left.
class Intake {
 public:
  using Then = std::function<void(Taken)>;

  // `capture` and `loop` must outlive it; `then` runs on the loop.
  Intake(br_capture* capture, boost::asio::io_context& loop);
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  void take(Call call, Then then);
  void leave(int64_t id);
  // The answer as a value that finds its way back.
  Answer own(br_answer* answer);
  void delivered(Answer answer);
  // Does what was asked for and ends the thread. What is asked for later is done by the caller's own thread.
  void stop();
  // How many calls the library has taken.
  int64_t taken() const { return taken_; }

 private:
  struct Request {
    Call call;
    Then then;
  };
  struct Work {
    std::vector<int64_t> left;
    std::vector<Answer> delivered;
    std::vector<br_answer*> freed;
    std::vector<Request> calls;
    bool empty() const { return left.empty() && delivered.empty() && freed.empty() && calls.empty(); }
  };

  void run();
  void free_answer(br_answer* answer);
  void give_back_memory();
  void carry_out(Work work);
  void take_all(std::vector<Request> calls);

  br_capture* capture_;
  boost::asio::io_context& loop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Work work_;              // guarded by mutex_, as is
  bool stopping_ = false;  // this
  std::atomic<int64_t> taken_{0};
  size_t untrimmed_ = 0;  // calls since memory was given back; the thread's
  std::thread thread_;
};

}  // namespace br::gateway
