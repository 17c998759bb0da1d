// The library's capture functions in memory, for tests of the gateway: what was taken is looked at, and answered when
// the test says so.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "batchrouter.h"

struct br_exchange {
  std::string method, url, body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::map<std::string, std::string> options;

  std::string header(const std::string& name) const;
};

struct br_answer {
  int64_t id = 0;
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body, batch_id;
  std::string events;  // empty: it asked for no stream
  br_capture* of = nullptr;
  bool delivered = false;
};

struct br_capture {
  struct Held {
    int64_t id;
    br_exchange exchange;
  };

  // Which calls are for a batch; without it all that have a "model".
  std::function<bool(const br_exchange&)> takes;
  int64_t expected_in_ms = -1;  // of every call; -1: nobody knows
  std::string batch_id;         // of every call
  br_status trouble = BR_OK;    // what taking comes to
  std::string stats = R"({"held":0,"queued":0})";

  // The number so many calls in, waited for; fails the test if they don't come.
  br_exchange call(size_t number);
  int64_t id(size_t number);
  void answer(size_t number, int status, std::string body, std::string events = {});
  // Wait until so many calls were left, delivered, given back without.
  bool waits_for(const char* what, size_t number);
  size_t count(const char* what);
  void end();

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Held> calls;
  std::deque<br_answer*> ready;
  std::vector<int64_t> left, delivered, returned;
  size_t syncs = 0;
  bool closed = false;
};
