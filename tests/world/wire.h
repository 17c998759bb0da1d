// Wire: the network between one process and a vendor: calls that get lost on the way there or back, arrive late or twice,
// are refused, or are answered by somebody in between.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "net/http.h"
#include "sys/file_system.h"
#include "world/cloud.h"
#include "world/dice.h"
#include "world/history.h"
#include "world/life.h"
#include "world/timeline.h"

namespace br::world {

// How bad the network is. Chances are percents of the calls.
struct Weather {
  int refused = 0;      // no connection
  int lost_there = 0;   // it never arrives; nobody can tell
  int lost_back = 0;    // it is carried out; the answer never arrives
  int late = 0;         // it is carried out minutes after everybody has given up
  int twice = 0;        // somebody on the way sends it again
  int busy = 0;         // 429, not carried out
  int broken = 0;       // 500, 503: carried out or not
  int page = 0;         // 200 with a page of somebody in between; not carried out
  int cut = 0;          // a download ends in the middle
  int clipped = 0;      // a download that ends in the middle looks whole, the first time
  int not_found = 0;    // 404 for what is there
  int denied = 0;       // 401 for a key that is right
  std::int64_t slowest_ms = 2'000;
};

// How often the network itself had the vendor carry a paid call out once more; by the word of each question in it.
using Repeats = std::map<std::string, int>;

class Wire : public Transport {
 public:
  struct Ends {
    Timeline* timeline;
    History* history;
    Cloud* cloud;
    const Weather* weather;
    Dice* dice;
    Repeats* repeats;
    std::set<std::string>* clipped;  // what was clipped once
  };
  Wire(const Ends& ends, Life* life, FileSystem* files) : e_(ends), life_(life), files_(files) {}

  std::uint64_t start(HttpRequest request, BodySink sink, Done done) override;
  void abort(std::uint64_t exchange) override { exchanges_.erase(exchange); }
  std::size_t active() const override { return exchanges_.size(); }
  const TransportStats& stats() const override { return stats_; }
  void wait(std::int64_t timeout_ms) override;
  void wake() override { is_woken_ = true; }

 private:
  struct Exchange {
    HttpResponse response;
    bool is_ready = false;
    bool is_bulk = false;
    BodySink sink;
    Done done;
  };
  Result<Call> read(const HttpRequest& request);
  void travel(const std::shared_ptr<Exchange>& exchange, const Call& call);
  void arrive(const std::shared_ptr<Exchange>& exchange, const Reply& reply, std::int64_t after_ms);
  void fail(const std::shared_ptr<Exchange>& exchange, Failure how, const char* why, std::int64_t after_ms);
  void carry_out_later(const Call& call, std::int64_t after_ms);
  bool finish_one();

  Ends e_;
  Life* life_;
  FileSystem* files_;
  std::map<std::uint64_t, std::shared_ptr<Exchange>> exchanges_;
  std::uint64_t last_ = 0;
  bool is_woken_ = false;
  TransportStats stats_;
};

}  // namespace br::world
