#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "gateway/caller.h"
#include "gateway/held.h"
#include "gateway/work.h"

namespace br::gateway {

class Session;

// How a response that is a stream is kept alive until there is something to stream.
enum class StreamKind : uint8_t {
  kNone,      // one JSON value: blanks before it
  kComments,  // events: comments
  kPings,     // Anthropic's events: its own pings
  kArray,     // Gemini's stream as one JSON array: blanks before it
};

// What a call asks for.
StreamKind stream_kind(std::string_view provider, std::string_view url, std::string_view body);

// A call whose answer will come from a batch: the connection stays open, and says so before anybody loses patience.
class Hold : public Work, public Waiter, public std::enable_shared_from_this<Hold> {
 public:
  Hold(std::shared_ptr<Session> session, int64_t id, std::string provider, const Patience& patience, StreamKind stream);
  void start();

  void on_answer(Answer answer) override;
  void on_timer() override;
  void on_gone() override;

 private:
  using Clock = std::chrono::steady_clock;

  bool is_stream() const { return stream_ == StreamKind::kComments || stream_ == StreamKind::kPings; }
  int64_t waited_ms() const;
  void sleep();
  void send_early_head();
  void send_heartbeat();
  void give_up();
  void defer();
  void send_whole(Answer answer);
  void send_late(Answer answer);
  Headers own_headers(const std::string& batch_id) const;
  std::string batch_id() const;
  int64_t retry_after_s() const;
  void piece(std::string_view bytes);
  // Nobody waits here for the call any more.
  void leave();
  std::shared_ptr<Session> detach();

  std::shared_ptr<Session> session_;  // empty when done
  int64_t id_;
  std::string provider_;
  Patience patience_;
  StreamKind stream_;
  bool early_ = false;  // the head has been sent, before the answer was there
  Clock::time_point since_;
  int64_t next_ms_ = 0;  // of the next heartbeat, after `since_`
};

}  // namespace br::gateway
