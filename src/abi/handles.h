// What stands behind the opaque types of batchrouter.h.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "batchrouter.h"
#include "core/requests/estimate.h"
#include "core/requests/intake.h"
#include "core/router/result_cursor.h"
#include "core/router/router.h"

namespace br {

// A C callback with its user_data; destroy runs once, when the last copy goes.
template <class Fn>
class Callback {
 public:
  Callback() = default;
  Callback(Fn fn, void* user_data, br_destroy_fn destroy) : fn_(fn), user_data_(user_data) {
    // A shared_ptr runs its deleter for a null pointer as well, and when it cannot be made for lack of memory.
    if (destroy != nullptr) guard_ = std::shared_ptr<void>(user_data, [destroy](void* data) { destroy(data); });
  }
  explicit operator bool() const { return fn_ != nullptr; }
  template <class... Args>
  void operator()(Args... args) const {
    fn_(user_data_, args...);
  }

 private:
  Fn fn_ = nullptr;
  void* user_data_ = nullptr;
  std::shared_ptr<void> guard_;
};

}  // namespace br

struct br_error {
  br::Error error;
};

struct br_config {
  br::Config config;
  std::int32_t log_level = 0;
  br::Callback<br_log_fn> log;
  br::Callback<br_event_fn> event;
};

struct br_request {
  std::string custom_id, model;
  struct Message {
    std::int32_t role;
    std::vector<std::string> parts;
  };
  std::vector<std::string> system;
  bool system_is_list = false;
  std::vector<Message> messages;
  std::vector<std::pair<std::string, std::string>> generation, fields;
  std::string raw;   // from br_request_from_json: the line as it was given
  std::string json;  // the answer of br_request_json
};

struct br_batch {
  br::BatchSpec spec;
};

struct br_router {
  std::shared_ptr<br::Router> router;
  std::mutex stats_mutex;
  std::map<std::thread::id, std::string> stats;  // each thread's own, until its next call
};

// For any thread at any time. A snapshot is replaced whole, and what was lent of an older one stays.
struct br_job {
  br_job(std::shared_ptr<br::Router> owner, br::JobView first);
  // The snapshot in force.
  std::shared_ptr<const br::JobView> seen() const;
  void replace(br::JobView next);
  // A copy that lives as long as the handle; equal texts share one.
  const std::string& lend(std::string_view text) const;
  const std::string& json() const;

  const std::shared_ptr<br::Router> router;
  const std::string id;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const br::JobView> view_;
  mutable std::set<std::string, std::less<>> lent_;
  mutable const std::string* json_ = nullptr;  // of the snapshot in force, once it was asked for
};

struct br_job_list {
  std::vector<std::unique_ptr<br_job>> jobs;
};

struct br_results {
  std::shared_ptr<br::Router> router;  // outlives the cursor
  std::unique_ptr<br::ResultCursor> cursor;
};

struct br_plan {
  br::Estimate estimate;
  std::string json;
};
