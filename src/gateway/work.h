#pragma once

#include <string_view>

namespace br::gateway {

// What answers one request, after its head has been read.
class Work {
 public:
  virtual ~Work() = default;
  virtual void on_body(std::string_view) {}
  virtual void on_body_end() {}
  // All that was written has gone to the system.
  virtual void on_drained() {}
  virtual void on_timer() {}
  // The client is gone, or the gateway ends.
  virtual void on_gone() = 0;
};

}  // namespace br::gateway
