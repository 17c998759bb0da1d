#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/deliveries.h"
#include "gateway/guard.h"
#include "gateway/held.h"
#include "gateway/intake.h"
#include "gateway/options.h"
#include "gateway/pages.h"
#include "gateway/paths.h"
#include "gateway/upstreams.h"

namespace br::gateway {

// Who has how many connections. A caller is a key, or an address as long as no request has named one.
class Callers {
 public:
  explicit Callers(const Options& options) : options_(options) {}

  size_t total() const { return total_; }
  // Whether that caller may have one more.
  bool has_room(size_t caller) const {
    const auto found = counts_.find(caller);
    const size_t most =
        options_.max_connections - std::min(options_.reserved_connections, options_.max_connections - 1);
    return (found == counts_.end() ? 0 : found->second) < most;
  }
  void add(size_t caller) {
    ++counts_[caller];
    ++total_;
  }
  void remove(size_t caller) {
    const auto found = counts_.find(caller);
    if (--found->second == 0) counts_.erase(found);
    --total_;
  }

 private:
  const Options& options_;
  std::unordered_map<size_t, size_t> counts_;
  size_t total_ = 0;
};

class Session;

// What all connections share; the loop's thread only.
struct Service {
  static constexpr size_t kPieceBytes = 256 * 1024;

  const Options& options;
  boost::asio::io_context& loop;
  br_capture* capture;
  Paths& paths;
  Guard& guard;
  Intake& intake;
  Held& held;
  Upstreams& upstreams;
  Pages& pages;
  Callers callers;
  Deliveries deliveries;
  uint64_t body_bytes = 0;  // of calls that are being read
  std::unordered_set<Session*> sessions = {};
  bool stopping = false;                                  // no new calls
  std::vector<char> in = std::vector<char>(kPieceBytes);  // there is one thread, so one buffer serves all
};

}  // namespace br::gateway
