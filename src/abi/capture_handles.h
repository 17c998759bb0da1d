// What stands behind the handles of captured calls.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "batchrouter.h"
#include "capture/capture.h"

struct br_exchange {
  br::HttpCall call;
  bool cache_is_set = false;  // else the configuration's counts
};

struct br_capture {
  std::shared_ptr<br::Router> router;
  std::shared_ptr<br::Capture> capture;
  std::mutex texts_mutex;
  std::map<std::thread::id, std::string> stats, calls;  // lent to each thread
};

struct br_answer {
  std::shared_ptr<br::Capture> capture;
  br::TakenAnswer answer;
  bool is_delivered = false;
};
