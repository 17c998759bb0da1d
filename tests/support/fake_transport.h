// A transport without a network: a function of the test's is the vendor, and time is a FakeClock that goes on when
// nothing else can happen.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "net/http.h"
#include "support/fake_clock.h"
#include "sys/file_system.h"

namespace br::test {

struct FakeAnswer {
  HttpResponse response;
  std::int64_t after_ms = 0;
};

// body: inline, or the files that go up with it, one behind the other. Runs on the thread that sends.
using FakeVendor = std::function<FakeAnswer(const HttpRequest& request, const std::string& body)>;

// 200 with that body.
inline FakeAnswer ok_answer(std::string body, std::int64_t after_ms = 0) {
  FakeAnswer answer;
  answer.response.status = 200;
  answer.response.body = std::move(body);
  answer.after_ms = after_ms;
  return answer;
}

class FakeTransport : public Transport {
 public:
  // The clock moves to what is due next, and otherwise as far as wait() may wait; a wait of an hour or more, and one
  // without an end, lasts until wake() instead: then nobody has anything to wait for.
  FakeTransport(FakeClock* clock, FileSystem* files, FakeVendor vendor);

  std::uint64_t start(HttpRequest request, BodySink sink, Done done) override;
  void abort(std::uint64_t exchange) override { exchanges_.erase(exchange); }
  std::size_t active() const override { return exchanges_.size(); }
  const TransportStats& stats() const override { return stats_; }
  void wait(std::int64_t timeout_ms) override;
  void wake() override;

 private:
  struct Exchange {
    std::int64_t due_ms;
    HttpResponse response;
    bool bulk;
    BodySink sink;
    Done done;
  };
  using Exchanges = std::map<std::uint64_t, Exchange>;
  Result<std::string> body_of(const HttpRequest& request);
  Exchanges::iterator next();
  bool finish_due();
  void finish(Exchange exchange);

  FakeClock* clock_;
  FileSystem* files_;
  FakeVendor vendor_;
  Exchanges exchanges_;  // in the order in which they were started
  std::uint64_t last_ = 0;
  TransportStats stats_;
  std::mutex mutex_;  // guards woken_
  std::condition_variable changed_;
  bool woken_ = false;
};

}  // namespace br::test
